"""DANN: the reversal of the gradient, whose images count and whose labels do not, and what it learns."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from shortcut import small_network, with_a_shortcut
from torch import nn

import tlnb
from tlnb.methods import DANN, reversal_schedule, reverse_gradient
from tlnb.training import Recipe, Steering

RECIPE = Recipe(trainable="all", epochs=1, batch_size=12, optimizer="sgd", learning_rate=0.01)


def quiet_fit(model, images, recipe=RECIPE, **options):
    return tlnb.fit(model, images, recipe, progress=False, device="cpu", **options)


@given(st.floats(0, 3), st.integers(0, 2**31))
def test_forward_nothing_happens_and_backward_the_gradient_is_reversed(weight, seed):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    plain, turned = values.clone().requires_grad_(), values.clone().requires_grad_()
    for features, through in ((plain, plain), (turned, reverse_gradient(turned, weight))):
        (through.sin() * through).sum().backward()
        assert torch.equal(through.detach(), features.detach())
    assert torch.allclose(turned.grad, -weight * plain.grad)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0, 2.0])
def test_the_reversed_gradient_agrees_with_differences_of_the_loss(weight):
    torch.manual_seed(0)
    body, domain = nn.Linear(4, 3).double(), nn.Linear(3, 1).double()
    images, step = torch.randn(6, 4, dtype=torch.float64), 1e-6

    def loss():
        return domain(reverse_gradient(body(images).tanh(), weight)).square().mean()

    loss().backward()
    for layer, factor in ((body, -weight), (domain, 1.0)):
        for parameter in layer.parameters():
            for place in range(parameter.numel()):
                flat = parameter.detach().view(-1)
                flat[place] += step
                above = float(loss().detach())
                flat[place] -= 2 * step
                below = float(loss().detach())
                flat[place] += step
                difference = factor * (above - below) / (2 * step)
                assert float(parameter.grad.view(-1)[place]) == pytest.approx(difference, abs=1e-7)


def test_the_schedule_is_the_papers():
    assert reversal_schedule(0) == 0 and reversal_schedule(1) == pytest.approx(0.99991, abs=1e-5)
    for p in (0.2, 0.7):
        assert reversal_schedule(p) == pytest.approx(math.tanh(5 * p))


@pytest.fixture(scope="module")
def pair():
    return domains()


def domains(n=120, side=24, seed=0):
    """Make two domains of one task: stripes along one axis or the other, in the target inverted and on grounds."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    wave = (torch.arange(side) // 3 % 2 * 2 - 1).float()
    stripes = torch.stack([wave.expand(side, side), wave.expand(side, side).T])[labels]
    made = []
    for target in (False, True):
        pixels = 128 + 30 * stripes[:, None] + 25 * torch.randn(n, 3, side, side, generator=generator)
        if target:
            pixels = 255 - pixels + 60 * torch.randn(n, 3, 1, 1, generator=generator)
        made.append((pixels.clamp(0, 255).to(torch.uint8), labels))
    return [tlnb.ImageData.from_tensors(*one, ["columns", "rows"], test=0.25, valid=0.1) for one in made]


@pytest.fixture(scope="module")
def model(pair):
    return tlnb.create_model("resnet10t", pair[0], weights="random")


def test_labels_of_the_target_are_never_read(pair, model):
    source, target = pair

    wrong = dataclasses.replace(target, labels=(target.labels + torch.arange(len(target))) % 2)
    unreadable = dataclasses.replace(target)
    object.__setattr__(unreadable, "labels", None)  # whoever reads them fails
    runs = [quiet_fit(model, source, method=DANN(one)) for one in (target, wrong, unreadable)]
    for run in runs[1:]:
        assert run.losses == runs[0].losses and run.method.losses == runs[0].method.losses
        for ours, theirs in zip(run.model.state_dict().values(), runs[0].model.state_dict().values(), strict=True):
            assert torch.equal(ours, theirs)


def test_the_validation_and_test_images_of_the_target_are_not_used(pair, model):
    source, target = pair
    pixels = target.images.clone()
    others = torch.cat([target.valid.indices, target.test.indices])
    pixels[others] = 255 - pixels[others]
    changed = tlnb.ImageData.from_tensors(pixels, target.labels, target.classes, test=0.25, valid=0.1)
    runs = [quiet_fit(model, source, method=DANN(one)) for one in (target, changed)]
    assert runs[0].losses == runs[1].losses and runs[0].method.losses == runs[1].method.losses


