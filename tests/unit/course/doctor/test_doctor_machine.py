"""Memory and disk: what the machine has, and what a container leaves of it."""

from __future__ import annotations

import builtins
import shutil

import pytest

from tlnb.course.doctor.limits import core_limit, memory_limit
from tlnb.course.doctor.machine import check_disk, check_memory


def meminfo(total, available):
    """Write gigabytes as Linux does."""
    return {
        "proc/meminfo": f"MemTotal: {total * 10**9 // 1024:.0f} kB\nMemAvailable: {available * 10**9 // 1024:.0f} kB\n"
    }


@pytest.mark.parametrize(
    ("total", "available", "state", "do"),
    [
        (16, 12, "good", ""),
        (16, 1.2, "warning", "close other programs"),
        (1.8, 1.6, "warning", "one notebook at a time"),
        (1.0, 0.8, "broken", "Binder or Colab"),
    ],
)
def test_memory_is_held_against_what_a_quick_lesson_needs(small_root, total, available, state, do):
    found = check_memory(small_root(meminfo(total, available)))
    assert found.state == state and do in found.do
    assert f"{total:.1f} GB" in found.says and f"{available:.1f} GB are available" in found.says


GROUP = {"proc/self/cgroup": "0::/user/session\n"}
SECOND = {
    "sys/fs/cgroup/user/memory.max": "2000000000\n",
    "sys/fs/cgroup/user/memory.current": "900000000\n",
    "sys/fs/cgroup/user/memory.stat": "anon 5\ninactive_file 400000000\n",
    "sys/fs/cgroup/user/session/memory.max": "max\n",
    "sys/fs/cgroup/user/session/memory.current": "900000000\n",
}
FIRST = {
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000000",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "900000000",
    "sys/fs/cgroup/memory/memory.stat": "total_inactive_file 400000000",
}
NO_LIMIT = {
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "900000000",
}


@pytest.mark.parametrize("files", [{**GROUP, **SECOND}, FIRST], ids=["of a group above", "of the first version"])
def test_a_containers_limit_counts_rather_than_the_machines_memory(small_root, files):
    found = check_memory(small_root({**meminfo(64, 60), **files}))
    assert found.state == "good" and "2.0 GB, of which 1.5 GB are available" in found.says


def test_of_groups_in_groups_the_least_counts(small_root):
    inner = {
        "sys/fs/cgroup/user/session/memory.max": "1700000000\n",
        "sys/fs/cgroup/user/session/memory.current": "100000000\n",
    }
    limit = memory_limit(small_root({**GROUP, **SECOND, **inner}))
    assert (limit.total, limit.available) == (1_700_000_000, 1_500_000_000)  # the second is of the group around it


@pytest.mark.parametrize("files", [{}, NO_LIMIT, {**GROUP, "sys/fs/cgroup/memory.max": "max"}])
def test_where_there_is_no_limit_none_is_made_up(small_root, files):
    root = small_root({"proc/meminfo": "", **files})
    assert memory_limit(root) is None and core_limit(root) is None


def test_half_a_core_is_half_a_core(small_root):
    assert core_limit(small_root({"sys/fs/cgroup/cpu.max": "50000 100000\n"})) == 0.5


def test_a_system_without_proc_is_asked_by_psutil(tmp_path):
    psutil = pytest.importorskip("psutil")
    assert f"{psutil.virtual_memory().total / 1e9:,.1f} GB" in check_memory(tmp_path).says


def test_where_nobody_says_how_much_memory_there_is_that_is_a_warning(tmp_path, monkeypatch):
    real = builtins.__import__

    def without_psutil(name, *rest):
        if name == "psutil":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_psutil)
    found = check_memory(tmp_path)
    assert found.state == "warning" and found.do == "pip install psutil"


@pytest.mark.parametrize(("free", "state"), [(10**8, "broken"), (10**9, "warning"), (10**11, "good")])
def test_the_disk_of_the_cache_is_held_against_what_images_need(monkeypatch, fresh_cache, free, state):
    asked = []

    def usage(path):
        asked.append(path)
        return shutil._ntuple_diskusage(10**12, 10**12 - free, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    found = check_disk()
    assert found.state == state and str(fresh_cache) in found.says and bool(found.do) is (state != "good")
    assert asked == [fresh_cache.parent]  # the cache itself is not there yet, and is not made
