"""Alignments: MMD and CORAL inside the training loop, by the rules that DANN keeps too."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from resumed import stopped_and_resumed
from shortcut import small_network, with_a_shortcut
from torch import nn

import tlnb
from tlnb.methods import CORAL, MMD, squared_mmd
from tlnb.methods.coral import correlation_distance
from tlnb.training import Recipe, Steering

RECIPE = Recipe(trainable="all", epochs=1, batch_size=12, optimizer="sgd", learning_rate=0.01)
BOTH = pytest.mark.parametrize("method", [MMD, CORAL])


def quiet_fit(model, images, recipe=RECIPE, **options):
    return tlnb.fit(model, images, recipe, progress=False, device="cpu", **options)


@pytest.fixture(scope="module")
def pair():
    """Two domains of one task: stripes along one axis or the other, in the target inverted and on grounds."""
    generator = torch.Generator().manual_seed(0)
    labels, side = torch.arange(120) % 2, 24
    wave = (torch.arange(side) // 3 % 2 * 2 - 1).float()
    stripes = torch.stack([wave.expand(side, side), wave.expand(side, side).T])[labels][:, None]
    made = []
    for turned in (False, True):
        pixels = 128 + 30 * stripes + 25 * torch.randn(120, 3, side, side, generator=generator)
        if turned:
            pixels = 255 - pixels + 60 * torch.randn(120, 3, 1, 1, generator=generator)
        made.append(pixels.clamp(0, 255).to(torch.uint8))
    return [tlnb.ImageData.from_tensors(one, labels, ["columns", "rows"], test=0.25, valid=0.1) for one in made]


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    first = (nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU())
    return nn.Sequential(*first, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 2))


@BOTH
def test_labels_of_the_target_are_never_read(pair, network, method):
    source, target = pair
    unreadable = dataclasses.replace(target)
    object.__setattr__(unreadable, "labels", None)  # whoever reads them fails
    runs = [quiet_fit(network, source, method=method(one)) for one in (target, unreadable)]
    assert runs[0].losses == runs[1].losses and runs[0].method.losses == runs[1].method.losses


@BOTH
def test_at_a_weight_of_nothing_the_training_is_the_plain_one(pair, network, method):
    source, target = pair
    plain = quiet_fit(network, source)
    still = quiet_fit(network, source, method=method(target, weight=0.0))
    moved = quiet_fit(network, source, method=method(target, weight=100.0, schedule=False))
    assert still.losses == pytest.approx(plain.losses, rel=1e-6) and set(still.method.losses) == {0.0}
    assert moved.losses[3:] != pytest.approx(plain.losses[3:], rel=1e-6)


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("seed", [0, 1])
def test_it_brings_the_features_of_both_domains_together(method, seed):
    """Each by its own measure, on test images that it has not seen: less than half of what the source leaves."""
    source, target = with_a_shortcut(seed)
    recipe = RECIPE.with_(epochs=15, batch_size=32, learning_rate=0.02, schedule="constant", seed=seed)
    apart = {}
    for name, chosen in (("alone", None), ("aligned", method(target, weight=1.0 if method is MMD else 100.0))):
        run = quiet_fit(small_network(seed), source, recipe, method=chosen)
        assert run.metrics["accuracy"] > 0.95  # on the source
        one, other = (
            tlnb.extract_features(run.model, images.images[images.test.indices]) for images in (source, target)
        )
        by_covariance = float(correlation_distance(one, other, {"means": False}))
        apart[name] = float(squared_mmd(one, other)) if method is MMD else by_covariance
    assert apart["aligned"] < apart["alone"] / 2


@BOTH
def test_a_training_that_was_stopped_goes_on_to_the_same_losses(pair, network, method, tmp_path):
    source, target = pair
    recipe, steering = RECIPE.with_(epochs=2), Steering()
    whole = quiet_fit(network, source, recipe, method=method(target))
    rest = stopped_and_resumed(network, source, recipe, tmp_path, method=method(target))
    assert rest.losses == whole.losses and rest.method.losses == whole.method.losses
    steering.set("weight", 0.0)
    assert set(quiet_fit(network, source, method=method(target), steering=steering).method.losses) == {0.0}


@pytest.mark.parametrize(("kernels", "estimate"), [("one", "biased"), ("several", "linear"), ("one", "unbiased")])
def test_every_estimate_trains(pair, network, kernels, estimate):
    source, target = pair
    run = quiet_fit(network, source, method=MMD(target, kernels=kernels, estimate=estimate, schedule=False))
    assert len(set(run.method.losses)) == len(run.losses)
    assert estimate != "biased" or min(run.method.losses) >= 0


def test_coral_looks_at_covariances_and_on_wish_at_means():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(50, 6, generator=generator, dtype=torch.float64)
    other = 2 * torch.randn(40, 6, generator=generator, dtype=torch.float64)
    wanted = (torch.cov(rows.T) - torch.cov(other.T)).square().sum() / (4 * 36)
    assert float(correlation_distance(rows, other, {"means": False})) == pytest.approx(float(wanted))
    assert float(correlation_distance(rows, rows + 3, {"means": True})) == pytest.approx(9 / 4)
    rows.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: correlation_distance(x, other, {"means": True}), rows)


@BOTH
def test_what_was_used_is_noted_and_a_head_that_trains_alone_is_told_of(pair, network, method, caplog):
    source, target = pair
    run = quiet_fit(network, source, Recipe(trainable="head", epochs=1, batch_size=32), method=method(target))
    assert f"{method.name} changes what the body learns" in caplog.text and method.name in run.used["method"]


@BOTH
def test_a_single_image_at_the_end_of_an_epoch_is_no_trouble(pair, network, method):
    source, target = pair
    count = len(source.train)
    size = next(n for n in range(3, count) if count % n == 1)
    run = quiet_fit(network, source, RECIPE.with_(batch_size=size), method=method(target, schedule=False))
    assert all(loss == loss for loss in run.method.losses)
