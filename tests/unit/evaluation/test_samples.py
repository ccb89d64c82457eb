"""Samples of two domains: nothing in both, equally many of each, the same by the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlnb.core.errors import DataError
from tlnb.evaluation import disjoint_samples

things = st.lists(st.integers(0, 200), min_size=30, max_size=60, unique=True)


@given(things, things, st.integers(1, 50), st.integers(0, 99))
def test_no_thing_is_in_both_and_no_row_is_drawn_twice(first, second, most, seed):
    ours, theirs = np.array(first), np.array(second)
    try:
        rows, others = disjoint_samples(ours, theirs, most, seed=seed)
    except DataError:
        half = np.random.default_rng(seed).permutation(np.union1d(ours, theirs))[: len(np.union1d(ours, theirs)) // 2]
        assert not np.isin(ours, half).any() or np.isin(theirs, half).all()
        return
    assert 1 <= len(rows) == len(others) <= most
    assert not set(ours[rows]) & set(theirs[others])
    assert len(set(rows)) == len(rows) and len(set(others)) == len(others)


def test_halves_of_one_set_have_groups_of_their_own():
    module = np.repeat(np.arange(8), 10)
    rows, others = disjoint_samples(module, module, 100, seed=3)
    assert len(rows) == len(others) == 40
    assert not set(module[rows]) & set(module[others])


def test_equal_seeds_draw_equal_rows_and_others_draw_others():
    first = np.arange(100)
    again = [disjoint_samples(first, first, 20, seed=seed)[0].tolist() for seed in (1, 1, 2)]
    assert again[0] == again[1] != again[2]


def test_rows_come_from_the_whole_set_and_not_from_its_beginning():
    rows, _ = disjoint_samples(np.arange(1000), np.arange(1000), 50)
    assert rows.max() > 500 and rows.tolist() != sorted(rows)


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(DataError, match="most=0"):
        disjoint_samples([1, 2], [1, 2], 0)
    with pytest.raises(DataError, match="1 things in 2 and 2 rows"):
        disjoint_samples(["a", "a"], ["a", "a"], 5)
