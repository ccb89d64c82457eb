"""tlnb cache and the data sets that were fetched: shown, kept unless they are named, and then removed whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tlnb.core.cache import cached_arrays
from tlnb.core.cache.inventory import leftovers, unfinished_bytes
from tlnb.core.errors import DataError
from tlnb.data.online.download import Patience
from tlnb.data.online.fetching import fetch_set
from tlnb.data.online.parsers import find_online
from tlnb.data.online.stored import find_set_folder

sys.path.append(str(Path(__file__).parents[1] / "data"))
from online_offers import offer_set
from online_server import Server

ONCE = Patience(rounds=1, wait=0.01, silence=2)
HOLD_A_LOCK = (
    "import sys\nfrom tlnb.core.files import file_lock\n"
    "with file_lock(sys.argv[1]):\n    print('held', flush=True)\n    sys.stdin.readline()\n"
)


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def offered(server):
    """Offer sets on the server of this test; a mood such as "cut" spoils the first answer."""
    return lambda name, *moods: offer_set(server, name, None, 0, *moods)


def fetch(wanted):
    return fetch_set(wanted, progress=False, patience=ONCE)


@pytest.fixture
def filled(fresh_cache, offered):
    """Fill a cache with two sets, half a download of a third, and one array."""
    fetch(offered("eurosat"))
    fetch(offered("hymenoptera"))
    with pytest.raises(DataError, match="bytes are kept"):
        fetch(offered("dtd", "cut"))
    store(fresh_cache, 1)
    return fresh_cache


def store(cache, number):
    def make(folder: Path) -> dict:
        np.save(folder / "values.npy", np.arange(100_000))
        return {}

    cached_arrays("images", {"number": number}, make)
    return sorted(cache.glob("images/[!.]*/values.npy"))


def sets_in(cache):
    return sorted(path.name for path in (cache / "sets").iterdir() if path.name != ".downloads" and path.is_dir())


def test_info_shows_each_set_and_whether_it_is_whole(call, filled):
    rows = {line.split()[0]: line.split() for line in call("cache", "info").stdout.splitlines()}
    assert rows["sets"][1] == "3" and "limit" in rows["sets"]
    assert rows["eurosat"][-1] == rows["hymenoptera"][-1] == "whole"
    assert " ".join(rows["dtd"]).endswith("partial download: tlnb data fetch dtd goes on with it")


def test_info_for_programs_has_the_sets_with_their_bytes(call, filled):
    shown = json.loads(call("cache", "info", "--json").stdout)["cache"]
    sets = {row["set"]: row for row in shown["sets"]}
    files = [path for path in (filled / "sets" / "eurosat").rglob("*") if path.is_file() and path.suffix == ".jpg"]
    assert sets["eurosat"]["whole"] and sets["eurosat"]["bytes"] == sum(path.stat().st_size for path in files)
    part = next((filled / "sets" / ".downloads" / "dtd").glob(".*.part"))
    assert not sets["dtd"]["whole"] and sets["dtd"]["bytes"] >= part.stat().st_size > 0
    (kind,) = (kind for kind in shown["kinds"] if kind["kind"] == "sets")
    assert kind["bytes"] == sum(row["bytes"] for row in sets.values()) and not kind["arrays"]


def test_clear_alone_keeps_what_was_downloaded_and_says_so(call, filled):
    done = call("cache", "clear", "--yes")
    assert done.exit_code == 0 and sets_in(filled) == ["eurosat", "hymenoptera"] and not list(filled.glob("images/*"))
    kept = done.stdout.splitlines()[-1]
    assert kept.startswith("Kept 3 of sets (dtd, eurosat, hymenoptera) (") and kept.endswith(
        "which were downloaded: tlnb cache clear sets removes them."
    )
    assert (filled / "sets" / ".downloads" / "dtd").is_dir()
    nothing, kept = call("cache", "clear", "--yes").stdout.splitlines()
    assert nothing == f"There is nothing to remove in {filled}." and kept.startswith("Kept 3 of sets")


def test_clear_of_one_set_keeps_the_others_and_the_arrays(call, filled):
    done = call("cache", "clear", "sets", "eurosat", "--yes")
    assert done.exit_code == 0 and "Removed 1 of sets (eurosat)" in done.stdout and "Kept" not in done.stdout
    assert sets_in(filled) == ["hymenoptera"] and find_set_folder("eurosat") is None
    assert not (filled / "sets" / "eurosat.lock").exists() and len(list(filled.glob("images/*/values.npy"))) == 1


def test_clear_of_a_partial_download_begins_it_anew(call, filled, offered, server):
    assert call("cache", "clear", "sets", "dtd", "--yes").exit_code == 0
    assert not (filled / "sets" / ".downloads" / "dtd").exists() and sets_in(filled) == ["eurosat", "hymenoptera"]
    before = len(server.requests)
    fetch(offered("dtd"))
    assert server.requests[before:] == [("/dtd-r1.0.1.tar.gz", None)]


def test_clear_of_all_sets_removes_them_and_their_downloads(call, filled):
    done = call("cache", "clear", "sets", "--yes")
    assert done.exit_code == 0 and "Removed 3 of sets (dtd, eurosat, hymenoptera)" in done.stdout
    assert not [path for path in (filled / "sets").rglob("*") if path.is_file()]
    assert len(list(filled.glob("images/*/values.npy"))) == 1


def test_clear_of_sets_that_were_not_used_for_long_keeps_those_that_were(call, filled, offered):
    month = time.time() - 31 * 86400
    for name in ("eurosat", "hymenoptera"):
        os.utime(filled / "sets" / name / "tlnb.json", (month, month))
    find_online(offered("eurosat"))
    done = call("cache", "clear", "sets", "--older-than", "30", "--yes")
    assert "Removed 1 of sets (hymenoptera)" in done.stdout and sets_in(filled) == ["eurosat"]


def test_clear_without_yes_names_what_would_go(call, filled):
    done = call("cache", "clear", "sets", "eurosat", "dtd")
    assert done.exit_code == 2 and "this would remove 2 of sets (dtd, eurosat) (" in done.stderr
    assert sets_in(filled) == ["eurosat", "hymenoptera"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sets", "eurosta"], "no set 'eurosta' is in the cache. Did you mean \"eurosat\"? Sets: dtd, eurosat, hymen"),
        (["images", "eurosat"], "names are for the kind sets alone, as in tlnb cache clear sets eurosat"),
        (["eurosat"], "'eurosat' is no kind, but a set: to remove it, say tlnb cache clear sets eurosat"),
    ],
)
def test_a_name_in_the_wrong_place_is_wrong_use_and_removes_nothing(call, filled, words, said):
    done = call("cache", "clear", *words, "--yes")
    assert done.exit_code == 2 and said in done.stderr and sets_in(filled) == ["eurosat", "hymenoptera"]


def test_a_set_that_is_just_being_fetched_stays(call, filled):
    folder = filled / "sets" / "eurosat"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_LOCK, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    done = call("cache", "clear", "sets", "eurosat", "--yes")
    assert done.exit_code == 1 and f"{folder} is in use" in done.stderr and folder.is_dir()
    holder.communicate("let go\n", timeout=60)
    assert call("cache", "clear", "sets", "eurosat", "--yes").exit_code == 0 and not folder.exists()


def test_a_folder_of_ones_own_among_the_sets_is_neither_shown_nor_removed(call, filled):
    own = filled / "sets" / "holiday"
    own.mkdir()
    (own / "tlnb.json").write_text('{"mine": 1}')
    elsewhere = filled.parent / "large disk"
    (filled / "sets" / "hymenoptera").rename(elsewhere)
    (filled / "sets" / "hymenoptera").symlink_to(elsewhere, target_is_directory=True)
    assert "holiday" not in call("cache", "info").stdout
    assert call("cache", "clear", "sets", "--yes").exit_code == 0
    assert (own / "tlnb.json").is_file() and (elsewhere / "tlnb.json").is_file()


def test_the_limit_never_removes_a_set_nor_counts_it(filled, monkeypatch, offered):
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "1MB")  # room for one of these arrays; the sets come on top
    size = 2_000_000
    (filled / "sets" / "eurosat" / "ballast").write_bytes(bytes(size))
    half = filled / "sets" / f".food101.{'a' * 12}.part"  # just being unpacked
    half.mkdir()
    (half / "ballast").write_bytes(bytes(size))
    assert unfinished_bytes(filled) == 0
    assert len(store(filled, 2)) == 1 and sets_in(filled) == [f".food101.{'a' * 12}.part", "eurosat", "hymenoptera"]
    assert (filled / "sets" / ".downloads" / "dtd").is_dir()


def test_what_a_killed_process_left_of_unpacking_is_a_leftover(call, filled, offered):
    left = filled / "sets" / f".food101.{'a' * 12}.part"
    left.mkdir()
    (left / "half.jpg").write_bytes(bytes(1000))
    (filled / "sets" / "food101.lock").touch()  # which nobody holds
    assert list(leftovers(filled)) == [left]
    assert "1 of leftovers" in call("cache", "clear", "--yes").stdout and not left.exists()


def test_downloads_of_a_set_that_is_whole_are_a_leftover(call, filled):
    """A process was killed after it had put the set in place, and before it could remove them."""
    left = filled / "sets" / ".downloads" / "eurosat"
    left.mkdir()
    (left / "EuroSAT.zip").write_bytes(bytes(1000))
    sets = json.loads(call("cache", "info", "--json").stdout)["cache"]["sets"]
    assert [row["set"] for row in sets] == ["eurosat", "hymenoptera", "dtd"]
    assert call("cache", "clear", "leftovers", "--yes").exit_code == 0
    assert not left.exists() and sets_in(filled) == ["eurosat", "hymenoptera"]
    assert (filled / "sets" / ".downloads" / "dtd").is_dir()


def test_unpacking_that_was_killed_is_removed_when_the_set_is_fetched_again(filled, offered):
    left = [filled / "sets" / f"{kind}.dtd.{'b' * 12}.part" for kind in ("", ".old")]
    for folder in left:
        folder.mkdir()
    fetch(offered("dtd"))
    assert not any(folder.exists() for folder in left) and (filled / "sets" / "dtd" / "tlnb.json").is_file()
