"""The laws of the one rule."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tlnb.core.errors import TlnbError
from tlnb.evaluation import Noise, judge
from tlnb.evaluation.verdicts.rule import DIRECTIONS, FALSE_RATE, Finding, weakest

shares = st.floats(0, 1)
pairs = st.lists(st.tuples(shares, shares), min_size=3, max_size=12)
sizes = st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 100)), min_size=3, max_size=12)
directions = st.sampled_from(DIRECTIONS)


def verdict(drawn, metric, direction, noise=None):
    return judge([a for a, _ in drawn], [b for _, b in drawn], metric, direction, noise=noise).verdict


# --- how often chance alone makes a claim hold -------------------------------------------------------------------
# A claim of no effect must not hold in more than 2.5 % of all experiments. Four standard errors of the simulation
# are allowed for: the check errs once in thirty thousand runs, and its seed is fixed anyway.

TRIALS = 10_000
LIMIT = FALSE_RATE + 4 * math.sqrt(FALSE_RATE * (1 - FALSE_RATE) / TRIALS)
NOISE = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy tails": lambda rng, n: rng.standard_t(3, size=n),
    "flat": lambda rng, n: rng.uniform(-1, 1, size=n),
    "mostly nothing, sometimes much": lambda rng, n: rng.normal(size=n) * (rng.random(n) < 0.3),
}


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("kind", NOISE)
@pytest.mark.parametrize("spread", [0.005, 0.03, 0.1])
def test_where_nothing_differs_a_claim_holds_by_chance_in_at_most_one_case_of_forty(kind, n, spread):
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(TRIALS):
        scores, baseline = (np.clip(0.5 + spread * NOISE[kind](rng, n), 0, 1) for _ in range(2))
        held += judge(scores, baseline, "auc", "higher").verdict == "holds"
    assert held / TRIALS <= LIMIT


@pytest.mark.parametrize("n", [3, 5])
def test_scores_on_few_test_images_are_no_exception(n):
    # Accuracies of 20 images come in steps of .05, and three equal differences are common.
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(TRIALS):
        counts = rng.binomial(20, 0.8, size=(2, n)) / 20
        held += judge(counts[0], counts[1], "accuracy", "higher").verdict == "holds"
    assert held / TRIALS <= LIMIT


@pytest.mark.parametrize("n", [3, 5])
def test_an_effect_just_as_small_as_the_smallest_is_called_either_way_by_chance_alone(n):
    rng = np.random.default_rng(2)
    found = [judge(0.51 + 0.02 * rng.normal(size=n), [0.5] * n, "auc", "higher").verdict for _ in range(TRIALS)]
    assert found.count("holds") / TRIALS <= LIMIT and found.count("does_not_hold") / TRIALS <= LIMIT


def test_ten_per_cent_of_a_size_are_held_to_the_same_limit():
    rng = np.random.default_rng(3)
    held = [
        judge(rng.uniform(5, 15, 3), rng.uniform(5, 15, 3), "seconds", "lower").verdict == "holds"
        for _ in range(TRIALS)
    ]
    assert np.mean(held) <= LIMIT


def test_sameness_is_not_claimed_by_chance_of_what_differs_by_the_smallest_effect():
    rng = np.random.default_rng(5)
    held = [
        judge(0.51 + 0.003 * rng.normal(size=3), [0.5] * 3, "auc", "equal").verdict == "holds" for _ in range(TRIALS)
    ]
    assert 0.005 < np.mean(held) <= LIMIT


def test_a_large_effect_is_found():
    rng = np.random.default_rng(4)
    found = [judge(0.9 + 0.01 * rng.normal(size=5), [0.8] * 5, "auc", "higher").verdict for _ in range(500)]
    assert found.count("holds") > 490


# --- what must not matter ----------------------------------------------------------------------------------------


@given(pairs, directions, st.randoms())
def test_the_order_of_the_seeds_does_not_matter(drawn, direction, chance: random.Random):
    mixed = chance.sample(drawn, len(drawn))
    assert verdict(drawn, "auc", direction) == verdict(mixed, "auc", direction)


@given(pairs)
def test_higher_than_the_baseline_is_the_same_as_the_baseline_being_lower(drawn):
    swapped = [(b, a) for a, b in drawn]
    assert verdict(drawn, "auc", "higher") == verdict(swapped, "auc", "lower")
    assert verdict(drawn, "auc", "equal") == verdict(swapped, "auc", "equal")


@given(sizes, directions, st.integers(-20, 20))
def test_the_unit_of_a_size_does_not_matter(drawn, direction, power):
    scale = 2.0**power  # exact in floating point: seconds or milliseconds must not meet at a rounding error
    scaled = [(a * scale, b * scale) for a, b in drawn]
    assert verdict(drawn, "seconds", direction) == verdict(scaled, "seconds", direction)


@given(sizes, st.floats(1e-3, 1e3))
def test_effects_of_a_size_scale_with_nothing(drawn, scale):
    assume(max(a for a, _ in drawn) > 0)
    scores, baseline = zip(*drawn, strict=True)
    plain = judge(scores, baseline, "distance", "higher")
    scaled = judge([a * scale for a in scores], [b * scale for b in baseline], "distance", "higher")
    assert scaled.effect == pytest.approx(plain.effect, rel=1e-6, abs=1e-9)
    assert scaled.low == pytest.approx(plain.low, rel=1e-6, abs=1e-6)


# --- the interval ------------------------------------------------------------------------------------------------


@given(pairs, directions)
def test_the_verdict_is_what_the_interval_says(drawn, direction):
    found = judge(*zip(*drawn, strict=True), "auc", direction)
    assert found.low <= found.effect <= found.high
    if found.reason:
        assert found.verdict == "undecided"
    elif direction == "equal":
        assert (found.verdict == "holds") == (found.low > -0.01 and found.high < 0.01)
        assert (found.verdict == "does_not_hold") == (found.low > 0.01 or found.high < -0.01)
    else:
        assert (found.verdict == "holds") == (found.low > 0.01)
        assert (found.verdict == "does_not_hold") == (found.high < 0.01)


@given(shares, shares, st.integers(3, 9), directions)
def test_scores_that_never_vary_decide_nothing(score, baseline, n, direction):
    found = judge([score] * n, [baseline] * n, "auc", direction)
    assert found.verdict == "undecided" and "same with every seed" in found.reason


def test_differences_that_are_equal_but_for_rounding_decide_nothing():
    assert judge([0.9, 0.8, 0.7], [0.8, 0.7, 0.6], "auc", "higher").verdict == "undecided"


@given(pairs, directions, st.floats(0, 0.2), st.floats(0, 0.2))
def test_noise_of_the_test_images_never_makes_the_interval_narrower(drawn, direction, by_seed, shared):
    scores, baseline = zip(*drawn, strict=True)
    bare = judge(scores, baseline, "auc", direction)
    noisy = judge(scores, baseline, "auc", direction, noise=Noise((by_seed,) * len(drawn), shared))
    assert noisy.high - noisy.low >= bare.high - bare.low - 1e-12


def test_three_seeds_that_agree_by_luck_are_not_believed_beyond_their_test_images():
    scores, baseline = [0.900, 0.901, 0.900], [0.880, 0.881, 0.880]
    assert judge(scores, baseline, "auc", "higher").verdict == "undecided"  # equal but for rounding
    scores = [0.9001, 0.9012, 0.9000]
    assert judge(scores, baseline, "auc", "higher").verdict == "holds"
    assert judge(scores, baseline, "auc", "higher", noise=Noise((0.03,) * 3)).verdict == "undecided"


@settings(max_examples=30)
@given(pairs)
def test_fewer_seeds_than_asked_for_decide_nothing(drawn):
    found = judge(*zip(*drawn, strict=True), "auc", "higher", least=len(drawn) + 1)
    assert found.verdict == "undecided" and f"{len(drawn)} seeds" in found.reason


# --- claims of several parts -------------------------------------------------------------------------------------


def finding(verdict, low, direction="higher"):
    return Finding(verdict, low, low, low, 0.01, 3, direction)


def test_a_claim_of_several_parts_is_as_good_as_its_worst():
    good, close = finding("holds", 0.3), finding("holds", 0.02)
    unsure, bad = finding("undecided", 0.0), finding("does_not_hold", -0.1)
    assert weakest([good, close]) is close
    assert weakest([good, unsure]) is unsure
    assert weakest([unsure, bad, good]) is bad


def test_a_part_that_claims_sameness_is_compared_by_what_is_left_on_both_sides():
    same, far = judge([0.5, 0.501, 0.5], [0.5, 0.5, 0.501], "auc", "equal"), finding("holds", 0.9)
    assert weakest([far, same]) is same and same.margin < 1


# --- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "baseline", "metric", "direction", "says"),
    [
        ([0.9], [0.8], "auc", "higher", "two pairs"),
        ([0.9, 0.8], [0.8], "auc", "higher", "2 scores against 1"),
        ([90, 80, 85], [70, 75, 80], "accuracy", "higher", "not per cent"),
        ([0.9, float("nan")], [0.8, 0.7], "auc", "higher", "nan"),
        ([1, 2, 3], [0, 0, 0], "seconds", "lower", "no share"),
        ([0.9, 0.8], [0.8, 0.7], "auk", "higher", 'Did you mean "auc"'),
        ([0.9, 0.8], [0.8, 0.7], "auc", "better", "direction='better'"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_reason(scores, baseline, metric, direction, says):
    with pytest.raises(TlnbError, match=says):
        judge(scores, baseline, metric, direction)
