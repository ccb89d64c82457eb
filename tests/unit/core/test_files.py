"""Files are whole or not there at all."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from tlnb.core.files import atomic_path, cache_dir, file_lock, sha256_file


def test_the_environment_says_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "here"))
    assert cache_dir() == tmp_path / "here"


def test_without_it_the_platform_says(monkeypatch):
    monkeypatch.delenv("TLNB_CACHE")
    assert cache_dir().is_absolute()
    assert "tlnb" in cache_dir().parts[-1] or "tlnb" in cache_dir().parts[-2]


def test_a_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "new" / "file.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_block_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "file.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_replaces_a_folder(tmp_path):
    target = tmp_path / "folder"
    for content in ("old", "new"):
        with atomic_path(target) as temporary:
            temporary.mkdir()
            (temporary / content).write_text(content)
    assert [file.name for file in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_folder_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "folder") as temporary:
        temporary.mkdir()
        (temporary / "half").write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_the_checksum_is_that_of_the_bytes(tmp_path):
    data = bytes(range(256)) * 10_000  # more than one chunk
    (tmp_path / "data").write_bytes(data)
    assert sha256_file(tmp_path / "data") == hashlib.sha256(data).hexdigest()


def test_a_lock_held_elsewhere_times_out_with_a_reason(tmp_path):
    held, late = file_lock(tmp_path / "thing"), file_lock(tmp_path / "thing", timeout=0.05)
    with held, pytest.raises(TimeoutError, match="another process has been busy"), late:
        pass


def test_a_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), file_lock(tmp_path / "thing"):
        raise ZeroDivisionError
    with file_lock(tmp_path / "thing", timeout=0.05):
        pass


def test_a_killed_holder_frees_its_lock(tmp_path):
    script = (
        "import os, sys\nfrom tlnb.core.files import file_lock\n"
        "with file_lock(sys.argv[1]):\n    print('held', flush=True)\n    os.kill(os.getpid(), 9)\n"
    )
    holder = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "thing")], capture_output=True, text=True, check=False
    )
    assert holder.stdout == "held\n"
    assert holder.returncode != 0
    with file_lock(tmp_path / "thing", timeout=1):
        assert Path(f"{tmp_path / 'thing'}.lock").exists()