def test_its_loss_is_the_cross_entropy_of_the_domains(pair, model):
    """The first step's, computed by hand: nothing has been learnt yet, so it lies at chance."""
    source, target = pair
    run = quiet_fit(model, source, method=DANN(target, domain_weight=1.0))
    double = quiet_fit(model, source, method=DANN(target, domain_weight=2.0))
    assert run.method.losses[0] == pytest.approx(math.log(2), abs=0.15)
    assert double.method.losses[0] == pytest.approx(2 * run.method.losses[0], rel=1e-6)


def test_without_reversal_the_body_learns_as_if_alone_but_for_the_statistics(pair):
    """Weight 0: nothing comes back. In a network without batch normalisation the losses are those without DANN."""
    source, target = pair
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    plain = quiet_fit(network, source)
    still = quiet_fit(network, source, method=DANN(target, reversal_weight=0.0))
    moved = quiet_fit(network, source, method=DANN(target, schedule=False))
    assert still.losses == pytest.approx(plain.losses, rel=1e-6) and moved.losses[3:] != plain.losses[3:]
    assert still.method.losses[-1] < still.method.losses[0]  # the classifier of domains learns on


def test_source_and_target_are_normalised_apart_and_both_move_the_running_statistics(pair, model):
    source, target = pair
    seen = []

    def hear(event):
        if event.kind == "started":
            norm = next(m for m in event.model.modules() if isinstance(m, nn.BatchNorm2d))
            norm.register_forward_hook(lambda module, inputs, _: seen.append((module.training, len(inputs[0]))))

    run = quiet_fit(model, source, RECIPE.with_(epochs=1), method=DANN(target), on_event=hear)
    training = [n for mode, n in seen if mode]
    assert training[::2] == training[1::2] and len(training) == 2 * len(run.losses)
    norm = next(m for m in run.model.modules() if isinstance(m, nn.BatchNorm2d))
    assert int(norm.num_batches_tracked) == 2 * len(run.losses)


def test_frozen_groups_stand_still(pair, model):
    source, target = pair
    run = quiet_fit(model, source, RECIPE.with_(trainable=1), method=DANN(target, schedule=False))
    groups = {group.name: group.parameters for group in tlnb.layer_groups(model)}
    before, after = model.state_dict(), run.model.state_dict()
    for name in list(groups)[:-2]:
        assert all(torch.equal(before[parameter], after[parameter]) for parameter in groups[name])
    assert any(not torch.equal(before[parameter], after[parameter]) for parameter in groups["stage4"])


def test_the_reversal_weight_is_steered_while_it_trains(pair, model):
    source, target = pair
    plain, steering = quiet_fit(model, source, method=DANN(target, schedule=False)), Steering()

    def hear(event):
        if event.kind == "step" and event.step == 2:
            steering.set("reversal_weight", 0.0)

    run = quiet_fit(model, source, method=DANN(target, schedule=False), steering=steering, on_event=hear)
    assert run.method.losses[:3] == plain.method.losses[:3] and run.method.losses[4:] != plain.method.losses[4:]
    assert run.method.settings["reversal_weight"] == 0.0
    again = quiet_fit(model, source, method=DANN(target, schedule=False), steering=Steering(run.steering))
    assert again.losses == run.losses and again.method.losses == run.method.losses


def test_a_head_that_trains_alone_is_told_of(pair, model, caplog):
    source, target = pair
    quiet_fit(model, source, Recipe(trainable="head", epochs=1, batch_size=32), method=DANN(target))
    assert "this recipe trains the head alone" in caplog.text
    assert {"DANN", "gradient reversal layer", "adversarial adaptation"} <= set(
        quiet_fit(model, source, method=DANN(target)).used["method"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_learns_what_both_domains_have_where_the_source_alone_teaches_a_shortcut(seed):
    source, target = with_a_shortcut(seed)
    recipe = RECIPE.with_(epochs=15, batch_size=32, learning_rate=0.02, schedule="constant", seed=seed)
    scores = {}
    for name, method in (
        ("source alone", None),
        ("without reversal", DANN(target, reversal_weight=0.0)),
        ("DANN", DANN(target)),
    ):
        run = quiet_fit(small_network(seed), source, recipe, method=method)
        assert run.metrics["accuracy"] > 0.95  # all of them on the source
        scores[name] = run.evaluate(target, "test")["accuracy"]
        if method is not None:
            domain_loss = sum(run.method.losses[-20:]) / 20
            assert domain_loss > 0.5 if name == "DANN" else domain_loss < 0.35  # at chance it is 0.69
    assert scores["DANN"] > scores["source alone"] + 0.25
    assert scores["DANN"] > scores["without reversal"] + 0.25
