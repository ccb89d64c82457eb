"""The maximum mean discrepancy: against loops, against differences, on average, and as a test."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tlnb.core.errors import DataError
from tlnb.methods import linear_mmd, squared_mmd
from tlnb.methods.discrepancy import default_widths, kernel, median_distance


def drawn(seed, n=6, m=5, width=3, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(n, width, generator=generator, dtype=torch.float64)
    return first, torch.randn(m, width, generator=generator, dtype=torch.float64) + shift


def alike(x, y, widths):
    """Return the kernel of two rows, as it is written down."""
    squared = sum((float(a) - float(b)) ** 2 for a, b in zip(x, y, strict=True))
    return sum(math.exp(-squared / width) for width in widths) / len(widths)


def by_loops(first, second, widths, unbiased):
    own = [[alike(a, b, widths) for b in first] for a in first]
    theirs = [[alike(a, b, widths) for b in second] for a in second]
    across = [alike(a, b, widths) for a in first for b in second]

    def mean(square):
        count = len(square)
        pairs = [square[i][j] for i in range(count) for j in range(count) if not (unbiased and i == j)]
        return sum(pairs) / len(pairs)

    return mean(own) + mean(theirs) - 2 * sum(across) / len(across)


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 7), st.integers(2, 7), st.booleans(), st.floats(0, 3))
def test_it_is_what_loops_over_all_pairs_give(seed, n, m, unbiased, shift):
    first, second = drawn(seed, n, m, shift=shift)
    widths = [0.5, 2.0, 8.0]
    found = float(squared_mmd(first, second, widths=widths, unbiased=unbiased))
    assert found == pytest.approx(by_loops(first.tolist(), second.tolist(), widths, unbiased), abs=1e-10)


@given(st.integers(0, 2**31))
def test_the_linear_estimate_is_what_a_loop_over_neighbours_gives(seed):
    first, second = drawn(seed, 8, 7)
    terms = []
    for i in range(3):
        a, b, c, d = first[2 * i], first[2 * i + 1], second[2 * i], second[2 * i + 1]
        terms.append(alike(a, b, [1, 4]) + alike(c, d, [1, 4]) - alike(a, d, [1, 4]) - alike(b, c, [1, 4]))
    assert float(linear_mmd(first, second, widths=[1, 4])) == pytest.approx(sum(terms) / 3, abs=1e-10)


@pytest.mark.parametrize("estimate", [squared_mmd, linear_mmd, lambda *a, **k: squared_mmd(*a, unbiased=False, **k)])
def test_the_gradient_agrees_with_differences(estimate):
    first, second = (rows.requires_grad_() for rows in drawn(1))
    assert torch.autograd.gradcheck(lambda a, b: estimate(a, b, widths=[0.7, 3.0]), (first, second))


def test_no_gradient_goes_through_the_widths():
    first, second = (rows.requires_grad_() for rows in drawn(2))
    widths = default_widths(first, second)
    assert not widths.requires_grad
    free, fixed = (torch.autograd.grad(squared_mmd(first, second, widths=w), first)[0] for w in (None, widths))
    assert torch.equal(free, fixed)


def test_rows_that_are_equal_have_a_gradient_that_is_a_number():
    rows = torch.ones(4, 3, requires_grad=True)
    squared_mmd(rows, torch.ones(4, 3)).backward()
    assert torch.isfinite(rows.grad).all()


def test_on_average_the_unbiased_estimates_are_nothing_without_shift_and_the_biased_one_is_not():
    draws = [drawn(seed, 12, 12) for seed in range(400)]
    for estimate in (squared_mmd, linear_mmd):
        values = torch.stack([estimate(*pair, widths=[3.0]) for pair in draws])
        assert abs(float(values.mean())) < 3 * float(values.std()) / 20
    assert all(float(squared_mmd(*pair, widths=[3.0], unbiased=False)) > 0 for pair in draws)


def test_all_three_estimates_agree_on_a_large_sample():
    first, second = drawn(3, 1500, 1500, shift=0.7)
    exact = float(squared_mmd(first, second, widths=[3.0]))
    assert float(squared_mmd(first, second, widths=[3.0], unbiased=False)) == pytest.approx(exact, abs=2e-3)
    assert float(linear_mmd(first, second, widths=[3.0])) == pytest.approx(exact, abs=0.08)
    assert exact > 0.1


def test_the_kernel_is_one_for_equal_rows_and_falls_with_the_distance():
    rows = torch.tensor([[0.0, 0.0], [3.0, 4.0], [30.0, 40.0]])
    values = kernel(rows[:1], rows, [50.0])
    assert values[0, 0] == 1 and values[0, 1] == pytest.approx(math.exp(-0.5)) and values[0, 2] < 1e-20
    assert median_distance(rows[:1], rows[1:2]) == 25


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (torch.ones(3, 2), torch.ones(3, 4), r"\(3, 2\) and \(3, 4\): give rows of as many numbers"),
        (torch.ones(3), torch.ones(3), r"\(3,\) and \(3,\)"),
        (torch.ones(3, 2), torch.ones(1, 2), "3 and 1 rows: at least 2"),
    ],
)
def test_samples_that_cannot_be_compared_are_refused(first, second, says):
    for estimate in (squared_mmd, linear_mmd):
        with pytest.raises(DataError, match=says):
            estimate(first, second)
