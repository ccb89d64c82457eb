"""The same images in another domain, and in other proportions: what moves, what stays, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import tlnb
from tlnb.core.errors import DataError
from tlnb.core.used import snapshot, used_since
from tlnb.data import in_domain, with_proportions
from tlnb.data.scenes import Domain


def some(channels=3, n=120):
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (n, channels, 16, 16), dtype=torch.uint8, generator=generator)
    return tlnb.ImageData.from_tensors(pixels, torch.arange(n) % 3, ["a", "b", "c"])


@pytest.mark.parametrize("channels", [1, 3])
def test_night_is_darker_and_labels_and_parts_stay(channels):
    images = some(channels)
    night = in_domain(images, "night")
    assert night.images.shape == images.images.shape
    assert night.images.float().mean() < 0.4 * images.images.float().mean()
    assert torch.equal(night.labels, images.labels)
    assert all(np.array_equal(getattr(night.splits, p), getattr(images.splits, p)) for p in ("train", "valid", "test"))
    assert night.key != images.key


def test_by_day_without_noise_the_pixels_are_what_they_were_and_nothing_is_noted():
    images, before = some(), snapshot()
    assert torch.equal(in_domain(images, "day").images, images.images)
    assert used_since(before) == {}
    in_domain(images, "dusk")
    assert used_since(before) == {"method": ["covariate shift"]}


def test_the_grain_is_the_same_at_every_degree_and_grows():
    grey = tlnb.ImageData.from_tensors(torch.full((12, 3, 16, 16), 120, dtype=torch.uint8), [0, 1] * 6, ["a", "b"])
    little, much = (in_domain(grey, Domain(noise=noise)).images.float() - 120 for noise in (0.3, 0.6))
    assert much.std() == pytest.approx(2 * float(little.std()), rel=0.05)
    assert torch.corrcoef(torch.stack([little.flatten(), much.flatten()]))[0, 1] > 0.98


def test_equal_seeds_draw_equal_noise_whatever_the_cache_holds(fresh_cache):
    once = in_domain(some(), "noisy", seed=1).images.clone()
    assert torch.equal(once, in_domain(some(), "noisy", seed=1).images)
    assert not torch.equal(once, in_domain(some(), "noisy", seed=2).images)


def test_a_share_of_the_images_moves_and_more_of_them_hold_the_fewer():
    images = some()
    moved = [
        (in_domain(images, "night", share=share).images != images.images).flatten(1).any(1) for share in (0.2, 0.8, 0)
    ]
    assert 10 < int(moved[0].sum()) < 40 and 80 < int(moved[1].sum()) < 115 and not moved[2].any()
    assert not (moved[0] & ~moved[1]).any()
    with pytest.raises(DataError, match="share"):
        in_domain(images, "night", share=1.5)


def test_proportions_are_met_and_the_other_parts_stay():
    images = some(n=300)
    skewed = with_proportions(images, {"b": 0.5, "c": 0.1}, parts=["train"], seed=4)
    counts = list(skewed.train.per_class.values())
    assert counts == [60, 30, 6]
    assert np.array_equal(skewed.splits.test, images.splits.test)
    assert set(skewed.splits.train) <= set(images.splits.train)


def test_a_class_may_be_left_out_of_a_domain():
    gone = with_proportions(some(), {"a": 0})
    assert [gone.subset(p).per_class["a"] for p in ("train", "valid", "test")] == [0, 0, 0]
    assert gone.classes == ("a", "b", "c")


def test_which_images_stay_follows_the_seed():
    drawn = [with_proportions(some(), {"a": 0.5}, seed=seed).splits.train.tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_shift_of_labels_is_noted():
    before = snapshot()
    with_proportions(some(), {"a": 0.5})
    assert used_since(before)["method"] == ["label shift and imbalance"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"proportions": {"d": 1}}, "no class 'd'"),
        ({"proportions": {"a": -1}}, "0 or more"),
        ({"proportions": dict.fromkeys("abc", 0)}, "0 or more"),
        ({"proportions": {"a": 0.001}}, "no image of 'a' in train"),
        ({"proportions": {"a": 1}, "parts": ["all"]}, "train, valid, test"),
        ({"proportions": {"a": 1}, "parts": "train"}, "train, valid, test"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong, said):
    with pytest.raises(DataError, match=said):
        with_proportions(some(), **wrong)
