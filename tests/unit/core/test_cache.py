"""The shared store of arrays: made once, safe for many, no trouble where it cannot be written."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tlnb.core.cache import cached_arrays

KEY = {"content": "abc", "size": 3}

FILL = """
import os, sys, time
from pathlib import Path
import numpy as np
from tlnb.core.cache import cached_arrays

def make(folder):
    with open(sys.argv[1], "a") as made:
        made.write("made\\n")
    np.save(folder / "values.npy", np.arange(6))
    if sys.argv[2] == "kill":
        os.kill(os.getpid(), 9)
    time.sleep(0.3)
    return {"answer": 42}

arrays, meta = cached_arrays("things", {"content": "abc", "size": 3}, make)
print(arrays["values"].sum(), meta["answer"])
"""


def fill(folder: Path) -> dict:
    np.save(folder / "values.npy", np.arange(6))
    return {"answer": 42}


def refuse(folder: Path) -> dict:
    raise AssertionError("made again")


def start(log: Path, how: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", FILL, str(log), how], stdout=subprocess.PIPE, text=True)


def test_what_is_made_comes_back_and_is_not_made_again(fresh_cache):
    first, meta = cached_arrays("things", KEY, fill)
    again, same = cached_arrays("things", KEY, refuse)
    assert meta == same == {"answer": 42}
    assert first["values"].tolist() == again["values"].tolist() == [0, 1, 2, 3, 4, 5]


def test_the_order_of_a_key_does_not_count_but_its_values_do(fresh_cache):
    cached_arrays("things", KEY, fill)
    cached_arrays("things", {"size": 3, "content": "abc"}, refuse)
    with pytest.raises(AssertionError, match="made again"):
        cached_arrays("things", KEY | {"size": 4}, refuse)


def test_arrays_are_mapped_and_writing_into_them_changes_no_file(fresh_cache):
    arrays, _ = cached_arrays("things", KEY, fill)
    assert isinstance(arrays["values"], np.memmap)
    arrays["values"][0] = 99
    assert cached_arrays("things", KEY, refuse)[0]["values"][0] == 0


def test_a_maker_that_fails_leaves_nothing(fresh_cache):
    def fail(folder: Path) -> dict:
        fill(folder)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cached_arrays("things", KEY, fail)
    assert [file.suffix for file in (fresh_cache / "things").iterdir()] == [".lock"]
    assert cached_arrays("things", KEY, fill)[1] == {"answer": 42}


def test_a_killed_maker_leaves_nothing_that_counts(fresh_cache, tmp_path):
    killed = start(tmp_path / "log", "kill")
    assert killed.communicate()[0] == ""
    assert any(file.suffix == ".part" for file in (fresh_cache / "things").iterdir())
    assert cached_arrays("things", KEY, fill)[1] == {"answer": 42}
    assert not any(file.suffix == ".part" for file in (fresh_cache / "things").iterdir())


def test_two_processes_that_want_the_same_make_it_once(fresh_cache, tmp_path):
    both = [start(tmp_path / "log", "finish") for _ in range(2)]
    assert [process.communicate()[0] for process in both] == ["15 42\n", "15 42\n"]
    assert (tmp_path / "log").read_text() == "made\n"


@pytest.mark.parametrize("name", ["values.npy", "meta.json"])
def test_a_damaged_entry_is_made_again(fresh_cache, name):
    cached_arrays("things", KEY, fill)
    (entry,) = (path for path in (fresh_cache / "things").iterdir() if path.is_dir())
    file = entry / name
    file.write_bytes(file.read_bytes()[:-8])
    arrays, meta = cached_arrays("things", KEY, fill)
    assert (arrays["values"].sum(), meta) == (15, {"answer": 42})
    assert json.loads((entry / "meta.json").read_text())["meta"] == {"answer": 42}


@pytest.fixture
def read_only(monkeypatch):
    """Make a cache folder with one entry that this process may read and not write."""
    if not hasattr(os, "geteuid"):
        pytest.skip("needs POSIX permissions")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        monkeypatch.setenv("TLNB_CACHE", str(folder))
        cached_arrays("things", KEY, fill)
        for path in (folder, folder / "things"):
            path.chmod(0o555)
        root = os.geteuid() == 0  # root may write anywhere: be nobody for a while
        if root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            for path in (folder, folder / "things"):
                path.chmod(0o755)


def test_a_read_only_cache_gives_what_it_has(read_only, caplog):
    assert cached_arrays("things", KEY, refuse)[1] == {"answer": 42}
    assert not caplog.records


def test_a_read_only_cache_is_helped_out_by_a_private_folder_and_says_so_once(read_only, caplog):
    before = sorted(read_only.rglob("*"))
    with caplog.at_level(logging.WARNING, "tlnb"):
        for size in (4, 5):
            arrays, _ = cached_arrays("things", KEY | {"size": size}, fill)
            assert arrays["values"].sum() == 15
    cached_arrays("things", KEY | {"size": 5}, refuse)
    assert sorted(read_only.rglob("*")) == before
    (record,) = caplog.records
    assert str(read_only) in record.message
    assert "Set TLNB_CACHE" in record.message


def test_a_cache_folder_that_cannot_exist_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "file" / "cache"))
    assert cached_arrays("things", KEY, fill)[0]["values"].sum() == 15
