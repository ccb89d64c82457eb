"""Choosing without target labels: what the scores read, what they estimate, and where they are blind."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import tlnb
from tlnb.core.errors import DataError
from tlnb.evaluation import importance_weights, prediction_entropy, selection_scores, weighted_risk


def drawn(seed, n, shift=0.0, width=2):
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed)) + shift


def ratio(rows, shift):
    """Return the ratio of two normal densities of variance 1, the second moved by `shift` in each of its numbers."""
    return (shift * rows - shift**2 / 2).sum(1).exp()


def test_weights_are_the_ratio_of_the_densities():
    rows = drawn(0, 3000)
    weights = importance_weights(rows, drawn(1, 3000, shift=0.5))
    exact = ratio(rows, 0.5)
    assert float(torch.corrcoef(torch.stack([weights, exact]))[0, 1]) > 0.97
    assert float(weights.mean()) == pytest.approx(1, abs=0.06)
    assert float(importance_weights(rows, drawn(2, 3000)).std()) < 0.15  # without shift all count alike


def test_however_many_rows_the_domains_have_the_weights_are_the_same_but_for_chance():
    rows = drawn(0, 1000)
    for count in (300, 4000):
        assert float(importance_weights(rows, drawn(1, count, shift=0.5)).mean()) == pytest.approx(1, abs=0.15)
    more = importance_weights(rows, drawn(1, 1000, shift=0.5), others=drawn(3, 3000))
    assert float(more.mean()) == pytest.approx(1, abs=0.1) and more.shape == (1000,)


def test_a_row_unlike_all_others_does_not_outweigh_them():
    """A number that hardly varies but in one row: standardised, that row lies a thousand deviations away."""
    rows, target = drawn(0, 400), drawn(1, 400)
    rows[:, 1], target[:, 1] = 1e-3 * rows[:, 1], 1e-3 * target[:, 1] + 1e-3
    rows[7, 1] = 5.0
    weights = importance_weights(rows, target)
    assert int(weights.argmax()) == 7 and float(weights.max()) == pytest.approx(20)  # the root of 400
    assert float(weights.mean()) == pytest.approx(1, abs=0.2)


def test_weighted_losses_of_the_source_estimate_the_loss_in_the_target_and_the_control_takes_noise_away():
    """A loss that grows along one axis: by hand, its mean in the target is 0.5 + its mean in the source."""
    plain, controlled, blind = [], [], []
    for seed in range(40):
        rows = drawn(seed, 200)
        losses, weights = 2 + rows[:, 0], ratio(rows, 0.5)
        plain.append(weighted_risk(losses, weights, control=False))
        controlled.append(weighted_risk(losses, weights))
        blind.append(float(losses.mean()))
    plain, controlled, blind = map(torch.tensor, (plain, controlled, blind))
    assert float(plain.mean()) == pytest.approx(2.5, abs=0.15) and float(controlled.mean()) == pytest.approx(
        2.5, abs=0.1
    )
    assert float(blind.mean()) == pytest.approx(2.0, abs=0.05)
    assert float(controlled.std()) < 0.6 * float(plain.std())


def test_equal_weights_give_the_plain_mean():
    losses = torch.tensor([1.0, 2.0, 6.0])
    assert weighted_risk(losses, torch.ones(3)) == weighted_risk(losses, torch.ones(3), control=False) == 3.0


def test_entropy_lies_between_nothing_and_that_of_a_guess():
    assert prediction_entropy(torch.zeros(5, 10)) == pytest.approx(math.log(10))
    assert prediction_entropy(torch.tensor([[1e4, 0.0, 0.0]])) == 0.0


@pytest.fixture(scope="module")
def pair():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (200, 3, 16, 16), generator=generator, dtype=torch.uint8)
    labels = torch.arange(200) % 2
    source = tlnb.ImageData.from_tensors(pixels, labels, ["even", "odd"])
    return source, tlnb.ImageData.from_tensors(pixels // 2, labels, ["even", "odd"])


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 2))


def test_labels_of_the_target_are_never_read_and_the_network_stays_as_it_is(pair, network):
    source, target = pair
    unreadable = dataclasses.replace(target)
    object.__setattr__(unreadable, "labels", None)
    network.train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert selection_scores(network, source, target) == selection_scores(network, source, unreadable)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(module.training for module in network.modules())


def test_the_source_score_is_the_loss_of_its_validation_images(pair, network):
    source, target = pair
    found = selection_scores(network, source, target)
    prepared = tlnb.model_card(network).preprocessing
    pixels = source.pixels(prepared.resize_for(16), 16, prepared.interpolation)[source.valid.indices]
    with torch.no_grad():
        logits = network.eval()(prepared.normalise(pixels))
    assert found.source == pytest.approx(float(cross_entropy(logits, source.valid.labels)), rel=1e-5)


def test_what_does_not_fit_is_refused(pair):
    with pytest.raises(DataError, match=r"\(3,\) and \(2,\)"):
        weighted_risk(torch.ones(3), torch.ones(2))
    with pytest.raises(DataError, match="at least 5"):
        importance_weights(torch.ones(4, 2), torch.ones(9, 2))
