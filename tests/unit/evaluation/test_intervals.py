"""Intervals over seeds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tlnb.core.errors import TlnbError
from tlnb.evaluation import mean_interval, paired_interval

scores = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)


@given(scores)
def test_the_interval_is_scipys_and_holds_its_mean(values):
    found = mean_interval(values)
    assert found.low <= found.mean <= found.high
    spread = np.std(values, ddof=1)
    if spread > 1e-9:
        low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        assert math.isclose(found.low, low, abs_tol=1e-6) and math.isclose(found.high, high, abs_tol=1e-6)


@given(scores, st.floats(-100, 100))
def test_a_shift_of_all_scores_shifts_the_interval(values, shift):
    before, after = mean_interval(values), mean_interval([v + shift for v in values])
    assert after.low == pytest.approx(before.low + shift, abs=1e-6)


def test_it_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    found = [mean_interval(rng.normal(size=5)) for _ in range(2000)]
    assert 0.93 < np.mean([i.low <= 0 <= i.high for i in found]) < 0.97


def test_pairing_takes_out_what_both_conditions_share():
    easy = np.array([0.0, 0.2, 0.4, 0.1])
    noise = np.array([0.01, 0.0, 0.02, 0.01])
    paired = paired_interval(easy + 0.1 + noise, easy)
    alone = mean_interval(easy + 0.1 + noise)
    assert paired.high - paired.low < 0.1 * (alone.high - alone.low)


@pytest.mark.parametrize("values", [[], [0.5], [0.5, float("nan")]])
def test_what_cannot_have_an_interval_is_refused(values):
    with pytest.raises(TlnbError):
        mean_interval(values)


def test_unequal_numbers_of_seeds_are_refused():
    with pytest.raises(TlnbError, match="same seeds"):
        paired_interval([0.1, 0.2], [0.1])
