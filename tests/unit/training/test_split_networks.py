"""A network in two parts computes what it computes whole: at every frontier, over the architectures of freezing."""

import copy

import pytest
import torch
from architectures import batch, make, over_architectures
from torch.nn.functional import cross_entropy

from tlnb.backbones.heads import random_state
from tlnb.backbones.split import Capture, Point, SplitNetwork, find_cut, folded
from tlnb.training import LayerPlan


def frontiers(model):
    names = LayerPlan(model).names
    return [names[:count] for count in {1, len(names) // 2, len(names) - 1}]


def frozen_up_to(model, frozen):
    plan = LayerPlan(model)
    plan.keep_training([name for name in plan.names if name not in frozen])
    plan.train()
    return model


@over_architectures
def test_logits_and_gradients_of_the_rest_are_those_of_the_whole(name):
    for frozen in frontiers(make(name)):
        whole = frozen_up_to(make(name), frozen)
        parted = copy.deepcopy(whole)
        split = SplitNetwork(parted, find_cut(parted, batch(name, 4, seed=1)[0], frozen))
        images, labels = batch(name, 6)
        logits = []
        for compute, given in ((whole, images), (split.logits, split.prefix(images))):
            with random_state(3):
                logits.append(compute(given))
                cross_entropy(logits[-1], labels).backward()
        torch.testing.assert_close(logits[1], logits[0], rtol=1e-3, atol=1e-4)
        for (key, one), (_, other) in zip(whole.named_parameters(), parted.named_parameters(), strict=True):
            assert (one.grad is None) == (other.grad is None), key
            if one.grad is not None:
                close = 1e-3 * float(one.grad.abs().max()) + 1e-7
                torch.testing.assert_close(other.grad, one.grad, rtol=1e-2, atol=close)
        for (key, one), (_, other) in zip(whole.named_buffers(), parted.named_buffers(), strict=True):
            torch.testing.assert_close(other, one, rtol=1e-3, atol=1e-4, msg=key)


@over_architectures
def test_finding_a_cut_changes_nothing(name):
    model = frozen_up_to(make(name), frontiers(make(name))[0])
    before = {key: value.clone() for key, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    state = torch.get_rng_state()
    find_cut(model, batch(name, 4)[0], frontiers(model)[0])
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert modes == [module.training for module in model.modules()]
    assert torch.equal(state, torch.get_rng_state())
    assert not any("forward" in vars(module) for module in model.modules())


@over_architectures
def test_folding_batch_normalisation_changes_no_more_than_rounding(name):
    model = make(name)
    frozen = LayerPlan(model).names[:-1]
    images, _ = batch(name, 4)
    points = find_cut(frozen_up_to(model, frozen), images, frozen).points
    lean = folded(model, points, images)
    for one, other in zip(Capture(model, points)(images), Capture(lean, points)(images), strict=True):
        torch.testing.assert_close(other, one, rtol=1e-3, atol=1e-3 * float(one.abs().max()))


@pytest.mark.parametrize("name", ["timm/resnet18", "timm/tf_efficientnet_lite0", "timm/mobilenetv3_small_050"])
def test_where_there_is_batch_normalisation_less_of_it_is_left(name):
    model = make(name)
    frozen = LayerPlan(model).names[:-1]
    images, _ = batch(name, 4)
    lean = folded(model, find_cut(frozen_up_to(model, frozen), images, frozen).points, images)
    count = [sum(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules()) for network in (model, lean)]
    assert count[1] < count[0] / 4


def test_what_computes_less_draws_nothing_and_pads_nothing():
    model, images = make("timm/tf_efficientnet_lite0"), batch("timm/tf_efficientnet_lite0", 4)[0]
    points = [Point("global_pool")]
    drawn = torch.get_rng_state()
    lean = folded(model, points, images)
    assert torch.equal(torch.get_rng_state(), drawn)
    assert {type(module).__name__ for module in model.modules()} >= {"Conv2dSame", "BatchNormAct2d"}
    assert not {type(module).__name__ for module in lean.modules()} & {"Conv2dSame", "BatchNormAct2d"}
    (one,), (other,) = Capture(model, points)(images), Capture(lean, points)(images)
    torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
