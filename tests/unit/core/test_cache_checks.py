"""What is opened from the cache is what was stored: damage is found, told, and made good."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tlnb.core import cache as package
from tlnb.core.cache import cached_arrays, entry, stamps

KEY = {"content": "abc"}

OPEN = """
import sys, numpy as np
from tlnb.core.cache import cached_arrays
reads = []
sys.addaudithook(lambda event, args: event == "open" and str(args[0]).endswith(".npy") and reads.append(args[0]))
def make(folder):
    np.save(folder / "values.npy", np.arange(6))
    return {"made": "anew"}
print(cached_arrays("things", {"content": "abc"}, make)[1]["made"], len(reads))
"""


def fill(folder: Path) -> dict:
    np.save(folder / "values.npy", np.arange(6))
    np.save(folder / "labels.npy", np.zeros(0))
    return {"made": "first"}


def refuse(folder: Path) -> dict:
    raise AssertionError("made again")


def only_entry(cache: Path) -> Path:
    (folder,) = (path for path in (cache / "things").iterdir() if path.is_dir())
    return folder


def flip(file: Path, place: int = -1) -> None:
    """Change one bit and nothing else that a look at the folder would show, but for what the system notes itself."""
    data, times = bytearray(file.read_bytes()), file.stat()
    data[place] ^= 1
    with file.open("rb+") as opened:
        opened.write(data)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def fresh_process() -> list[str]:
    """Open the entry in a new process: who made it, and how often an array file was opened for that."""
    done = subprocess.run([sys.executable, "-c", OPEN], capture_output=True, text=True, check=True)
    return done.stdout.split()


def let_rest(cache: Path) -> None:
    """Make the files of the entry older than what may still change unseen."""
    for file in only_entry(cache).glob("*.npy"):
        os.utime(file, ns=(1_000_000_000, 1_000_000_000))


@pytest.mark.parametrize("name", ["values.npy", "meta.json"])
def test_a_fresh_process_finds_one_wrong_bit(fresh_cache, name):
    cached_arrays("things", KEY, fill)
    flip(only_entry(fresh_cache) / name, 40)
    assert fresh_process()[0] == "anew"
    assert cached_arrays("things", KEY, refuse)[1] == {"made": "anew"}


def test_the_process_that_made_it_finds_one_wrong_bit_too(fresh_cache, caplog):
    cached_arrays("things", KEY, fill)
    flip(only_entry(fresh_cache) / "values.npy")
    assert cached_arrays("things", KEY, fill)[0]["values"].tolist() == [0, 1, 2, 3, 4, 5]
    (record,) = caplog.records
    assert "values.npy has another SHA-256 than was stored" in record.message and "made again" in record.message


def test_a_truncated_file_is_found_by_its_size(fresh_cache, caplog):
    cached_arrays("things", KEY, fill)
    file = only_entry(fresh_cache) / "values.npy"
    os.truncate(file, file.stat().st_size - 8)
    assert cached_arrays("things", KEY, fill)[0]["values"].sum() == 15
    assert "values.npy has 168 of 176 bytes" in caplog.text


def test_a_file_that_is_missing_is_damage(fresh_cache, caplog):
    cached_arrays("things", KEY, fill)
    (only_entry(fresh_cache) / "labels.npy").unlink()
    assert set(cached_arrays("things", KEY, fill)[0]) == {"values", "labels"}
    assert "labels.npy is missing" in caplog.text


def test_an_entry_under_another_ones_name_is_not_taken_for_it(fresh_cache):
    cached_arrays("things", KEY, fill)
    mine = only_entry(fresh_cache)
    mine.rename(mine.with_name(entry.entry_name({"content": "other"})))
    assert cached_arrays("things", {"content": "other"}, lambda folder: fill(folder) | {"made": "other"})[1] == {
        "made": "other"
    }


def test_content_is_read_once_and_then_only_when_it_may_have_changed(fresh_cache):
    cached_arrays("things", KEY, fill)
    let_rest(fresh_cache)
    first = fresh_process()  # the times of both files have changed
    (noted,) = only_entry(fresh_cache).glob("stamp.json")
    content = json.loads(noted.read_text())
    noted.write_text(json.dumps(content | {"seen": content["seen"] + 5_000_000_000}))  # as if looked at 5 s later
    second = fresh_process()
    assert first[0] == second[0] == "first"
    assert int(first[1]) - int(second[1]) == 2  # each file is opened to map it, and the first time to compare it


def test_a_stamp_does_not_cover_a_file_that_changed_just_before_it(fresh_cache):
    cached_arrays("things", KEY, fill)
    states = stamps.file_states(only_entry(fresh_cache), ["values.npy"])
    changed = max(states["values.npy"][1:3])
    stamps.stamp(only_entry(fresh_cache), states, changed + 1_900_000_000)
    assert not stamps.stamped(only_entry(fresh_cache), states)
    stamps.stamp(only_entry(fresh_cache), states, changed + 2_100_000_000)
    assert stamps.stamped(only_entry(fresh_cache), states)


def test_a_stamp_covers_no_other_state_of_a_file(fresh_cache):
    cached_arrays("things", KEY, fill)
    folder = only_entry(fresh_cache)
    states = stamps.file_states(folder, ["labels.npy", "values.npy"])
    stamps.stamp(folder, states, max(states["values.npy"][1:3]) + 9_000_000_000)
    flip(folder / "values.npy")
    assert not stamps.stamped(folder, stamps.file_states(folder, ["labels.npy", "values.npy"]))


def test_a_damaged_stamp_costs_a_comparison_and_nothing_else(fresh_cache):
    cached_arrays("things", KEY, fill)
    (only_entry(fresh_cache) / "stamp.json").write_text("{")
    assert fresh_process()[0] == "first"
    assert "seen" in json.loads((only_entry(fresh_cache) / "stamp.json").read_text())


def test_an_entry_of_the_first_versions_is_kept_and_gets_checksums(fresh_cache):
    folder = fresh_cache / "things" / entry.entry_name(KEY)
    folder.mkdir(parents=True)
    fill(folder)
    (folder / "meta.json").write_text(json.dumps({"key": KEY, "meta": {"made": "long ago"}}), encoding="utf-8")
    assert cached_arrays("things", KEY, refuse)[1] == {"made": "long ago"}
    assert set(json.loads((folder / "meta.json").read_text())["files"]) == {"values.npy", "labels.npy"}
    flip(folder / "values.npy")
    assert fresh_process()[0] == "anew"


def test_the_name_of_an_entry_is_the_sha256_of_its_keys_json():
    key = {"files": "ab12", "decoder": "1 with Pillow 10.1", "channels": 3, "resize": 96}
    assert entry.entry_name(key) == "66e8c5788e1026e22f6202e22e57c2c3ed4abc1b87035f34689fe6d47feaf507"


def test_a_key_and_what_is_kept_with_it_may_hold_tuples(fresh_cache):
    for make in (lambda folder: fill(folder) | {"size": (2, 3)}, refuse):
        assert cached_arrays("things", {"shape": (2, 3)}, make)[1]["size"] == [2, 3]


def test_what_the_package_offers_is_there():
    assert all(hasattr(package, name) for name in package.__all__)
