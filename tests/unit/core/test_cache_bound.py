"""The cache keeps within its bound: what nobody has used for longest goes, what is in use stays."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tlnb.core.cache import bound, cached_arrays, inventory

MEGABYTE = 1_000_000


def store(number: int, size: int = MEGABYTE, kind: str = "things"):
    def make(folder: Path) -> dict:
        np.save(folder / "values.npy", np.full(size, number, np.uint8))
        return {}

    return cached_arrays(kind, {"number": number}, make)[0]["values"]


def entries(cache: Path) -> dict[int, Path]:
    """Entries by the number they hold."""
    return {int(np.load(file)[0]): file.parent for file in cache.glob("*/*/values.npy")}


def last_used(cache: Path, number: int, seconds_ago: float) -> None:
    when = time.time() - seconds_ago
    os.utime(entries(cache)[number] / "stamp.json", (when, when))


@pytest.fixture
def limit(monkeypatch):
    return lambda text: monkeypatch.setenv("TLNB_CACHE_LIMIT", text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("5GB", 5 * 10**9), ("500 MB", 5 * 10**8), ("2GiB", 2**31), ("1.5kB", 1500), ("0", 0), (" 12 tb ", 12 * 10**12)],
)
def test_sizes_read_as_people_write_them(text, size):
    assert bound.parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "-5GB", "5 gallons", "5,000"])
def test_what_is_no_size_is_refused_with_examples(text):
    with pytest.raises(ValueError, match=r'is no number of bytes\. Write it as "5GB"'):
        bound.parse_bytes(text)


def test_what_was_not_used_for_longest_goes_first(fresh_cache, limit):
    limit("3.5MB")
    for number in range(3):
        store(number)
    for number, ago in ((0, 100), (1, 300), (2, 200)):
        last_used(fresh_cache, number, ago)
    store(3)
    assert set(entries(fresh_cache)) == {0, 2, 3}
    assert len(list(fresh_cache.glob("things/*.lock"))) == 3


def test_opening_counts_as_use(fresh_cache, limit):
    limit("2.5MB")
    store(0)
    store(1)
    last_used(fresh_cache, 0, 300)
    last_used(fresh_cache, 1, 200)
    store(0)
    store(2)
    assert set(entries(fresh_cache)) == {0, 2}


def test_use_is_noted_at_most_once_a_minute(fresh_cache):
    store(0)
    last_used(fresh_cache, 0, 50)
    before = (entries(fresh_cache)[0] / "stamp.json").stat().st_mtime_ns
    store(0)
    assert (entries(fresh_cache)[0] / "stamp.json").stat().st_mtime_ns == before


def test_what_this_process_has_open_stays_until_it_lets_go(fresh_cache, limit):
    limit("1.5MB")
    held = store(0)
    view = held[10:20]
    del held
    store(1)
    assert set(entries(fresh_cache)) == {0, 1}
    del view
    store(2)
    assert set(entries(fresh_cache)) == {2}


def test_all_kinds_count_together(fresh_cache, limit):
    limit("1.5MB")
    store(0, kind="images")
    store(1, kind="features")
    assert set(entries(fresh_cache)) == {1}


def test_a_process_that_reads_what_is_removed_reads_on(fresh_cache, limit):
    limit("1.5MB")
    store(0)
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom tlnb.core.cache import cached_arrays\n"
            "values = cached_arrays('things', {'number': 0}, lambda folder: 1 / 0)[0]['values']\n"
            "print('open', flush=True)\nsys.stdin.readline()\nprint(len(values), set(values.tolist()))\n",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout.readline() == "open\n"
    store(1)
    if os.name == "posix":
        assert set(entries(fresh_cache)) == {1}
    assert reader.communicate("go on\n", timeout=60)[0] == "1000000 {0}\n"


def test_what_is_larger_than_the_bound_is_kept_for_this_run_and_told_once(fresh_cache, limit):
    limit("1.5MB")
    store(1)
    script = (
        "import numpy as np\nfrom tlnb.core.cache import cached_arrays\n"
        "def make(folder):\n    np.save(folder / 'values.npy', np.full(3_000_000, 9, np.uint8))\n    return {}\n"
        "for _ in range(2):\n    print(cached_arrays('things', {'number': 9}, make)[0]['values'].sum())\n"
        "    make = None\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "27000000\n27000000\n"
    assert done.stderr.count("is kept until Python ends") == 1 and "TLNB_CACHE_LIMIT" in done.stderr
    assert set(entries(fresh_cache)) == {1}  # the others need not go for it, and it is gone


def test_no_bound_is_none(fresh_cache, limit):
    limit("none")
    assert bound.cache_limit(fresh_cache) is None
    for number in range(3):
        store(number)
    assert set(entries(fresh_cache)) == {0, 1, 2}


def test_a_bound_that_cannot_be_read_is_told_once_and_the_default_holds(fresh_cache, limit, caplog):
    limit("plenty of room")
    store(0)
    store(1)
    assert set(entries(fresh_cache)) == {0, 1}
    (record,) = (record for record in caplog.records if record.levelno == logging.WARNING)
    assert "TLNB_CACHE_LIMIT is not used: 'plenty of room' is no number of bytes" in record.message


def test_without_a_bound_it_is_ten_gigabytes_or_a_fifth_of_the_disk(fresh_cache):
    import shutil

    fifth = shutil.disk_usage(fresh_cache.parent).free / 5
    assert bound.cache_limit(fresh_cache) == pytest.approx(min(10e9, fifth), rel=0.05)


def test_what_a_killed_process_left_goes_whatever_it_was_making(fresh_cache):
    script = (
        "import os\nimport numpy as np\nfrom tlnb.core.cache import cached_arrays\n"
        "def make(folder):\n    np.save(folder / 'values.npy', np.zeros(9))\n    os.kill(os.getpid(), 9)\n"
        "cached_arrays('things', {'number': 7}, make)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    assert len(list(fresh_cache.glob("things/.*.part/values.npy"))) == 1
    store(0, kind="others")
    assert not list(fresh_cache.glob("things/*")) and not list(fresh_cache.glob("things/.*"))


def test_what_another_process_is_making_is_no_leftover(fresh_cache):
    script = (
        "import sys\nimport numpy as np\nfrom tlnb.core.cache import cached_arrays\n"
        "def make(folder):\n    np.save(folder / 'values.npy', np.zeros(9, np.uint8))\n"
        "    print('making', flush=True)\n    sys.stdin.readline()\n    return {}\n"
        "print(cached_arrays('things', {'number': 7}, make)[0]['values'].sum())\n"
    )
    maker = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert maker.stdout.readline() == "making\n"
    store(0, kind="others")
    assert list(inventory.leftovers(fresh_cache)) == []
    assert inventory.unfinished_bytes(fresh_cache) >= 9
    assert maker.communicate("done\n", timeout=60)[0] == "0\n"


def test_a_users_own_files_are_neither_counted_nor_removed(fresh_cache, limit):
    limit("0")
    own = fresh_cache / "thesis" / "chapter1"
    own.mkdir(parents=True)
    (own / "values.npy").write_bytes(b"mine")
    (own.parent / "meta.json").write_text("{}")
    with_more = fresh_cache / "things" / ("a" * 64)
    with_more.mkdir(parents=True)
    for name in ("meta.json", "values.npy", "notes.txt"):
        (with_more / name).write_text("mine")
    store(0)
    before = sorted(path for folder in (own.parent, with_more) for path in folder.rglob("*"))
    store(1)
    assert sorted(path for folder in (own.parent, with_more) for path in folder.rglob("*")) == before
    assert {row.path for row in inventory.stored_entries(fresh_cache)}.isdisjoint({own, with_more})
