"""Shift layer by layer: where it is, and equally many dimensions for narrow layers and wide ones."""

from __future__ import annotations

import pytest
import torch

from tlnb.core.errors import DataError
from tlnb.evaluation import proxy_a_distance, shift_by_layer


def normal(width, seed, rows=80):
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))


def test_the_shift_is_found_in_the_layer_that_has_it():
    first = {"stem": normal(16, 0), "top": normal(64, 1)}
    second = {"stem": normal(16, 2), "top": normal(64, 3) + 1.0}
    found = shift_by_layer(first, second)
    assert list(found) == ["stem", "top"]
    assert found["stem"].proxy_a < 0.5 and found["stem"].mmd < 0.15
    assert found["top"].proxy_a > 1.8 and found["top"].mmd > 3 * found["stem"].mmd


def test_a_wide_layer_without_shift_is_not_farther_than_a_narrow_one():
    """In all of its dimensions one small shift is told apart better the more features repeat it."""
    shift = 0.15
    narrow, wide = normal(4, 0, 300), normal(400, 1, 300)
    apart = proxy_a_distance(wide[:150], wide[150:] + shift)
    levelled = shift_by_layer({"wide": wide[:150]}, {"wide": wide[150:] + shift}, dimensions=4)
    assert levelled["wide"].proxy_a < apart
    alike = shift_by_layer({"narrow": narrow[:150]}, {"narrow": narrow[150:]}, dimensions=4)
    assert alike["narrow"].proxy_a < 0.4


def test_the_scale_of_a_feature_does_not_count_and_one_that_never_varies_does_no_harm():
    first, second = normal(8, 0), normal(8, 1) + 0.5
    scale = torch.logspace(-3, 3, 8)
    plain = shift_by_layer({"a": first}, {"a": second}, dimensions=4)["a"]
    scaled = shift_by_layer({"a": first * scale}, {"a": second * scale}, dimensions=4)["a"]
    assert scaled.mmd == pytest.approx(plain.mmd, rel=1e-3)
    dead = [torch.cat([rows, torch.zeros(80, 1)], 1) for rows in (first, second)]
    assert shift_by_layer({"a": dead[0]}, {"a": dead[1]}, dimensions=4)["a"].mmd == pytest.approx(plain.mmd, rel=1e-6)


def test_what_cannot_be_compared_is_told():
    rows = normal(8, 0)
    with pytest.raises(DataError, match="Layers stem and top"):
        shift_by_layer({"stem": rows}, {"top": rows})
    with pytest.raises(DataError, match="dimensions=16: stem has 8 at most"):
        shift_by_layer({"stem": rows}, {"stem": rows})
    with pytest.raises(DataError, match="rows of as many numbers"):
        shift_by_layer({"stem": rows}, {"stem": normal(9, 0)}, dimensions=4)
