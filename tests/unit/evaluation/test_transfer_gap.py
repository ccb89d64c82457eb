"""Negative transfer and the mismatch that a model sees: names that are noted only where it is so."""

from __future__ import annotations

import pytest
import torch

import tlnb
from tlnb.core.errors import DataError, TlnbError
from tlnb.core.used import snapshot, used_since
from tlnb.data import in_domain
from tlnb.evaluation import Evidence, feature_mismatch, transfer_gap

FOUND = Evidence.from_scores(
    {
        "accuracy": {"source": [0.80, 0.82, 0.81], "worse": [0.6, 0.65, 0.61], "either": [0.7, 0.9, 0.81]},
        "seconds": {"source": [10, 11, 10.5], "worse": [20, 21, 20.5], "either": [10, 11, 10]},
    }
)


@pytest.mark.parametrize(
    ("metric", "what", "negative"),
    [("accuracy", "worse", True), ("accuracy", "either", False), ("seconds", "worse", True)],
)
def test_a_transfer_is_negative_where_its_whole_interval_is(metric, what, negative):
    before = snapshot()
    gap = transfer_gap(FOUND, metric, what, "source")
    assert gap.negative is negative and ("negative transfer" in repr(gap)) is negative
    assert used_since(before) == ({"method": ["negative transfer"]} if negative else {})


def test_the_better_of_two_is_a_positive_transfer():
    assert "positive transfer" in repr(transfer_gap(FOUND, "accuracy", "source", "worse"))


def test_what_was_not_measured_is_refused():
    with pytest.raises(TlnbError):
        transfer_gap(FOUND, "accuracy", "best", "source")


@pytest.fixture(scope="module")
def images():
    pixels = torch.randint(0, 200, (90, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return tlnb.ImageData.from_tensors(pixels, torch.arange(90) % 2, ["even", "odd"], valid=0.4)


def test_the_mismatch_grows_with_the_shift_and_is_noted(images):
    before, model = snapshot(), tlnb.create_model("small_cnn", images, weights="random")
    none, dusk, night = (feature_mismatch(model, images, in_domain(images, name)) for name in ("day", "dusk", "night"))
    assert none == pytest.approx(0, abs=1e-4) and none < dusk < night
    assert "feature mismatch" in used_since(before)["method"]


def test_features_that_do_not_vary_are_refused():
    flat = tlnb.ImageData.from_tensors(torch.zeros(40, 3, 32, 32, dtype=torch.uint8), [0, 1] * 20, ["a", "b"])
    with pytest.raises(DataError, match="do not vary"):
        feature_mismatch(tlnb.create_model("small_cnn", flat, weights="random"), flat, flat)
