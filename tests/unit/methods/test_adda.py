"""Adversarial adaptation in turns: whose steps change what, and what comes of it."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from resumed import stopped_and_resumed
from shortcut import small_network, with_a_shortcut
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

import tlnb
from tlnb.methods import ADDA
from tlnb.methods.adda import MOMENTS, Adversary
from tlnb.training import Recipe, Steering

RECIPE = Recipe(trainable="all", epochs=2, batch_size=16, optimizer="sgd", learning_rate=0.02)


def quiet_fit(model, images, recipe=RECIPE, **options):
    return tlnb.fit(model, images, recipe, progress=False, device="cpu", **options)


@pytest.fixture(scope="module")
def pair():
    return with_a_shortcut(0, n=160)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 5, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))


@pytest.fixture
def adversary(pair, network):
    """Return an adversary that has trained, out of its training."""
    return quiet_fit(network, pair[0], method=ADDA(pair[1], hidden=8)).method.module


def test_its_steps_are_those_of_adam(adversary):
    """Against PyTorch's own optimiser, from the beginning, on the same rows."""
    twin = nn.Sequential(nn.Linear(8, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
    for name, buffer in adversary.named_buffers():
        if name.startswith(("mean_", "square_")) or name == "turns_taken":
            buffer.zero_()
    with torch.no_grad():
        for name, parameter in zip(adversary._names, twin.parameters(), strict=True):
            parameter.copy_(getattr(adversary, name))
    optimizer = torch.optim.Adam(twin.parameters(), lr=0.01, betas=MOMENTS)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        ours, theirs = torch.randn(6, 8, generator=generator), torch.randn(5, 8, generator=generator) + 0.5
        logits = twin(torch.cat([ours, theirs])).squeeze(1)
        optimizer.zero_grad()
        binary_cross_entropy_with_logits(logits, torch.tensor([0.0] * 6 + [1.0] * 5)).backward()
        optimizer.step()
        adversary._turn(ours, theirs, 0.01)
    for name, parameter in zip(adversary._names, twin.parameters(), strict=True):
        assert torch.allclose(getattr(adversary, name), parameter, atol=1e-6)


def test_the_optimiser_of_the_training_leaves_the_discriminator_alone(adversary):
    assert list(adversary.parameters()) == [] and int(adversary.turns_taken) > 0
    assert isinstance(adversary, Adversary) and all(buffer.grad is None for buffer in adversary.buffers())


def test_it_takes_as_many_turns_as_it_is_given(pair, network):
    source, target = pair
    run = quiet_fit(network, source, method=ADDA(target, turns=3))
    assert int(run.method.module.turns_taken) == 3 * len(run.losses)


def test_labels_of_the_target_are_never_read(pair, network):
    source, target = pair
    unreadable = dataclasses.replace(target)
    object.__setattr__(unreadable, "labels", None)
    runs = [quiet_fit(network, source, method=ADDA(one)) for one in (target, unreadable)]
    assert runs[0].losses == runs[1].losses and runs[0].method.losses == runs[1].method.losses


def test_at_a_weight_of_nothing_the_body_trains_as_if_alone_and_the_discriminator_learns_on(pair, network):
    source, target = pair
    plain = quiet_fit(network, source)
    still = quiet_fit(network, source, method=ADDA(target, weight=0.0))
    assert still.losses == pytest.approx(plain.losses, rel=1e-6) and not any(still.method.losses)
    assert int(still.method.module.turns_taken) == len(still.losses)


def test_a_training_that_was_stopped_goes_on_with_the_discriminator_that_it_had(pair, network, tmp_path):
    source, target = pair
    whole, steering = quiet_fit(network, source, method=ADDA(target)), Steering()
    rest = stopped_and_resumed(network, source, RECIPE, tmp_path, method=ADDA(target))
    assert rest.losses == whole.losses and rest.method.losses == whole.method.losses
    for ours, theirs in zip(rest.method.module.buffers(), whole.method.module.buffers(), strict=True):
        assert torch.equal(ours, theirs)
    steering.set("weight", 0.0)
    assert not any(quiet_fit(network, source, method=ADDA(target), steering=steering).method.losses)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_learns_what_both_domains_have_where_the_source_alone_teaches_a_shortcut(seed):
    source, target = with_a_shortcut(seed)
    recipe = RECIPE.with_(epochs=15, batch_size=32, schedule="constant", seed=seed)
    alone = quiet_fit(small_network(seed), source, recipe).evaluate(target, "test")["accuracy"]
    run = quiet_fit(small_network(seed), source, recipe, method=ADDA(target))
    assert run.metrics["accuracy"] > 0.95
    assert run.evaluate(target, "test")["accuracy"] > alone + 0.2
