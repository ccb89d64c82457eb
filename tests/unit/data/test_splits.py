"""Laws of splits, over generated labels and groupings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlnb.core.errors import DataError
from tlnb.data.splits import NAMES, split_images

shares = st.sampled_from([0.1, 0.15, 0.25, 0.4])
seeds = st.integers(0, 2**32 - 1)


@st.composite
def labelled(draw):
    counts = draw(st.lists(st.integers(8, 60), min_size=2, max_size=5))
    labels = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(draw(seeds)).permutation(labels)


@st.composite
def grouped(draw):
    """Labels and groups of uneven size, each class in several groups, some groups of several classes."""
    sizes = draw(st.lists(st.integers(1, 20), min_size=6, max_size=40))
    generator = np.random.default_rng(draw(seeds))
    groups = generator.permutation(np.repeat(np.arange(len(sizes)), sizes))
    labels = (generator.random(len(groups)) < draw(st.floats(0.2, 0.8))).astype(int)
    return labels, groups


def parts(splits):
    return [getattr(splits, name) for name in NAMES]


@given(labelled(), seeds, shares, shares)
def test_every_image_is_in_exactly_one_part(labels, seed, test, valid):
    splits = split_images(labels, seed=seed, test=test, valid=valid)
    assert sorted(np.concatenate(parts(splits)).tolist()) == list(range(len(labels)))


@given(labelled(), seeds, shares, shares)
def test_each_part_has_its_share_of_each_class_within_one_image(labels, seed, test, valid):
    splits = split_images(labels, seed=seed, test=test, valid=valid)
    for part, share in ((splits.test, test), (splits.valid, valid)):
        for label, count in enumerate(np.bincount(labels)):
            assert abs((labels[part] == label).sum() - share * count) <= 1


@given(labelled(), seeds)
def test_equal_seeds_draw_equal_splits(labels, seed):
    first, again = (split_images(labels, seed=seed) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(parts(first), parts(again), strict=True))


@given(labelled(), seeds, shares)
def test_the_validation_share_does_not_move_the_test_images(labels, seed, valid):
    assert np.array_equal(split_images(labels, seed=seed).test, split_images(labels, seed=seed, valid=valid).test)


def test_another_seed_draws_another_split():
    labels = np.repeat([0, 1], 50)
    assert not np.array_equal(split_images(labels, seed=0).test, split_images(labels, seed=1).test)


@settings(deadline=None)
@given(grouped(), seeds, shares, shares)
def test_groups_are_never_parted(case, seed, test, valid):
    labels, groups = case
    try:
        splits = split_images(labels, seed=seed, test=test, valid=valid, groups=groups)
    except DataError:  # a class in fewer than three groups; that it is not raised too often is tested below
        return
    homes = [set(groups[part].tolist()) for part in parts(splits)]
    assert homes[0] | homes[1] | homes[2] == set(groups.tolist())
    assert not (homes[0] & homes[1] or homes[0] & homes[2] or homes[1] & homes[2])
    assert sorted(np.concatenate(parts(splits)).tolist()) == list(range(len(labels)))
    assert set(labels[splits.train]) == set(labels)


@given(seeds, seeds)
@settings(deadline=None, max_examples=30)
def test_with_groups_too_shares_are_met_for_each_class(seed, draw):
    generator = np.random.default_rng(draw)
    groups = np.arange(1200) // 20
    labels = (generator.random(1200) < generator.random(60)[groups]).astype(int)  # some groups mostly one class
    splits = split_images(labels, seed=seed, test=0.25, valid=0.15, groups=groups)
    for part, share in ((splits.test, 0.25), (splits.valid, 0.15)):
        assert np.bincount(labels[part], minlength=2) / np.bincount(labels) == pytest.approx([share] * 2, abs=0.03)


def test_groups_may_be_strings_and_equal_seeds_draw_equal_splits():
    labels, groups = np.tile([0, 1], 60), np.repeat([f"patient {n}" for n in range(24)], 5)
    first, again = (split_images(labels, seed=3, groups=groups) for _ in range(2))
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, split_images(labels, seed=4, groups=groups).test)


def test_a_share_of_nought_leaves_a_part_empty():
    splits = split_images(np.repeat([0, 1], 2), test=0, valid=0)
    assert (len(splits.train), len(splits.valid), len(splits.test)) == (4, 0, 0)


def test_a_class_too_small_to_split_is_named():
    with pytest.raises(DataError, match=r"class 'lynx' has 2 image\(s\), too few to split.*pass test=0"):
        split_images(np.array([0] * 20 + [1] * 2), classes=("cat", "lynx"))


def test_a_class_in_too_few_groups_is_named():
    labels, groups = np.repeat([0, 1], 30), np.concatenate([np.arange(30), np.full(30, 99)])
    with pytest.raises(DataError, match=r"class 'lynx' lies in 1 group\(s\), too few for 3 parts"):
        split_images(labels, groups=groups, classes=("cat", "lynx"))


@pytest.mark.parametrize(("test", "valid"), [(-0.1, 0.1), (0.6, 0.4), (1.0, 0.0)])
def test_shares_that_leave_nothing_to_train_are_refused(test, valid):
    with pytest.raises(DataError, match="leave some images to train"):
        split_images(np.repeat([0, 1], 10), test=test, valid=valid)


def test_a_given_split_is_kept_for_every_seed():
    labels, given_parts = np.tile([0, 1], 50), np.array(["train"] * 60 + ["valid"] * 20 + ["test"] * 20)
    for seed in (0, 1):
        splits = split_images(labels, seed=seed, given=given_parts)
        assert splits.valid.tolist() == list(range(60, 80))
        assert splits.test.tolist() == list(range(80, 100))


def test_what_a_given_split_lacks_is_drawn_from_its_training_images():
    labels, given_parts = np.tile([0, 1], 50), np.array(["train"] * 80 + ["test"] * 20)
    splits = split_images(labels, valid=0.25, given=given_parts)
    assert splits.test.tolist() == list(range(80, 100))
    assert len(splits.valid) == 20
    assert set(splits.valid) | set(splits.train) == set(range(80))


def test_a_given_split_that_parts_groups_is_kept_with_a_warning(caplog):
    labels, given_parts = np.tile([0, 1], 10), np.array(["train"] * 10 + ["valid"] * 5 + ["test"] * 5)
    split_images(labels, groups=np.arange(20) // 4, given=given_parts)
    assert "parts 1 group(s)" in caplog.text


def test_an_unknown_part_is_refused():
    with pytest.raises(DataError, match="unknown split 'holdout'"):
        split_images(np.array([0, 1]), given=np.array(["train", "holdout"]))
