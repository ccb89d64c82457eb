from __future__ import annotations

import pytest

from tlnb.core.used import note, snapshot, used_since


def test_only_what_came_after_the_snapshot_counts():
    note("model", "before")
    before = snapshot()
    note("model", "after")
    note("method", "freezing", "freezing")
    assert used_since(before) == {"model": ["after"], "method": ["freezing"]}


def test_what_is_used_again_counts_again():
    note("data", "again")
    before = snapshot()
    note("data", "again")
    assert used_since(before) == {"data": ["again"]}


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match="kind='models'"):
        note("models", "x")
