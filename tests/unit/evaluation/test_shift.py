"""Measures of shift: nothing where there is none, more where there is more, and tests that err as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import linalg

from tlnb.core.errors import DataError
from tlnb.core.used import snapshot
from tlnb.evaluation import frechet_distance, mmd_test, proxy_a_distance
from tlnb.methods import squared_mmd


def two(seed, n=40, m=40, width=4, shift=0.0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(n, width, generator=generator)
    return first, scale * torch.randn(m, width, generator=generator) + shift


def test_the_statistic_is_the_unbiased_squared_discrepancy():
    first, second = two(0, 30, 50, shift=0.5)
    found = mmd_test(first, second, permutations=20)
    assert found.statistic == pytest.approx(float(squared_mmd(first.double(), second.double())), abs=1e-10)


def test_the_distance_is_its_root_and_nothing_where_it_is_below_nothing():
    found = mmd_test(*two(0, 30, 50, shift=0.5), permutations=20)
    assert found.distance == pytest.approx(found.statistic**0.5)
    alike = [mmd_test(*two(seed, 30, 50), permutations=1) for seed in range(20)]
    assert {test.distance for test in alike if test.statistic < 0} == {0.0}


def test_each_permutation_is_the_discrepancy_of_rows_dealt_out_anew():
    first, second = two(1, 6, 9, shift=1.0)
    rows = torch.cat([first, second]).double()
    from tlnb.methods.discrepancy import default_widths

    generator, widths = torch.Generator().manual_seed(5), default_widths(first.double(), second.double())
    for value in mmd_test(first, second, permutations=3, seed=5).null:
        order = torch.randperm(15, generator=generator)
        assert value == pytest.approx(float(squared_mmd(rows[order[:6]], rows[order[6:]], widths=widths)), abs=1e-10)


def test_without_shift_it_is_wrong_as_often_as_it_says_and_with_one_it_finds_it():
    """At the level of 5 %: 200 pairs without shift, of which 3 to 20 are rejected with a chance of .999."""
    wrong = sum(mmd_test(*two(seed, 25, 25), permutations=99, seed=seed).p_value <= 0.05 for seed in range(200))
    assert 3 <= wrong <= 20
    found = sum(mmd_test(*two(seed, 25, 25, shift=0.8), permutations=99).p_value <= 0.05 for seed in range(40))
    assert found >= 38
    wider = sum(mmd_test(*two(seed, 60, 60, scale=2.5), permutations=99).p_value <= 0.05 for seed in range(20))
    assert wider >= 19  # the means are equal: what is found is the spread


def test_the_proxy_distance_is_nothing_at_chance_two_at_best_and_between_them_between():
    alike = np.mean([proxy_a_distance(*two(seed, 200, 200)) for seed in range(5)])
    some = proxy_a_distance(*two(0, 200, 200, shift=0.5))
    assert alike < 0.2 < some < 1.9 and proxy_a_distance(*two(0, shift=20.0)) == 2.0


def test_the_proxy_distance_weighs_both_domains_alike_however_many_rows_they_have():
    """A classifier that always says the larger domain is right in nine of ten rows, and tells nothing apart."""
    assert np.mean([proxy_a_distance(*two(seed, 450, 50)) for seed in range(5)]) < 0.35


@pytest.mark.parametrize(("n", "m", "width"), [(50, 60, 4), (8, 9, 20)])
def test_the_frechet_distance_is_that_of_the_formula(n, m, width):
    first, second = (rows.double().numpy() for rows in two(2, n, m, width, shift=0.4, scale=1.7))
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = linalg.sqrtm(linalg.sqrtm(one) @ other @ linalg.sqrtm(one)).real
    wanted = np.square(first.mean(0) - second.mean(0)).sum() + np.trace(one + other - 2 * root)
    assert frechet_distance(torch.tensor(first), torch.tensor(second)) == pytest.approx(wanted, rel=1e-3)


def test_the_frechet_distance_of_normal_distributions_is_known():
    first, second = two(3, 20000, 20000, 2, shift=3.0, scale=2.0)
    assert frechet_distance(first, second) == pytest.approx(2 * (9 + 1), rel=0.03)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-8)


def test_what_was_measured_is_noted():
    first, second = two(4)
    mmd_test(first, second, permutations=5)
    proxy_a_distance(first, second)
    frechet_distance(first, second)
    assert {"MMD", "proxy A-distance", "Frechet distance of features"} <= set(snapshot()["method"])


def test_bad_samples_and_counts_are_refused():
    first, second = two(5)
    for measure in (mmd_test, proxy_a_distance, frechet_distance):
        with pytest.raises(DataError, match="rows"):
            measure(first, second[:1])
        with pytest.raises(DataError, match="as many numbers"):
            measure(first, second[:, :2])
    with pytest.raises(DataError, match="permutations=0"):
        mmd_test(first, second, permutations=0)
    assert repr(mmd_test(first, second, permutations=10)).startswith("MMD² = ")
