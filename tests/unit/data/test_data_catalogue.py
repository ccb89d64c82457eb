"""The catalogue of named sets: what it says is so, and what the cache holds of them."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
from base64 import urlsafe_b64encode

import pytest

from tlnb.core.errors import DataError
from tlnb.data import all_sets, find_set, load_data
from tlnb.data.catalogue import OF_OTHER_KINDS
from tlnb.data.checking import check_files
from tlnb.data.copies import stored_copies

pytest.importorskip("elpv_dataset")


def test_the_catalogue_lists_what_can_be_loaded():
    assert [entry.name for entry in all_sets()][:2] == ["elpv", "photos"]


@pytest.mark.parametrize("name", [entry.name for entry in all_sets() if entry.here])
def test_an_entry_says_the_same_as_the_set_itself(name):
    entry, images = find_set(name), load_data(name, size=32, progress=False)
    assert entry.here
    assert (entry.images, entry.classes) == (len(images), images.classes)
    assert entry.card() == images.card


def test_an_unknown_name_gets_the_near_ones():
    with pytest.raises(DataError, match=r'no data set and no folder .phots.\. Did you mean "photos"'):
        find_set("phots")


def test_stored_copies_are_those_of_this_set_alone(fresh_cache, make_folder):
    seven = make_folder(classes=("blue", "red"), per_class=7)
    load_data(seven, size=16, progress=False)
    assert stored_copies(find_set("photos")) == ()
    images = load_data("photos", size=24, progress=False)
    images.pixels(27, 24, "bilinear")
    plain, other = stored_copies(find_set("photos"))
    assert (plain.crop, plain.plain) == (24, True)
    assert (other.resize, other.crop, other.interpolation, other.plain) == (27, 24, "bilinear", False)
    assert plain.bytes == plain.path.stat().st_size == 7 * 3 * 24 * 24 + 128


def test_pixels_of_another_decoder_are_not_counted(fresh_cache):
    load_data("photos", size=24, progress=False)
    (place,) = fresh_cache.glob("images/*/meta.json")
    record = json.loads(place.read_text(encoding="utf-8"))
    record["key"]["decoder"] = "1 with Pillow 0.0"
    place.write_text(json.dumps(record), encoding="utf-8")
    assert stored_copies(find_set("photos")) == ()


@pytest.mark.parametrize("name", [entry.name for entry in all_sets() if entry.packages])
def test_the_files_that_are_installed_are_as_published(name):
    found = check_files(find_set(name))
    assert found.problems == () and found.files == found.verified == find_set(name).images


@pytest.mark.parametrize("name", ["emoji", "mnist", "mnist_m", "digits"])
def test_what_a_set_is_made_from_is_as_published(name):
    found = check_files(find_set(name))
    assert found.problems == () and found.files == found.verified == 1


def test_a_copy_of_a_made_set_is_known_as_its_own(fresh_cache):
    load_data("digits", size=24, progress=False)
    (copy,) = stored_copies(find_set("digits"))
    assert (copy.crop, copy.plain) == (24, True) and stored_copies(find_set("mnist")) == ()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install the photographs as a package of their own, with the installer's record of all but the last."""
    listing = find_set("photos").find()
    files = [tmp_path / file.name for file in listing.files]
    rows = []
    for file, original in zip(files, listing.files, strict=True):
        file.write_bytes(original.read_bytes())
        digest = urlsafe_b64encode(hashlib.sha256(file.read_bytes()).digest()).decode().rstrip("=")
        rows.append(f"{file.name},sha256={digest},{file.stat().st_size}")
    about = tmp_path / "seven_photos-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: seven-photos\nVersion: 1.0\n", encoding="utf-8")
    (about / "RECORD").write_text("\n".join(rows[:-1]), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    listing = dataclasses.replace(listing, root=tmp_path, files=tuple(files))
    return dataclasses.replace(find_set("photos"), find=lambda: listing, packages=("seven-photos", "not-there"))


def test_a_file_without_a_published_checksum_is_no_problem(package):
    found = check_files(package)
    assert (found.files, found.verified, found.problems) == (7, 6, ())


def test_a_changed_file_and_a_missing_one_are_named(package):
    changed, missing, *_ = package.find().files
    changed.write_bytes(b"changed")
    missing.unlink()
    first, second = check_files(package).problems
    assert first.path == changed and "published was" in first.reason
    assert second.path == missing and second.reason == "it cannot be read"


def test_a_set_whose_card_refuses_it_is_not_as_published():
    def refuse(*_):
        raise DataError("these are not the files")

    (problem,) = check_files(dataclasses.replace(find_set("photos"), describe=refuse)).problems
    assert problem.reason == "these are not the files"


@pytest.mark.parametrize("name", OF_OTHER_KINDS)
def test_a_set_of_another_kind_says_how_it_is_loaded(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where no folder has that name
    for look in (find_set, load_data):
        with pytest.raises(DataError, match=f"from tlnb.data.{name} import load_{name}"):
            look(name)
    module = importlib.import_module(f"tlnb.data.{name}")
    assert callable(getattr(module, f"load_{name}"))


def test_a_name_that_is_nearly_one_of_them_is_told():
    with pytest.raises(DataError, match='Did you mean "scenes"'):
        find_set("scene")
