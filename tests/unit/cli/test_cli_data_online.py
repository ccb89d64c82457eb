"""tlnb data, of sets that lie on servers: what a download costs, what comes, and what is here of it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tlnb.data import NamedSet
from tlnb.data.catalogue import CATALOGUE
from tlnb.data.online.entries import entry_of
from tlnb.data.online.sets import online_sets

sys.path.append(str(Path(__file__).parents[1] / "data"))
from online_layouts import LAYOUTS, as_zip, picture
from online_server import Server


@pytest.fixture
def online(monkeypatch):
    """Two sets on a server of this test: small photographs of land use, and scenes for detection."""
    server = Server()

    def offer(name, archive, images, *moods, **changed):
        (first, *_) = online_sets()[name].files
        address = server.offer(f"/{first.name}", archive, *moods)
        known = {"sha256": hashlib.sha256(archive).hexdigest() if first.published else "", "md5": ""}
        file = replace(first, addresses=(address,), bytes=len(archive), **known)
        wanted = replace(online_sets()[name], files=(file,), images=images, **changed)
        monkeypatch.setitem(online_sets(), name, wanted)
        monkeypatch.setitem(CATALOGUE, name, NamedSet(**entry_of(wanted)))
        return wanted

    server.offer_set = offer
    archives, images = LAYOUTS["eurosat"](online_sets()["eurosat"])
    offer("eurosat", archives["EuroSAT.zip"], images, sizes=(16,))
    offer("pennfudan", as_zip({"PennFudanPed/PNGImages/one.png": picture(1)}), 1)
    yield server
    server.close()


def test_the_list_says_what_a_download_costs(call, fresh_cache, online):
    shown = call("data", "list").stdout
    row = {line.split()[0]: line.split() for line in shown.splitlines()}
    wanted = online_sets()["eurosat"]
    assert row["eurosat"][1:7] == ["40", "10", "no", f"{wanted.bytes / 1000:.1f}", "kB", "nothing"]
    assert "To get one that is not here: tlnb data fetch NAME" in shown and online.requests == []


def test_fetch_downloads_and_decodes_once(call, fresh_cache, online):
    first = call("data", "fetch", "eurosat")
    fetched, file, stored = first.stdout.splitlines()
    assert first.exit_code == 0 and fetched == f"eurosat fetched: {fresh_cache / 'sets' / 'eurosat'}"
    assert online_sets()["eurosat"].files[0].sha256 in file and file.endswith("as published")
    assert stored.startswith("eurosat at 16 px stored: 30.8 kB in ")
    second = call("data", "fetch", "eurosat").stdout.splitlines()
    assert second[0].startswith("eurosat is here already: ") and second[1].startswith("eurosat at 16 px is stored alr")
    assert len(online.requests) == 1
    row = next(line.split() for line in call("data", "list").stdout.splitlines() if line.startswith("eurosat"))
    assert row[3:7] == ["yes", "16", "px", "(30.8"]


def test_fetch_of_a_large_set_decodes_what_it_is_asked_to(call, fresh_cache, online, monkeypatch):
    monkeypatch.setattr("tlnb.cli.data._MUCH", 1000)
    assert len(call("data", "fetch", "eurosat").stdout.splitlines()) == 2
    assert "eurosat at 24 px stored" in call("data", "fetch", "eurosat", "--size", "24").stdout


def test_fetch_says_where_nobody_published_a_checksum(call, fresh_cache, online):
    done = call("data", "fetch", "pennfudan")
    assert done.exit_code == 0 and done.stdout.splitlines()[1].endswith("which is noted, as nobody published one")


def test_fetch_that_fails_says_what_each_address_answered(call, fresh_cache, online):
    online.offer_set("eurosat", b"gone", 1, *[404] * 5)
    done = call("data", "fetch", "eurosat")
    assert done.exit_code == 1 and done.stdout == "" and len(done.stderr.splitlines()[-1:]) == 1
    assert "404 Not Found" in done.stderr and "Traceback" not in done.stderr
    assert online.files.keys() == {"/EuroSAT.zip", "/PennFudanPed.zip"}


def test_info_of_a_set_on_servers_names_licence_files_and_addresses(call, fresh_cache, online):
    shown = call("data", "info", "eurosat").stdout
    wanted = online_sets()["eurosat"]
    assert all(word in shown for word in ("MIT", wanted.files[0].sha256, wanted.files[0].addresses[0], "Helber"))
    assert shown.splitlines()[-1] == "to get it    tlnb data fetch eurosat"
    call("data", "fetch", "eurosat")
    again = call("data", "info", "eurosat").stdout
    assert f"folder       {fresh_cache / 'sets' / 'eurosat'}" in again and "to get it" not in again
    assert "no published checksum" in call("data", "info", "pennfudan").stdout


def test_check_of_a_fetched_set_finds_what_is_missing(call, fresh_cache, online):
    missing = call("data", "check", "eurosat")
    assert missing.exit_code == 1 and "run tlnb data fetch eurosat" in missing.stderr
    call("data", "fetch", "eurosat")
    sound = call("data", "check", "eurosat")
    assert (sound.exit_code, sound.stdout) == (0, "eurosat: whole; 1 of 1 downloaded files were as published.\n")
    next(fresh_cache.rglob("*.jpg")).unlink()
    spoilt = call("data", "check", "eurosat", "--json")
    (problem,) = json.loads(spoilt.stdout)["problems"]
    assert spoilt.exit_code == 1 and "39 images of 40" in problem["reason"]


def test_the_list_for_programs_has_addresses_and_checksums(call, fresh_cache, online):
    rows = {row["name"]: row for row in json.loads(call("data", "list", "--json").stdout)}
    wanted = online_sets()["eurosat"]
    (file,) = rows["eurosat"]["download"]["files"]
    assert (file["bytes"], file["sha256"]) == (wanted.bytes, wanted.files[0].sha256)
    assert rows["pennfudan"]["download"]["task"] == "detection, segmentation"
    assert rows["photos"]["download"] is None


def test_fetch_of_a_file_that_changed_names_the_option_that_takes_it(call, fresh_cache, online):
    call("data", "fetch", "pennfudan")
    shutil.rmtree(fresh_cache)
    online.offer_set("pennfudan", as_zip({"PennFudanPed/PNGImages/one.png": picture(2)}), 1)
    refused = call("data", "fetch", "pennfudan")
    assert refused.exit_code == 1 and "tlnb data fetch pennfudan --accept-changed" in refused.stderr
    taken = call("data", "fetch", "pennfudan", "--accept-changed")
    assert taken.exit_code == 0 and taken.stdout.startswith("pennfudan fetched: ") and len(online.requests) == 2
    assert call("data", "fetch", "pennfudan").stdout.startswith("pennfudan is here already: ")


def test_info_says_where_the_licence_was_read(call, fresh_cache):
    shown = call("data", "info", "imagenette").stdout.splitlines()
    assert shown[3].startswith("licence      ImageNet’s terms") and shown[4].startswith(
        "as said in   the author’s answer"
    )
    assert not any(line.startswith("as said in") for line in call("data", "info", "usps").stdout.splitlines())
