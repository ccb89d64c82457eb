"""Which decoded copies of a set the cache holds: known without reading a set again that has many files."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys

import pytest
from online_offers import offer_set
from online_server import Server

from tlnb.core.errors import DataError
from tlnb.data import find_set, load_data
from tlnb.data.catalogue import CATALOGUE, NamedSet
from tlnb.data.copies import stored_copies
from tlnb.data.online.entries import entry_of
from tlnb.data.online.fetching import fetch_set
from tlnb.data.online.sets import online_sets


@pytest.fixture
def fetch(fresh_cache, monkeypatch):
    """Fetch a set from a server of this test, in place of the one that the cache has."""
    server = Server()

    def run(name):
        shutil.rmtree(fresh_cache / "sets" / name, ignore_errors=True)
        wanted = offer_set(server, name)
        monkeypatch.setitem(CATALOGUE, name, NamedSet(**entry_of(wanted)))
        fetch_set(wanted, progress=False)
        return CATALOGUE[name]

    yield run
    server.close()


def unread(entry):
    """Give an entry that fails where somebody lists its files."""

    def find():
        raise AssertionError("its files were listed")

    return dataclasses.replace(entry, find=find)


def crops(entry):
    return [copy.crop for copy in stored_copies(entry)]


def test_files_of_a_fetched_set_are_not_listed_for_its_copies(fetch):
    entry = unread(fetch("eurosat"))
    assert crops(entry) == []
    for size in (16, 24):
        load_data("eurosat", size=size, progress=False)
    assert crops(entry) == [16, 24]


def test_where_the_index_was_removed_files_are_listed_once(fetch, fresh_cache):
    entry = fetch("eurosat")
    load_data("eurosat", size=16, progress=False)
    shutil.rmtree(fresh_cache / "index")
    with pytest.raises(AssertionError, match="were listed"):
        stored_copies(unread(entry))
    assert crops(entry) == crops(unread(entry)) == [16]


def test_copies_of_a_set_that_was_fetched_anew_are_looked_up_anew(fetch):
    entry = fetch("eurosat")
    load_data("eurosat", size=16, progress=False)
    assert crops(entry) == [16]
    record = find_set("eurosat").find().root / "tlnb.json"
    first = entry.mark()
    record.write_text(record.read_text().replace('"published": true', '"published": false'))
    assert entry.mark() != first
    next(record.parent.rglob("*.jpg")).unlink()  # so that the files are others
    with pytest.raises(DataError):
        entry.find()
    assert crops(entry) == []


def test_a_fetched_set_is_here_without_being_listed(fetch, fresh_cache):
    entry = unread(fetch("eurosat"))
    assert entry.here and not CATALOGUE["hymenoptera"].here
    shutil.rmtree(fresh_cache / "sets" / "eurosat")
    assert not entry.here


def test_copies_of_a_fetched_set_of_arrays_are_its_own(fetch):
    usps, blood = fetch("usps"), fetch("bloodmnist")
    load_data("usps", size=16, progress=False)
    assert crops(usps) == [16] and crops(unread(blood)) == []


@pytest.mark.parametrize(("name", "field"), [("digits", "maker"), ("digits", "table"), ("emoji", "decoder")])
def test_a_copy_that_was_made_otherwise_is_not_one_that_this_version_opens(name, field, fresh_cache):
    load_data(name, size=16, progress=False)
    assert crops(find_set(name)) == [16]
    (place,) = fresh_cache.glob("images/*/meta.json")
    record = json.loads(place.read_text(encoding="utf-8"))
    record["key"]["made"][field] = "another"
    place.write_text(json.dumps(record), encoding="utf-8")
    assert crops(find_set(name)) == []


def test_a_copy_made_with_other_options_counts(fresh_cache):
    load_data("emoji", size=16, styles="twemoji", progress=False)
    assert crops(find_set("emoji")) == [16]


def test_listing_sets_that_were_fetched_and_decoded_needs_no_torch(fetch):
    entry = fetch("usps")
    load_data("usps", size=16, progress=False)
    script = (
        "import dataclasses, sys\nfrom tlnb.data.online.sets import online_sets\n"
        f"online_sets()['usps'] = dataclasses.replace(online_sets()['usps'], images={entry.images})\n"
        "import tlnb.cli\n"
        "try: tlnb.cli.app(['data', 'list'])\nexcept SystemExit as end: assert not end.code\n"
        "assert not {'torch', 'torchvision', 'scipy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    row = next(line.split() for line in done.stdout.splitlines() if line.startswith("usps"))
    assert row[3:6] == ["yes", "16", "px"] and online_sets()["usps"].images != entry.images
