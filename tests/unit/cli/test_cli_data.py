"""tlnb data: list, info, fetch and check."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from tlnb.data import load_data


@pytest.fixture
def nothing_installed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


def test_the_list_says_what_is_here_and_what_is_stored(call, fresh_cache):
    pytest.importorskip("elpv_dataset")
    load_data("photos", size=24, progress=False)
    header, *rows = call("data", "list").stdout.splitlines()
    assert header.split() == ["name", "images", "classes", "here", "download", "stored", "licence", "what"]
    row = {line.split()[0]: line.split() for line in rows}
    assert row["elpv"][1:5] == ["2,624", "2", "yes", "nothing"] and "BY-NC-SA" in row["elpv"]
    assert row["photos"][1:7] == ["7", "7", "yes", "24", "px", "(12.2"]


def test_what_is_not_here_says_how_to_get_it(call, nothing_installed):
    done = call("data", "list")
    assert done.exit_code == 0 and 'elpv is not here. To get it: pip install "tlnb[data]"' in done.stdout


def test_the_list_is_there_for_programs(call, fresh_cache):
    load_data("photos", size=24, progress=False)
    rows = {row["name"]: row for row in json.loads(call("data", "list", "--json").stdout)}
    assert rows["elpv"]["classes"] == ["functional", "defective"]
    (copy,) = rows["photos"]["stored"]
    assert (copy["size"], copy["resize"], copy["interpolation"]) == (24, 24, "bicubic")


def test_info_is_the_card(call, fresh_cache):
    done = call("data", "info", "photos")
    assert done.exit_code == 0 and "Stéfan van der Walt" in done.stdout and "stored       nothing" in done.stdout


def test_info_of_a_set_that_is_not_here_says_its_licence_and_how_to_get_it(call, nothing_installed):
    done = call("data", "info", "elpv")
    assert done.exit_code == 0
    assert "CC BY-NC-SA 4.0" in done.stdout and 'pip install "tlnb[data]"' in done.stdout


def test_fetch_stores_each_size_once(call, fresh_cache):
    first = call("data", "fetch", "photos", "--size", "16", "--size", "24")
    assert first.exit_code == 0
    assert [line.split(":")[0] for line in first.stdout.splitlines()] == [
        "photos at 16 px stored",
        "photos at 24 px stored",
    ]
    assert "5.5 kB in " in first.stdout and str(fresh_cache) in first.stdout
    files = {path: path.stat().st_mtime_ns for path in fresh_cache.rglob("*.npy")}
    second = call("data", "fetch", "photos", "--size", "24")
    assert second.stdout.startswith("photos at 24 px is stored already: 12.2 kB in ")
    assert {path: path.stat().st_mtime_ns for path in fresh_cache.rglob("*.npy")} == files


def test_fetch_of_a_set_that_is_not_installed_names_the_command(call, fresh_cache, nothing_installed):
    done = call("data", "fetch", "photos")
    assert done.exit_code == 1 and 'pip install "tlnb[data]"' in done.stderr and done.stdout == ""


@pytest.mark.parametrize("words", [["info", "elvp"], ["fetch", "elvp"], ["check", "elvp"]])
def test_an_unknown_set_is_wrong_use(call, words):
    done = call("data", *words)
    assert done.exit_code == 2 and 'Did you mean "elpv"?' in done.stderr and len(done.stderr.splitlines()) == 1


def test_check_of_a_set_compares_its_files_with_those_published(call):
    done = call("data", "check", "photos")
    assert done.exit_code == 0 and done.stdout == "photos: 7 of 7 files are as published.\n"


def test_check_of_a_sound_folder_counts_its_classes(call, image_folder):
    done = call("data", "check", image_folder, "--size", "16")
    assert done.exit_code == 0 and done.stdout.splitlines()[-1] == "Nothing here would spoil a result."
    header, *rows = done.stdout.splitlines()[2:7]
    assert header.split() == ["class", "images", "train", "valid", "test"]
    assert [row.split() for row in rows] == [
        *([name, "10", "6", "2", "2"] for name in ("blue", "green", "red")),
        ["all", "30", "18", "6", "6"],
    ]
    assert "Sizes: shorter sides of 20 to 20 px, median 20." in done.stdout


def test_check_of_a_folder_says_which_files_are_bad_and_why(call, image_folder):
    (image_folder / "red" / "red00.png").write_bytes(b"")
    done = call("data", "check", image_folder)
    assert done.exit_code == 1 and "  - red/red00.png: the file is empty\n" in done.stdout


def test_check_of_a_folder_finds_one_image_with_two_labels(call, image_folder):
    shutil.copy(image_folder / "red" / "red03.png", image_folder / "blue" / "sky.png")
    done = call("data", "check", image_folder)
    assert done.exit_code == 1
    assert "  - blue/sky.png, red/red03.png: the same image, labelled blue and red" in done.stdout


def test_check_of_a_folder_that_cannot_be_loaded_says_why(call, make_folder):
    done = call("data", "check", make_folder(classes=("red",)))
    assert done.exit_code == 1 and "there is one class only, 'red'" in done.stdout and "Traceback" not in done.stdout


def test_check_with_remarks_only_is_a_success(call, image_folder):
    shutil.copy(image_folder / "red" / "red03.png", image_folder / "red" / "again.png")
    done = call("data", "check", image_folder)
    assert done.exit_code == 0 and "copies byte for byte within a class, which count twice: 1" in done.stdout


def test_check_of_a_folder_is_there_for_programs(call, image_folder):
    shutil.copy(image_folder / "red" / "red03.png", image_folder / "blue" / "sky.png")
    (image_folder / "red" / "red00.png").write_bytes(b"")
    done = call("data", "check", image_folder, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1 and found["images"] == 30 and found["given_split"] is False
    assert found["counts"]["green"] == {"train": 6, "valid": 2, "test": 2}
    assert found["sizes"] == {"smallest": 20, "median": 20, "largest": 20, "wanted": 160, "smaller": 30}
    assert found["problems"] == [{"path": str(image_folder / "red" / "red00.png"), "reason": "the file is empty"}]
    (duplicate,) = found["duplicates"]
    assert duplicate["classes"] == ["blue", "red"] and duplicate["exact"] is True
    assert len(found["spoils"]) == 2


def test_check_of_a_set_is_there_for_programs(call):
    done = call("data", "check", "photos", "--json")
    assert json.loads(done.stdout) == {"name": "photos", "files": 7, "verified": 7, "problems": []}


def test_check_of_names_that_are_no_text_can_be_printed(call, image_folder):
    if sys.platform != "linux":
        pytest.skip("other file systems take no such names")
    (image_folder / "red" / "ros\udce9.png").write_bytes(b"")
    for options in ([], ["--json"]):
        done = call("data", "check", image_folder, *options)
        assert done.exit_code == 1 and "ros\\" in done.stdout


def test_check_reads_labels_from_a_table(call, image_folder, tmp_path):
    table = tmp_path / "labels.csv"
    rows = [f"{name}/{name}{number:02}.png,{name}" for name in ("red", "blue") for number in range(10)]
    table.write_text("\n".join(["file,label", *rows]), encoding="utf-8")
    done = call("data", "check", image_folder, "--labels", table)
    assert done.exit_code == 0 and "green" not in done.stdout
