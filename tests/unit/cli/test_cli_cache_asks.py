"""tlnb cache clear asks before it removes anything, where there is somebody to ask."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tlnb.core.cache import cached_arrays
from tlnb.core.cache.inventory import stored_entries


@pytest.fixture
def one(fresh_cache):
    """Fill a cache with one array."""

    def make(folder: Path) -> dict:
        np.save(folder / "values.npy", np.arange(100_000))
        return {}

    cached_arrays("images", {"number": 1}, make)
    return fresh_cache


def answer(text: bytes, *words: str) -> tuple[int, str]:
    """Run a command in a terminal, and type an answer."""
    terminal, inside = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from tlnb.cli import main; main()", *words],
        stdin=inside,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.close(inside)
    os.write(terminal, text)
    said = process.communicate(timeout=60)[0].decode()
    os.close(terminal)
    return process.returncode, said


def test_without_a_terminal_it_removes_nothing_that_it_was_not_told_to(call, one):
    done = call("cache", "clear")
    assert done.exit_code == 2 and "say --yes" in done.stderr and str(one) in done.stderr
    assert len(stored_entries(one)) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of its own")
def test_in_a_terminal_it_asks_first(one):
    code, said = answer(b"n\n", "cache", "clear")
    assert code == 1 and f"from {one}? [y/N]" in said and "nothing was removed" in said
    assert len(stored_entries(one)) == 1
    code, said = answer(b"y\n", "cache", "clear")
    assert code == 0 and "800.5 kB are free again" in said and stored_entries(one) == []
