"""Rows that are filled by whoever needs them first: whole or missing, shared, and within the cache's bound."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tlnb.core.cache import open_rows, rows, rows_bytes
from tlnb.core.cache.bound import trim
from tlnb.core.cache.inventory import stored_entries
from tlnb.core.cache.rows import damaged_rows

SHAPES = [(3,), (2, 2)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(rows, "_in_memory", type(rows._in_memory)())
    return tmp_path / "cache"


def opened(count=10, dtype="float32", **key):
    return open_rows("features", {"from": "here", **key}, count, SHAPES, dtype)


def some(of):
    of = np.asarray(of)
    return [np.repeat(of[:, None] + 0.5, 3, 1), np.repeat(of[:, None] + 0.25, 4, 1).reshape(-1, 2, 2)]


def fill(store, *which):
    with store.alone():
        store.put(np.array(which), some(which))
    return store


def test_what_was_put_is_got_and_the_rest_is_missing():
    store = fill(opened(), 7, 2)
    assert store.missing(np.array([0, 2, 7, 9])).tolist() == [0, 9]
    for got, put in zip(store.get(np.array([2, 7])), some([2, 7]), strict=True):
        assert np.array_equal(got, put)


def test_it_is_there_for_the_next_process():
    fill(opened(), 3)
    assert opened().missing(np.arange(10)).tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_another_key_count_shape_or_type_is_another_store():
    fill(opened(), 3)
    others = [opened(version=2), opened(count=11), opened(dtype="float16")]
    others.append(open_rows("features", {"from": "here"}, 10, [(3,), (4,)], "float32"))
    assert all(3 in store.missing(np.arange(10)) for store in others)


@pytest.mark.parametrize("file", ["values0.npy", "values1.npy", "checks.npy"])
def test_a_row_of_which_one_bit_has_changed_is_missing(cache, file):
    fill(opened(), 3, 4)
    (entry,) = stored_entries(cache)
    array = np.load(entry.path / file, mmap_mode="r+")
    array[3] = (array[3].view(np.uint32) ^ 1).view(array.dtype) if array.dtype != np.uint64 else array[3] ^ np.uint64(1)
    array.flush()
    assert damaged_rows(entry.path) == 1
    assert opened().missing(np.array([3, 4])).tolist() == [3]


def test_a_row_whose_numbers_were_lost_with_the_power_is_missing(cache):
    fill(opened(), 3)
    (entry,) = stored_entries(cache)
    np.load(entry.path / "values0.npy", mmap_mode="r+")[3] = 0  # the checksum reached the disk, the numbers did not
    assert opened().missing(np.array([3])).tolist() == [3]


@pytest.mark.parametrize("damage", ["cut short", "no record", "another shape"])
def test_a_damaged_entry_is_made_anew(cache, damage):
    fill(opened(), 3)
    (entry,) = stored_entries(cache)
    if damage == "cut short":
        file = entry.path / "values0.npy"
        file.write_bytes(file.read_bytes()[:100])
    elif damage == "no record":
        (entry.path / "meta.json").write_text("{")
    else:
        np.save(entry.path / "values1.npy", np.zeros((10, 5), np.float32))
    store = opened()
    assert store.missing(np.array([3])).tolist() == [3]
    assert fill(store, 3).missing(np.array([3])).tolist() == []


def test_a_shared_store_is_read_and_never_written(cache, tmp_path, monkeypatch):
    fill(opened(), 1, 2)
    cache.rename(tmp_path / "shared")
    before = {file: file.read_bytes() for file in (tmp_path / "shared").rglob("*.npy")}
    monkeypatch.setenv("TLNB_SHARED_CACHE", str(tmp_path / "shared"))
    store = opened()
    assert store.missing(np.array([1, 2, 3])).tolist() == [3]
    fill(store, 3)
    got = store.get(np.array([3, 1, 2]))
    assert np.array_equal(got[0], some([3, 1, 2])[0]) and np.array_equal(got[1], some([3, 1, 2])[1])
    assert before == {file: file.read_bytes() for file in (tmp_path / "shared").rglob("*.npy")}


def test_where_the_cache_has_no_room_memory_must_do(monkeypatch):
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "1kB")
    store = fill(opened(count=100), 5)
    assert store.place == "memory"
    assert opened(count=100).missing(np.array([5, 6])).tolist() == [6], "until Python ends"


def test_memory_is_bounded_too(monkeypatch):
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "1kB")
    monkeypatch.setattr(rows, "MEMORY_BYTES", 2 * rows_bytes(100, SHAPES, "float32"))
    for version in range(3):
        fill(opened(count=100, version=version), 5)
    assert opened(count=100, version=2).missing(np.array([5])).tolist() == []
    assert opened(count=100, version=0).missing(np.array([5])).tolist() == [5], "what was not used for longest has gone"
    assert opened(count=1000) is None, "larger than memory may be"


def test_the_bound_of_the_cache_counts_rows_and_takes_them_away(cache):
    store = fill(opened(count=1000), 5)
    (entry,) = stored_entries(cache)
    assert entry.kind == "features" and entry.bytes >= store.bytes
    assert [gone.path for gone in trim(cache, 10)] == [entry.path]
    assert store.get(np.array([5]))[0].tolist() == [[5.5, 5.5, 5.5]], "whoever has it open goes on"


def test_a_folder_that_cannot_be_made_is_stood_in_for(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "file" / "cache"))
    assert fill(opened(), 3).missing(np.array([3])).tolist() == []


FILLER = """
import json, sys, time
import numpy as np
from tlnb.core.cache import open_rows
store, made = open_rows("features", {"from": "two"}, 60, [(3,)], "float32"), []
while len(missing := store.missing(np.arange(60))):
    with store.alone():
        rows = store.missing(missing[:4])
        time.sleep(0.02 * len(rows))  # as long as computing them takes
        if len(rows):
            store.put(rows, [np.repeat(rows[:, None], 3, 1)])
        made += rows.tolist()
print(json.dumps(made))
"""


def test_two_processes_that_fill_the_same_rows_share_the_work():
    both = [subprocess.Popen([sys.executable, "-c", FILLER], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    made = [json.loads(one.communicate()[0]) for one in both]
    assert sorted(made[0] + made[1]) == list(range(60)), "each row was made once"


def test_bytes_are_what_the_files_take(cache):
    store = opened(count=50)
    assert store.bytes == rows_bytes(50, SHAPES, "float32")
    assert sum(file.stat().st_size for file in cache.rglob("*.npy")) - store.bytes < 1000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what Linux says of a process")
def test_what_was_read_does_not_stay_in_the_memory_of_the_process():
    code = """
import numpy as np
from tlnb.core.cache import open_rows

def resident():
    (line,) = (line for line in open("/proc/self/status") if line.startswith("RssFile"))
    return int(line.split()[1]) * 1024

store, every = open_rows("features", {"from": "memory"}, 200, [(100_000,)], "float32"), np.arange(200)
for some in np.array_split(every, 20):
    with store.alone():
        store.put(some, [np.ones((len(some), 100_000), np.float32)])
before = resident()
for some in np.array_split(every, 20):
    assert not len(store.missing(some)) and store.get(some)[0].sum() == len(some) * 100_000
assert store.bytes > 80e6 and resident() < before + 20e6, (before, resident())
"""
    subprocess.run([sys.executable, "-c", code], check=True)
