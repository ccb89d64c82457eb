"""Adaptation of running statistics: what they become, what stays, and what it is worth in a paler domain."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from striped import network, stripes
from torch import nn

import tlnb
from tlnb.core.errors import DataError, ModelError
from tlnb.methods import adapt_statistics
from tlnb.training import Recipe


@pytest.fixture(scope="module")
def target():
    return stripes(1, contrast=0.3, light=60)


def as_seen(model, images):
    """Return the training images as the network sees them."""
    prepared = tlnb.model_card(model).preprocessing
    pixels = images.pixels(prepared.resize_for(images.size), images.size, prepared.interpolation)
    return prepared.normalise(pixels[images.train.indices])


def norms(model):
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


def test_the_first_layer_gets_the_mean_and_variance_of_what_it_sees_of_the_target(target):
    model = network()
    adapted = adapt_statistics(model, target, batch=len(target.train))
    with torch.no_grad():
        seen = model[0](as_seen(model, target))
    assert torch.allclose(adapted[1].running_mean, seen.mean((0, 2, 3)), atol=1e-5)
    assert torch.allclose(adapted[1].running_var, seen.var((0, 2, 3)), rtol=1e-4)


def test_with_all_images_at_once_evaluation_gives_what_training_mode_gives(target):
    model = network()
    model[3].p = 0.0
    adapted = adapt_statistics(model, target, batch=len(target.train))
    pixels = as_seen(model, target)
    with torch.no_grad():
        assert torch.allclose(adapted.eval()(pixels), model.train()(pixels), atol=1e-4)


def test_nothing_else_changes_and_the_model_given_stays_as_it_is(target):
    model = network().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    adapted = adapt_statistics(model, target)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    changed = {name for name, tensor in adapted.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {
        f"{layer}.{kind}" for layer in (1, 5) for kind in ("running_mean", "running_var", "num_batches_tracked")
    }
    assert all(module.training for module in adapted.modules()) and [norm.momentum for norm in norms(adapted)] == [
        0.1,
        0.2,
    ]
    assert not adapt_statistics(network().eval(), target).training


def test_a_prior_counts_as_so_many_images_of_the_source(target):
    model, count = network(), len(target.train)
    own, mixed = adapt_statistics(model, target), adapt_statistics(model, target, prior=float(count))
    for source, all_target, half in zip(norms(model), norms(own), norms(mixed), strict=True):
        assert torch.allclose(half.running_mean, (source.running_mean + all_target.running_mean) / 2, atol=1e-6)
        assert torch.allclose(half.running_var, (source.running_var + all_target.running_var) / 2, atol=1e-6)


def test_labels_are_never_read_and_the_same_call_gives_the_same(target):
    unreadable = dataclasses.replace(target)
    object.__setattr__(unreadable, "labels", None)
    one, other = adapt_statistics(network(), target), adapt_statistics(network(), unreadable)
    for ours, theirs in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_domain_that_differs_by_light_and_contrast_is_read_again(seed):
    source, target = stripes(10 + seed), stripes(20 + seed, contrast=0.3, light=60)
    recipe = Recipe(trainable="all", epochs=12, batch_size=16, optimizer="sgd", learning_rate=0.05, seed=seed)
    run = tlnb.fit(network(seed), source, recipe, progress=False, device="cpu")
    assert run.metrics["accuracy"] > 0.9
    adapted = dataclasses.replace(run, model=adapt_statistics(run.model, target))
    assert adapted.evaluate(target, "test")["accuracy"] > run.evaluate(target, "test")["accuracy"] + 0.2


def test_what_cannot_be_adapted_is_refused(target):
    with pytest.raises(ModelError, match="no batch normalisation"):
        adapt_statistics(nn.Sequential(nn.Flatten(), nn.Linear(768, 2)), target)
    with pytest.raises(DataError, match="prior=-1"):
        adapt_statistics(network(), target, prior=-1)
    with pytest.raises(DataError, match="batch=1 of"):
        adapt_statistics(network(), target, batch=1)
