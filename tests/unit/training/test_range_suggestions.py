"""What is read off the curve of a range test: its laws, and when nothing is to be read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlnb.training.range_test.suggestions import MovingAverage, longest_fall, suggest


@given(
    losses=st.lists(st.floats(1e-3, 1e6), min_size=10, max_size=60),
    smoothing=st.floats(0, 0.98),
    low=st.floats(-6, 2),
    powers=st.floats(0.1, 8),
    missing=st.integers(0, 40),
)
def test_suggestions_lie_within_the_sweep_whatever_the_losses(losses, smoothing, low, powers, missing):
    multipliers, raw = np.geomspace(10**low, 10 ** (low + powers), len(losses)), np.array(losses)
    found, notes = suggest(multipliers, raw, smoothed(raw, smoothing), smoothing, len(losses) + missing)
    assert all(multipliers[0] <= value <= multipliers[-1] for value in found.values())
    assert found or notes


@given(scale=st.integers(-8, 8), times=st.integers(-20, 20), seed=st.integers(0, 99))
def test_neither_the_unit_of_the_loss_nor_that_of_the_rate_changes_what_is_read(scale, times, seed):
    multipliers, raw = valley_shaped(seed)
    plain, _ = suggest(multipliers, raw, smoothed(raw, 0.9), 0.9, len(raw))
    other = raw * 2.0**scale
    found, _ = suggest(multipliers * 2.0**times, other, smoothed(other, 0.9), 0.9, len(raw))
    assert plain and {name: value / 2.0**times for name, value in found.items()} == pytest.approx(plain)


@given(seed=st.integers(0, 999))
@settings(max_examples=30)
def test_on_a_clear_curve_every_suggestion_lies_on_its_slope(seed):
    multipliers, raw = valley_shaped(seed)
    found, _ = suggest(multipliers, raw, smoothed(raw, 0.9), 0.9, len(raw))
    assert set(found) == {"steepest", "valley", "tenth"}
    assert all(0.1 < value < 20 for value in found.values())  # it falls around 1, by half, and rises around 30


def test_without_noise_each_suggestion_is_where_it_says():
    multipliers, raw = valley_shaped(0, noise=0.0)
    found, notes = suggest(multipliers, raw, raw, 0.0, len(raw))
    lowest = float(multipliers[np.argmin(raw)])
    assert notes == [] and found["steepest"] == pytest.approx(1, rel=0.15)
    assert found["tenth"] == pytest.approx(lowest / 10) and 0.1 * lowest**0.5 < found["valley"] < lowest**0.5


def test_a_long_level_start_does_not_drag_the_valley_down():
    multipliers, raw = valley_shaped(0, noise=0.0)
    creeping = raw - 1e-4 * np.arange(100) + 0.001 * np.random.default_rng(0).normal(size=100)
    found, _ = suggest(multipliers, creeping, smoothed(creeping, 0.9), 0.9, 100)
    assert 0.3 < found["valley"] < 5


def test_suggestions_far_apart_are_called_so():
    multipliers = np.geomspace(1e-3, 1e2, 100)
    slow_then_sudden = 1 - 0.05 * np.log10(multipliers / 1e-3) - 0.5 / (1 + (multipliers / 30) ** -8)
    found, notes = suggest(multipliers, slow_then_sudden, slow_then_sudden, 0.0, 100)
    assert found["steepest"] > 10 * found["valley"] and any("ten times apart" in note for note in notes)


def test_noise_alone_suggests_nothing():
    fooled = 0
    for seed in range(200):
        raw = 0.7 + 0.1 * np.random.default_rng(seed).normal(size=100)
        fooled += bool(suggest(np.geomspace(1e-3, 1e2, 100), raw, smoothed(raw, 0.9), 0.9, 100)[0])
    assert fooled <= 10


def test_a_fall_that_barely_rises_above_the_noise_is_called_noisy():
    multipliers, clear = valley_shaped(0, noise=0.0)
    noisy = clear + 0.25 * np.random.default_rng(3).normal(size=100)
    found, notes = suggest(multipliers, noisy, smoothed(noisy, 0.9), 0.9, 100)
    assert found and any("noisy" in note for note in notes)


@given(values=st.lists(st.floats(0.01, 10), min_size=1, max_size=30), smoothing=st.floats(0, 0.99))
def test_the_moving_average_is_the_weighted_mean_that_it_says(values, smoothing):
    average = MovingAverage(smoothing)
    for n in range(1, len(values) + 1):
        weights = smoothing ** np.arange(n)[::-1].astype(float)
        assert average.update(values[n - 1]) == pytest.approx(np.dot(weights, values[:n]) / weights.sum())


@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_the_longest_fall_is_as_long_as_any_chain(values):
    def longest(rest, below):
        if not rest:
            return 0
        without = longest(rest[1:], below)
        return max(without, 1 + longest(rest[1:], rest[0])) if rest[0] < below else without

    first, last = longest_fall(np.array(values, float))
    inside = values[first : last + 1]
    assert longest(inside, 99) == longest(values, 99)
    assert len(inside) == 1 or inside[0] > inside[-1]


def valley_shaped(seed, noise=0.01):
    """Return multipliers, and a loss that falls by half around 1 and rises around 30, with noise."""
    multipliers = np.geomspace(1e-3, 1e2, 100)
    fall, rise = (1 / (1 + (multipliers / at) ** -power) for at, power in ((1, 2), (30, 4)))
    return multipliers, 0.7 - 0.5 * fall + 2 * rise + noise * np.random.default_rng(seed).normal(size=100)


def smoothed(losses, smoothing):
    average = MovingAverage(smoothing)
    return np.array([average.update(value) for value in losses.tolist()])
