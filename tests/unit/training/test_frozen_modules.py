"""Frozen is frozen in modules that few networks have, each of which moved, or drew lots, where it should not."""

import pytest
import timm
import torch
from architectures import changed, snapshot
from torch import nn

from tlnb.training import LayerPlan, Recipe
from tlnb.training.optimisation import make_optimizer

IMAGES = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(4) % 3


def small_network(*after_stem, stem=None):
    """Three convolutions in three groups, and a head."""
    return nn.Sequential(
        stem or nn.Conv2d(3, 8, 3), *after_stem, nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3),
    )  # fmt: skip


def resnet(**options):
    return timm.create_model("resnet18", num_classes=3, channels=(16, 32, 64, 128), **options)


def step(model, plan):
    plan.train()
    optimizer = make_optimizer(Recipe(optimizer="sgd", learning_rate=0.01, weight_decay=0.1), plan)
    nn.functional.cross_entropy(model(IMAGES), LABELS).backward()
    optimizer.step()


def head_keys(plan):
    return {key for key, _ in plan.parameters("head")}


@pytest.mark.parametrize("make", [nn.utils.spectral_norm, nn.utils.parametrizations.spectral_norm])
def test_power_iteration_of_spectral_norm_stands_still_whatever_its_generation(make):
    model = small_network(stem=make(nn.Conv2d(3, 8, 3)))
    plan = LayerPlan(model)
    plan.keep_training(["head"])
    before = snapshot(model)
    model.train()  # the older one is a hook, and would run before one that is registered after it
    model(IMAGES)
    assert not changed(before, model)
    plan.keep_training(plan.names)
    plan.train()
    model(IMAGES)
    assert changed(before, model)  # where the layer learns, its estimate follows


@pytest.mark.parametrize(
    "network",
    [
        lambda: resnet(norm_layer=timm.layers.EvoNorm2dB0),
        lambda: resnet(norm_layer=timm.layers.SplitBatchNorm2d),
        lambda: resnet(norm_layer=lambda n, **_: nn.InstanceNorm2d(n, affine=True, track_running_stats=True)),
        lambda: nn.SyncBatchNorm.convert_sync_batchnorm(resnet()),
    ],
    ids=["EvoNorm2dB0", "SplitBatchNorm2d", "InstanceNorm2d", "SyncBatchNorm"],
)
def test_every_normalisation_with_running_statistics_can_keep_them_while_its_weights_learn(network):
    model = network()
    statistics = {key for key, _ in model.named_buffers()}
    plan = LayerPlan(model)
    before = snapshot(model)
    step(model, plan)
    assert changed(before, model) & statistics  # they do move where the group trains
    plan.keep_training(plan.names, fixed_statistics=plan.names[:-1])
    before = snapshot(model)
    step(model, plan)
    moved = changed(before, model)
    assert not moved & statistics and "layer1.0.bn1.bias" in moved
    plan.keep_training(["head"])
    before = snapshot(model)
    step(model, plan)
    assert changed(before, model) == head_keys(plan)


def test_statistics_with_no_weights_stand_still_with_the_layer_that_they_describe():
    model = small_network(nn.BatchNorm2d(8, affine=False))
    plan = LayerPlan(model)
    plan.keep_training(plan.names[1:])  # everything above the stem, that is
    before = snapshot(model)
    step(model, plan)
    assert plan.names[0] == "stem" and not {key for key in changed(before, model) if key.startswith(("0.", "1."))}
    plan.keep_training(plan.names)
    step(model, plan)
    assert "1.running_mean" in changed(before, model)


def test_statistics_of_the_pixels_freeze_with_the_stem():
    model = small_network(stem=nn.Sequential(nn.BatchNorm2d(3, affine=False), nn.Conv2d(3, 8, 3)))
    plan = LayerPlan(model)
    plan.keep_training(plan.names[1:])
    before = snapshot(model)
    step(model, plan)
    assert not {key for key in changed(before, model) if key.startswith("0.")}


class Encoder(nn.Module):
    """A whole body in one module, with dropout that is a call and no module, between its layers."""

    def __init__(self):
        super().__init__()
        self.early, self.late = nn.Conv2d(3, 8, 3, stride=2), nn.Conv2d(8, 16, 3, stride=2)
        self.last = nn.Dropout(0.5)

    def forward(self, images):
        maps = nn.functional.dropout(self.early(images), 0.5, self.training)
        return self.last(self.late(maps)).mean((2, 3))


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.fc = Encoder(), nn.Linear(16, 3)

    def forward(self, images):
        return self.fc(self.encoder(images))


def test_a_body_in_a_wrapper_draws_nothing_when_all_of_it_is_frozen_and_draws_when_a_part_learns():
    model = Wrapped()
    plan = LayerPlan(model)
    plan.keep_training(["head"])
    model.train()
    assert torch.equal(model(IMAGES), model(IMAGES)) and not model.encoder.training
    plan.keep_training(plan.names[1:])
    plan.train()
    assert not torch.equal(model(IMAGES), model(IMAGES)) and model.encoder.training


def test_stochastic_depth_belongs_to_its_block_not_to_the_next():
    model = resnet(drop_path_rate=0.9)
    plan = LayerPlan(model)
    plan.keep_training(["stage1", "head"])  # the block after it is frozen
    plan.train()
    assert model.layer1[-1].training and all(module.training for module in model.layer1[-1].modules())
    assert not any(module.training for module in model.layer2.modules())


def test_normalisation_that_was_frozen_for_good_stays_so_in_a_group_that_trains():
    model = timm.layers.freeze_batch_norm_2d(resnet())  # its weights are buffers now
    buffers = {key for key, _ in model.named_buffers()}
    plan = LayerPlan(model)
    before = snapshot(model)
    step(model, plan)
    moved = changed(before, model)
    assert not moved & buffers and "conv1.weight" in moved and "bn1.weight" in buffers
