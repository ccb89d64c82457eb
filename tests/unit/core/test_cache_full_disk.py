"""A disk without room: one clear error, nothing half left, and no process killed by the system."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tlnb.core.cache import CacheFullError, cached_arrays, new_array
from tlnb.core.errors import TlnbError

KEY = {"number": 1}


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """Put the cache on a file system of two megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)], capture_output=True, check=False)
        if sys.platform == "linux" and os.geteuid() == 0
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("needs the right to mount")
    monkeypatch.setenv("TLNB_CACHE", str(folder / "cache"))
    yield folder / "cache"
    subprocess.run(["umount", "-l", str(folder)], check=True)


def by_new_array(folder: Path) -> dict:
    new_array(folder / "values.npy", (9, 1_000_000), np.uint8)[:] = 1
    return {}


def by_save(folder: Path) -> dict:
    np.save(folder / "values.npy", np.ones(9_000_000, np.uint8))
    return {}


def by_writing(folder: Path) -> dict:
    (folder / "values.npy").write_bytes(bytes(9_000_000))
    return {}


def by_little_and_little(folder: Path) -> dict:
    for number in range(1000):
        np.save(folder / f"values{number}.npy", np.ones(9_000, np.uint8))
    return {}


@pytest.mark.parametrize("make", [by_new_array, by_save, by_writing, by_little_and_little])
def test_a_full_disk_is_one_clear_error_and_leaves_nothing(small_disk, make):
    with pytest.raises(CacheFullError) as caught:
        cached_arrays("things", KEY, make)
    said = str(caught.value)
    assert f"the disk of {small_disk / 'things'} is full" in said and "set TLNB_CACHE" in said
    assert re.search(r"(1\.[5-9]|2\.[01]) MB are free", said)  # once what was half made is gone again
    assert caught.value.errno == errno.ENOSPC
    assert isinstance(caught.value, (TlnbError, OSError))
    assert [path.suffix for path in (small_disk / "things").iterdir()] == [".lock"]
    free = os.statvfs(small_disk)
    assert free.f_bavail * free.f_frsize > 1_900_000


def test_what_was_needed_is_said_where_it_is_known(small_disk):
    with pytest.raises(CacheFullError, match=r"2\.1 MB are free, 9\.0 MB are needed"):
        cached_arrays("things", KEY, by_new_array)


def test_what_fits_is_made_on_the_same_disk_afterwards(small_disk):
    with pytest.raises(CacheFullError):
        cached_arrays("things", KEY, by_new_array)

    def fits(folder: Path) -> dict:
        new_array(folder / "values.npy", (300,), np.uint8)[:] = 2
        return {}

    assert cached_arrays("things", KEY, fits)[0]["values"].sum() == 600


def test_an_array_with_holes_would_have_ended_the_process(small_disk):
    """What `new_array` is for: the system kills who writes into a hole of a file on a full disk."""
    script = (
        "import sys, numpy as np\n"
        "values = np.lib.format.open_memmap(sys.argv[1], mode='w+', dtype='uint8', shape=(9_000_000,))\nvalues[:] = 1\n"
    )
    small_disk.mkdir(parents=True)
    done = subprocess.run([sys.executable, "-c", script, str(small_disk / "values.npy")], check=False)
    assert done.returncode < 0


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_limit_on_the_size_of_files_is_told_the_same_way(fresh_cache):
    script = (
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "import numpy as np\nfrom tlnb.core.cache import CacheFullError, cached_arrays, new_array\n"
        "try:\n    cached_arrays('things', {}, lambda folder: new_array(folder / 'a.npy', (9_000_000,), 'uint8'))\n"
        "except CacheFullError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "9.0 MB are needed" in done.stdout
    assert [path.suffix for path in (fresh_cache / "things").iterdir()] == [".lock"]


def test_another_error_of_a_maker_stays_what_it_is(fresh_cache):
    def fail(folder: Path) -> dict:
        raise FileNotFoundError(errno.ENOENT, "no such image", "cell.png")

    with pytest.raises(FileNotFoundError, match=r"cell\.png"):
        cached_arrays("things", KEY, fail)


@pytest.mark.parametrize("shape", [(0,), (), (2, 0, 3), (3, 4)])
def test_a_new_array_is_zeros_of_any_shape_and_keeps_what_is_written(tmp_path, shape):
    values = new_array(tmp_path / "values.npy", shape, np.float32)
    assert values.shape == shape and values.dtype == np.float32 and not values.any()
    values[...] = 3
    del values
    again = np.load(tmp_path / "values.npy")
    assert again.shape == shape and (again == 3).all()


def test_room_is_taken_by_writing_where_the_system_has_no_other_way(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    values = new_array(tmp_path / "values.npy", (3_000_000,), np.uint8)
    assert (tmp_path / "values.npy").stat().st_blocks * 512 >= 3_000_000
    values[:] = 7
    assert np.load(tmp_path / "values.npy").sum() == 21_000_000
