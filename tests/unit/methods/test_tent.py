"""Tent: what it trains, by what, and what it is worth; and a method whose loss stands alone."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from striped import network, stripes

import tlnb
from tlnb.evaluation import prediction_entropy
from tlnb.methods import Tent, adapt_statistics
from tlnb.training import Recipe, Steering

RECIPE = Recipe(trainable="all", parameters="norms", epochs=3, batch_size=26, optimizer="adam", learning_rate=1e-2)


def quiet_fit(model, images, recipe=RECIPE, **options):
    return tlnb.fit(model, images, recipe, progress=False, device="cpu", **options)


@pytest.fixture(scope="module")
def target():
    return stripes(1, contrast=0.3, light=60).resplit(valid=0)


def test_its_loss_is_the_entropy_and_stands_in_the_place_of_the_other(target):
    run = quiet_fit(network(), target, RECIPE.with_(learning_rate=1e-9, batch_size=len(target.train)), method=Tent())
    model = network()
    model[3].p = 0.0
    prepared = tlnb.model_card(model).preprocessing
    pixels = target.pixels(prepared.resize_for(16), 16, prepared.interpolation)[target.train.indices]
    assert run.losses == run.method.losses
    with torch.no_grad():
        entropy = prediction_entropy(model.train()(prepared.normalise(pixels)))
    assert run.losses[0] == pytest.approx(entropy, abs=0.05)  # dropout is on in the run


def test_labels_are_not_learnt_from(target):
    generator = torch.Generator().manual_seed(3)
    other = dataclasses.replace(target, labels=target.labels[torch.randperm(len(target), generator=generator)])
    runs = [quiet_fit(network(), images, method=Tent()) for images in (target, other)]
    assert runs[0].losses == runs[1].losses
    for ours, theirs in zip(runs[0].model.state_dict().values(), runs[1].model.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


def test_only_normalisation_changes_and_the_network_becomes_surer(target):
    before = network()
    run = quiet_fit(before, target, RECIPE.with_(epochs=10), method=Tent())
    changed = {
        name for name, tensor in run.model.state_dict().items() if not torch.equal(tensor, before.state_dict()[name])
    }
    assert {name.partition(".")[0] for name in changed} == {"1", "5"}
    assert sum(run.losses[-4:]) < 0.95 * sum(run.losses[:4])


def test_computed_in_parts_the_loss_is_that_of_the_whole(target, monkeypatch):
    from tlnb.training import stepping

    plain = network()
    plain[3].p = 0.0
    for layer in (1, 5):
        plain[layer] = torch.nn.GroupNorm(2, 8)  # no batch statistics, which parts have apart
    whole = quiet_fit(plain, target, method=Tent())
    monkeypatch.setattr(stepping.Stepper, "_count", lambda self, n: 2)
    parts = quiet_fit(plain, target, method=Tent())
    assert parts.losses == pytest.approx(whole.losses, abs=1e-5)


def test_with_diversity_it_does_not_call_all_images_one_class(target):
    """The head is turned so that all are one class at first: without diversity they stay so, for sure."""
    turned, recipe = network(3), RECIPE.with_(epochs=40, learning_rate=0.05)
    with torch.no_grad():
        turned[9].bias.copy_(torch.tensor([1.5, 0.0]))

    def share(method):
        run = quiet_fit(turned, target, recipe, method=method)
        prepared = tlnb.model_card(run.model).preprocessing
        pixels = target.pixels(prepared.resize_for(16), 16, prepared.interpolation)[target.train.indices]
        with torch.no_grad():
            return float((run.model.eval()(prepared.normalise(pixels)).argmax(1) == 0).float().mean())

    assert share(Tent()) == 1.0 and 0.2 < share(Tent(diversity=1.0)) < 0.8


def test_diversity_is_steered(target):
    steering = Steering()
    steering.set("diversity", 1.0)
    steered = quiet_fit(network(), target, method=Tent(), steering=steering)
    assert steered.losses == quiet_fit(network(), target, method=Tent(diversity=1.0)).losses
    assert steered.losses[0] < 0.1 < quiet_fit(network(), target, method=Tent()).losses[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_after_the_statistics_it_makes_a_network_of_the_source_no_worse_on_the_target(seed):
    source, target = stripes(10 + seed), stripes(20 + seed, contrast=0.3, light=60)
    recipe = Recipe(trainable="all", epochs=12, batch_size=16, optimizer="sgd", learning_rate=0.05, seed=seed)
    run = quiet_fit(network(seed), source, recipe)
    adapted = dataclasses.replace(run, model=adapt_statistics(run.model, target))
    tent = quiet_fit(adapted.model, target.resplit(valid=0), RECIPE.with_(learning_rate=1e-3), method=Tent())
    assert tent.evaluate(target, "test")["accuracy"] >= adapted.evaluate(target, "test")["accuracy"] - 0.05
    assert tent.evaluate(target, "test")["accuracy"] > run.evaluate(target, "test")["accuracy"] + 0.2
