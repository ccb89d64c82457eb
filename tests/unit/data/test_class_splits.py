"""Classes that a model sees, and those kept for later."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tlnb.core.errors import DataError
from tlnb.data.catalogue import CATALOGUE, NamedSet
from tlnb.data.class_splits import split_classes
from tlnb.data.emoji import card
from tlnb.data.images import ImageData
from tlnb.data.loading import load_data


@pytest.fixture(scope="module")
def emoji(cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CATALOGUE, "emoji", NamedSet(**card.entry()))
        return load_data("emoji", styles=["noto", "twemoji"], size=16, progress=False)


def tiny(kinds):
    """Make one image for each class, of the kinds given."""
    pixels = torch.zeros(len(kinds), 1, 4, 4, dtype=torch.uint8)
    names = tuple(f"class {place}" for place in range(len(kinds)))
    columns = {"kind": np.array(kinds)}
    return ImageData.from_tensors(pixels, list(range(len(kinds))), names, test=0, valid=0, columns=columns)


def kinds_of(images, names):
    kind = dict(zip(images.columns["name"].tolist(), images.columns["subcategory"].tolist(), strict=True))
    return {kind[name] for name in names}


@pytest.mark.parametrize("seed", range(5))
def test_sub_categories_of_emoji_are_kept_whole(emoji, seed):
    split = split_classes(emoji, unseen=0.3, seed=seed)
    assert sorted(split.seen + split.unseen) == sorted(emoji.classes)
    assert not kinds_of(emoji, split.seen) & kinds_of(emoji, split.unseen)
    assert len(split.unseen) / 849 == pytest.approx(0.3, abs=0.01)


def test_clock_faces_are_all_seen_or_all_unseen(emoji):
    for seed in range(5):
        split = split_classes(emoji, seed=seed)
        clocks = {name for name in emoji.classes if "o’clock" in name or "-thirty" in name}
        assert len(clocks) == 24
        assert clocks <= set(split.seen) or clocks <= set(split.unseen)


def test_a_seed_draws_the_same_again_and_another_differs(emoji):
    assert split_classes(emoji, seed=1) == split_classes(emoji, seed=1) != split_classes(emoji, seed=2)


def test_seen_classes_can_be_divided_again(emoji):
    split = split_classes(emoji)
    again = split_classes(emoji, unseen=0.2, classes=split.seen)
    assert sorted(again.seen + again.unseen) == sorted(split.seen)
    assert not kinds_of(emoji, again.seen) & kinds_of(emoji, again.unseen)


def test_single_classes_are_drawn_if_asked(emoji):
    split = split_classes(emoji, unseen=0.5, by=None)
    assert len(split.unseen) in (424, 425)
    assert len(kinds_of(emoji, split.seen) & kinds_of(emoji, split.unseen)) > 30


@given(kinds=st.lists(st.sampled_from("abcdef"), min_size=2, max_size=30), unseen=st.floats(0.01, 0.99))
def test_no_kind_is_parted_and_no_side_is_empty(kinds, unseen):
    images = tiny(kinds)
    if len(set(kinds)) < 2:
        with pytest.raises(DataError, match="of one kind cannot be divided"):
            split_classes(images, unseen, by="kind")
        return
    split = split_classes(images, unseen, by="kind")
    assert split.seen and split.unseen and set(split.seen) | set(split.unseen) == set(images.classes)
    kind = dict(zip(images.classes, kinds, strict=True))
    assert not {kind[name] for name in split.seen} & {kind[name] for name in split.unseen}
    largest = max(kinds.count(one) for one in kinds)
    assert abs(len(split.unseen) - unseen * len(kinds)) <= largest


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unseen": 0.0}, "pass a share of the classes between 0 and 1"),
        ({"unseen": 1.0}, "pass a share of the classes between 0 and 1"),
        ({"by": "sub-category"}, 'is no column.*Did you mean "subcategory"'),
        ({"by": "style"}, "has 2 kinds in the column 'style'"),
        ({"by": None, "classes": ["lion", "tigerr"]}, 'no class .tigerr.. Did you mean "tiger"'),
        ({"classes": ["lion"]}, "pass two or more"),
        ({"classes": ["lion", "tiger"]}, "of one kind cannot be divided.*by=None"),
    ],
)
def test_what_cannot_be_divided_is_refused(emoji, options, message):
    with pytest.raises(DataError, match=message):
        split_classes(emoji, **options)
