"""A shared cache that is read and never written, with a private one over it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tlnb.core.cache import add_notes, cached_arrays, find_cached, read_notes, write_notes
from tlnb.core.files import shared_cache_dir

PUPIL = """
import sys
from tlnb.core.cache import cached_arrays
arrays, meta = cached_arrays("things", {"number": 1}, lambda folder: 1 / 0)
print(arrays["values"].sum(), meta["by"])
"""


def maker(by: str):
    def make(folder: Path) -> dict:
        np.save(folder / "values.npy", np.arange(6))
        return {"by": by}

    return make


def everything(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Every file and folder with what changes when it is written."""
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_ctime_ns, path.stat().st_ino)
        for path in [folder, *folder.rglob("*")]
    }


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """Fill a cache as a teacher does, then read it as a pupil with an empty cache of one's own."""
    folder = tmp_path / "class"
    monkeypatch.setenv("TLNB_CACHE", str(folder))
    cached_arrays("things", {"number": 1}, maker("teacher"))
    add_notes("memory_formats.json", {"resnet18": "channels_last"})
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("TLNB_SHARED_CACHE", str(folder))
    return folder


def test_what_the_shared_cache_has_is_used_and_it_stays_as_it_was(shared, tmp_path):
    before = everything(shared)
    assert cached_arrays("things", {"number": 1}, maker("pupil"))[1] == {"by": "teacher"}
    assert everything(shared) == before
    assert not list((tmp_path / "own").glob("things/*"))


def test_what_it_lacks_is_made_in_ones_own(shared, tmp_path):
    before = everything(shared)
    assert cached_arrays("things", {"number": 2}, maker("pupil"))[1] == {"by": "pupil"}
    assert everything(shared) == before
    assert len(list((tmp_path / "own").glob("things/*/values.npy"))) == 1


def test_what_is_damaged_in_it_is_made_in_ones_own_and_told(shared, tmp_path, caplog):
    (file,) = shared.glob("things/*/values.npy")
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    before = everything(shared)
    arrays, meta = cached_arrays("things", {"number": 1}, maker("pupil"))
    assert (arrays["values"].sum(), meta) == (15, {"by": "pupil"})
    assert everything(shared) == before
    assert str(file.parent) in caplog.text and "is damaged" in caplog.text


def test_an_entry_of_the_first_versions_in_it_is_used_as_it_is(shared):
    (file,) = shared.glob("things/*/meta.json")
    old = {name: value for name, value in json.loads(file.read_text()).items() if name in ("key", "meta")}
    file.write_text(json.dumps(old))
    before = everything(shared)
    assert cached_arrays("things", {"number": 1}, maker("pupil"))[1] == {"by": "teacher"}
    assert everything(shared) == before


def test_that_it_was_compared_is_noted_in_ones_own(shared, tmp_path):
    for _ in range(2):
        subprocess.run([sys.executable, "-c", PUPIL], check=True, capture_output=True)
    assert len(list((tmp_path / "own" / "compared").glob("*.json"))) == 1


def test_one_folder_for_both_is_just_ones_own(shared, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE", str(shared))
    assert shared_cache_dir() is None
    assert cached_arrays("things", {"number": 2}, maker("teacher"))[1] == {"by": "teacher"}
    assert len(list(shared.glob("things/*/values.npy"))) == 2


def test_a_shared_cache_that_is_not_there_stops_nothing(shared, monkeypatch, tmp_path):
    monkeypatch.setenv("TLNB_SHARED_CACHE", str(tmp_path / "unplugged"))
    assert cached_arrays("things", {"number": 1}, maker("pupil"))[1] == {"by": "pupil"}
    assert not (tmp_path / "unplugged").exists()


@pytest.mark.slow
def test_thirty_pupils_read_at_once_what_nobody_may_write(shared, tmp_path):
    with tempfile.TemporaryDirectory() as open_to_all:
        everyone = Path(open_to_all)
        everyone.chmod(0o755)
        klass = shutil.copytree(shared, everyone / "class")
        for path in [klass, *klass.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = everything(klass)

        def pupil(number: int) -> str:
            own = everyone / f"pupil{number}"
            own.mkdir()
            settings = os.environ | {"TLNB_SHARED_CACHE": str(klass), "TLNB_CACHE": str(own)}
            return subprocess.run([sys.executable, "-c", PUPIL], env=settings, capture_output=True, text=True).stdout

        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(pupil, range(30))) == {"15 teacher\n"}
        assert everything(klass) == before
        for path in [klass, *klass.rglob("*")]:
            path.chmod(0o755)


def test_a_file_is_found_in_ones_own_first(shared, tmp_path):
    assert find_cached("memory_formats.json") == shared / "memory_formats.json"
    add_notes("memory_formats.json", {"vgg16": "contiguous"})
    assert find_cached("memory_formats.json") == tmp_path / "own" / "memory_formats.json"
    assert find_cached("memory.json") is None


def test_notes_are_those_of_both_and_ones_own_win(shared):
    write_notes("memory_formats.json", {"vgg16": "contiguous"})
    assert read_notes("memory_formats.json") == {"resnet18": "channels_last", "vgg16": "contiguous"}
    write_notes("memory_formats.json", {"resnet18": "contiguous"})
    assert read_notes("memory_formats.json") == {"resnet18": "contiguous"}


def test_a_note_that_is_there_stays_whoever_adds_another(shared):
    before = everything(shared)
    added = add_notes("memory_formats.json", {"resnet18": "contiguous", "vgg16": "contiguous"})
    assert added == read_notes("memory_formats.json") == {"resnet18": "channels_last", "vgg16": "contiguous"}
    assert everything(shared) == before


def test_notes_of_many_processes_are_all_kept(fresh_cache):
    script = "import sys\nfrom tlnb.core.cache import add_notes\nadd_notes('notes.json', {sys.argv[1]: 1})\n"
    started = [subprocess.Popen([sys.executable, "-c", script, str(number)]) for number in range(6)]
    assert [process.wait() for process in started] == [0] * 6
    assert read_notes("notes.json") == {str(number): 1 for number in range(6)}


@pytest.mark.parametrize("content", ["{", "[1]", "\xff" * 3, "null"])
def test_damaged_notes_are_none(fresh_cache, content):
    fresh_cache.mkdir()
    (fresh_cache / "notes.json").write_text(content, encoding="latin-1")
    assert read_notes("notes.json") == {}
    assert add_notes("notes.json", {"a": 1}) == {"a": 1}


def test_a_cache_that_cannot_be_written_loses_notes_without_an_error(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "file" / "cache"))
    assert add_notes("notes.json", {"a": 1}) == {"a": 1}
    assert read_notes("notes.json") == {}
