"""A copy that follows the network that trains: its modes, memory and cost; and a method that hears of each step."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from toy_method import RECIPE, Toy, ToyLoss, quiet_fit

import tlnb
from tlnb.training.averaging import AveragedCopy
from tlnb.training.session import Session


class Taught(Toy):
    """Its loss is what its averaged copy says of other images, whose weights it takes in after each step."""

    fails = False

    def start(self, training):
        made = ToyLoss(training, None, 1.0)
        made.averaged, made.others = training.averaged(), training.unlabelled(self.others)
        made.passes, made.told = [], []

        def forward(step):
            said = made.averaged(step.share(made.others.batch(step.step, step.batch)))
            made.passes.append((step.parts, said.requires_grad))
            if self.fails and step.parts == 1:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return (step.logits - said.mean(0)).square().mean()

        def after_step(done, settings):
            made.told.append((done, torch.is_grad_enabled()))
            made.averaged.take_in(0.5)

        made.forward, made.after_step = forward, after_step
        return made


def normalised(seed=0):
    torch.manual_seed(seed)
    body = (nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*body, nn.Linear(8, 2))


def test_after_each_step_the_method_is_told_and_needs_no_gradient(model, images, others):
    run = quiet_fit(model, images, method=Taught(others))
    steps = len(run.losses)
    assert run.method.module.told == [(done, False) for done in range(1, steps + 1)]
    assert run.method.module.passes == [(1, False)] * steps


def test_what_needs_no_gradient_is_kept_and_not_trained(model, images, others):
    session = Session(model, images, RECIPE, "cpu", method=Taught(others))
    module = session.method.module
    trained = {id(one) for group in session.stepper.optimizer.param_groups for one in group["params"]}
    assert {id(one) for one in module.map.parameters()} <= trained
    assert not trained & {id(one) for one in module.averaged.parameters()}
    _, tensors = session.method.state_dict()
    names = {f"module/averaged.model.{name}" for name in session.model.state_dict()}
    assert names <= set(tensors)


def test_a_frozen_layer_is_in_evaluation_mode_in_the_copy_too_until_it_thaws(model, images, others):
    recipe = RECIPE.with_(trainable=1, thaw=((2, "all"),), store="off")
    session = Session(model, images, recipe, "cpu", method=Taught(others))
    copied, seen = session.method.module.averaged, []
    copied.model.bn1.register_forward_hook(
        lambda layer, *_: seen.append((layer.training, int(layer.num_batches_tracked)))
    )
    first = copied.model.bn1.running_mean.clone()
    for event in session.events():
        if event.kind == "thawed":
            thawed = event.step - 1  # its number, from 1
            assert torch.equal(copied.model.bn1.running_mean, first)
            assert torch.equal(copied.model.conv1[0].weight, model.conv1[0].weight)
    assert seen == [(False, 0)] * thawed + [(True, place + 1) for place in range(len(seen) - thawed)]
    assert not torch.equal(copied.model.conv1[0].weight, model.conv1[0].weight)
    assert not copied.model._forward_pre_hooks and all(not one._forward_pre_hooks for one in copied.model.modules())


def test_a_pass_that_failed_leaves_no_trace_in_its_statistics(images, others):
    class Fails(Taught):
        fails = True

    run = quiet_fit(normalised(), images, RECIPE.with_(epochs=1), method=Fails(others))
    tried = [parts for parts, _ in run.method.module.passes]
    assert tried[0] == 1 and tried.count(2) == 2 * len(run.losses)
    assert int(run.method.module.averaged.model[1].num_batches_tracked) == tried.count(2)


def test_what_it_computes_is_in_the_cost(model, images, others):
    plain, run = quiet_fit(model, images), quiet_fit(model, images, method=Taught(others))
    assert run.cost.work.macs == 2 * plain.cost.work.macs


def test_its_modes_are_its_own_again_after_a_pass():
    network = normalised().eval()
    copied = AveragedCopy(network)
    copied.train()
    with torch.no_grad():
        assert torch.equal(copied(torch.ones(2, 3, 9, 9)), network(torch.ones(2, 3, 9, 9)))
    assert all(module.training for module in copied.modules())
    assert not any(module.training for module in network.modules())


@pytest.mark.parametrize("store", ["off", "exact"])
def test_it_computes_whole_images_where_those_that_are_labelled_are_stored(model, images, others, store):
    run = quiet_fit(model, images, RECIPE.with_(trainable=1, store=store), method=Taught(others))
    assert bool(run.cost.store) == (store == "exact") and all(run.method.losses)
    assert tlnb.model_card(run.method.module.averaged.model).classes == images.classes
