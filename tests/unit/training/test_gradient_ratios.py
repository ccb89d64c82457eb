"""Gradients over weights: of the batch that a training would see first, for frozen groups too, and nothing is left."""

import copy

import pytest
import torch

import tlnb
from tlnb.core.errors import ModelError, NonFiniteLossError, RecipeError
from tlnb.training import Recipe, gradient_ratios

FULL = Recipe(trainable="all", batch_size=12, optimizer="sgd", momentum=0.0, weight_decay=0.0, schedule="constant")


def state(model):
    return {key: value.clone() for key, value in [*model.state_dict().items(), *model.named_buffers()]}


@pytest.mark.parametrize("recipe", [Recipe.preset("probe"), FULL.with_(dropout=0.3)], ids=["probe", "full"])
def test_weights_statistics_gradients_modes_and_random_numbers_are_as_before(model, images, recipe):
    model = copy.deepcopy(model).train()
    model.bn1.eval()
    model.fc.weight.requires_grad_(False)
    before, random = state(model), torch.get_rng_state()
    modes = [module.training for module in model.modules()]
    gradient_ratios(model, images, recipe, device="cpu")
    after = state(model)
    assert before.keys() == after.keys() and all(torch.equal(before[key], after[key]) for key in before)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not model.fc.weight.requires_grad and model.conv1[0].weight.requires_grad
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), random)


def test_the_first_step_of_a_training_moves_each_group_by_its_ratio_times_the_rate(images):
    model = tlnb.create_model("resnet10t", images, weights="random")
    rate = 1e-3
    recipe = FULL.with_(epochs=1, batch_size=len(images.train), learning_rate=rate, seed=3)
    found = gradient_ratios(model, images, recipe, device="cpu")
    run = tlnb.fit(model, images, recipe, progress=False, device="cpu")
    assert run.cost.steps == 1 and found.loss == pytest.approx(run.losses[0], rel=1e-4)
    moved = tlnb.training.layer_movement(model, run.model).distances
    for name, distance in moved.items():
        assert distance == pytest.approx(rate * found[name], rel=0.02), name


def test_frozen_groups_have_a_gradient_too_and_it_is_that_of_a_frozen_network(model, images):
    probe, full = (gradient_ratios(model, images, r, device="cpu") for r in (Recipe.preset("probe"), FULL))
    assert probe.training == ("head",) and full.training == tuple(full)
    assert set(probe) == set(full) and all(value > 0 for value in probe.values())
    assert probe["stage1"] != pytest.approx(full["stage1"], rel=1e-3)  # by running statistics, not by the batch's


def test_it_is_the_same_each_time_and_follows_seed_and_batch(model, images):
    first, again, other, fewer = (
        gradient_ratios(model, images, FULL.with_(seed=seed), batch, device="cpu")
        for seed, batch in ((0, None), (0, None), (1, None), (0, 4))
    )
    assert dict(first) == dict(again) and dict(first) != dict(other) and dict(first) != dict(fewer)
    assert (first.images, fewer.images) == (12, 4)


def test_mixed_labels_class_weights_and_smoothing_count_as_in_a_training(model, images):
    recipe = FULL.with_(
        epochs=1,
        batch_size=len(images.train),
        class_weights="balanced",
        label_smoothing=0.1,
        augmentation=[("mixup", 0.5)],
    )
    found = gradient_ratios(model, images, recipe, device="cpu")
    assert found.loss == pytest.approx(
        tlnb.fit(model, images, recipe, progress=False, device="cpu").losses[0], rel=1e-4
    )


def test_it_is_a_mapping_that_shows_itself_as_a_table(model, images):
    found = gradient_ratios(model, images, Recipe.preset("last_stage"), batch=8, device="cpu")
    assert len(found) == len(tlnb.layer_groups(model)) and max(found, key=found.get) in found
    assert (
        repr(found).splitlines()[1].split()[:2] == ["stem", "frozen"]
        and repr(found).splitlines()[-1].split()[1] == "trains"
    )


def test_what_does_not_fit_is_refused(model, images):
    with pytest.raises(ModelError, match="7 outputs"):
        gradient_ratios(tlnb.create_model("resnet10t", 7, weights="random"), images, FULL)
    with pytest.raises(RecipeError, match="batch=0: at least one image"):
        gradient_ratios(model, images, FULL, 0)
    broken = copy.deepcopy(model)
    broken.conv1[0].weight.data.fill_(torch.inf)
    with pytest.raises(NonFiniteLossError, match=r"loss of 12 images is nan, .* weights"):
        gradient_ratios(broken, images, FULL, device="cpu")
