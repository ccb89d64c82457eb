"""A file without a published checksum is compared with the one that came first, even after the cache was removed."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from pathlib import Path

import pytest
from online_layouts import as_zip, picture
from online_offers import offer_set
from online_server import Server

from tlnb.core.errors import DataError
from tlnb.data.online.download import Patience
from tlnb.data.online.fetching import fetch_set
from tlnb.data.online.stored import read_record

FIRST = {"PennFudanPed.zip": as_zip({"PennFudanPed/one.png": picture(1)})}
SECOND = {"PennFudanPed.zip": as_zip({"PennFudanPed/one.png": picture(2)})}


def sha256(archives):
    (content,) = archives.values()
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def fetch(server, fresh_cache):
    """Fetch a set of one file that nobody published a checksum of, into a cache that is new each time."""

    def run(archives, **options):
        shutil.rmtree(fresh_cache / "sets" / "pennfudan", ignore_errors=True)
        wanted = offer_set(server, "pennfudan", archives, 1)
        return fetch_set(wanted, progress=False, patience=Patience(rounds=1, wait=0.01, silence=2), **options)

    return run


def test_the_same_file_is_taken_again(fetch, fresh_cache, caplog):
    fetch(FIRST)
    shutil.rmtree(fresh_cache)
    assert fetch(FIRST).is_dir()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_another_file_is_refused_and_both_checksums_are_named(fetch, fresh_cache):
    fetch(FIRST)
    shutil.rmtree(fresh_cache)
    with pytest.raises(DataError, match="is not the file that was fetched here on 2") as caught:
        fetch(SECOND)
    said = str(caught.value)
    assert f"its SHA-256 was {sha256(FIRST)}, now it is {sha256(SECOND)}" in said
    assert "tlnb data fetch pennfudan --accept-changed" in said and "tlnb cache clear sets pennfudan" in said
    assert not (fresh_cache / "sets" / "pennfudan").exists()
    assert (fresh_cache / "sets" / ".downloads" / "pennfudan" / "PennFudanPed.zip").is_file()


def test_another_file_that_is_accepted_is_not_downloaded_twice_and_noted(fetch, server, caplog):
    fetch(FIRST)
    with pytest.raises(DataError):
        fetch(SECOND)
    asked = len(server.requests)
    with caplog.at_level(logging.WARNING, "tlnb"):
        folder = fetch(SECOND, accept_changed=True)
    assert len(server.requests) == asked and read_record(folder)["PennFudanPed.zip"]["sha256"] == sha256(SECOND)
    assert f"Its SHA-256 was {sha256(FIRST)}, now it is {sha256(SECOND)}" in caplog.text
    assert fetch(SECOND).is_dir()
    with pytest.raises(DataError, match=sha256(SECOND)):
        fetch(FIRST)


def test_what_has_a_published_checksum_is_not_noted(server, fresh_cache, home):
    fetch_set(offer_set(server, "eurosat"), progress=False)
    assert not (home / "fetched.json").exists()


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"pennfudan/PennFudanPed.zip": {}}', '{"a/b": 3}'])
def test_notes_that_are_damaged_are_made_anew(fetch, home, damage):
    home.mkdir()
    (home / "fetched.json").write_text(damage)
    assert fetch(FIRST).is_dir()
    noted = json.loads((home / "fetched.json").read_text())
    assert noted["pennfudan/PennFudanPed.zip"]["sha256"] == sha256(FIRST)


def test_where_notes_cannot_be_written_the_set_comes_all_the_same(fetch, monkeypatch, tmp_path, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TLNB_HOME", str(Path(tmp_path, "file", "home")))
    with caplog.at_level(logging.WARNING, "tlnb"):
        assert fetch(FIRST).is_dir()
    assert "the next download has nothing to compare with" in caplog.text
