"""The folder that stands in for a cache that cannot be written: one for a process, and gone with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from tlnb.core.cache import cached_arrays

def make(folder):
    np.save(folder / "values.npy", np.arange(6))
    return {}

with ThreadPoolExecutor(8) as pool:
    found = list(pool.map(lambda number: cached_arrays("things", {"number": number % 2}, make)[0]["values"], range(16)))
assert {int(values.sum()) for values in found} == {15}
if sys.argv[1] == "kill":
    os.kill(os.getpid(), 9)
if sys.argv[1] == "wait":
    print("there", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def start(tmp_path):
    """Start a process whose cache folder cannot exist, and that keeps temporary files in a folder of its own."""
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    settings = os.environ | {"TLNB_CACHE": str(tmp_path / "file" / "cache"), "TMPDIR": str(tmp_path / "temporary")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return lambda how: subprocess.Popen([sys.executable, "-c", SCRIPT, how], env=settings, **pipes)


def private(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "temporary").glob("tlnb-private-*"))


def grow_old(folder: Path) -> None:
    os.utime(folder, (time.time() - 120,) * 2)


def test_all_threads_share_one_and_are_told_once(start, tmp_path):
    process = start("end")
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0 and said.count("cannot be written") == 1
    assert private(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_what_a_killed_process_leaves_goes_with_the_next_and_what_is_in_use_stays(start, tmp_path):
    alive = start("wait")
    assert alive.stdout.readline() == "there\n"
    (used,) = private(tmp_path)
    start("kill").communicate(timeout=60)
    (deserted,) = set(private(tmp_path)) - {used}
    for folder in (used, deserted):
        grow_old(folder)
    assert start("end").communicate(timeout=60)[1].count("cannot be written") == 1
    assert private(tmp_path) == [used]
    alive.communicate("end\n", timeout=60)
    assert private(tmp_path) == []
