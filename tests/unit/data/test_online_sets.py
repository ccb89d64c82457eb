"""Each set on servers is fetched and read from an archive of its true layout."""

from __future__ import annotations

import hashlib
import logging
from importlib.util import find_spec

import numpy as np
import pytest
from online_layouts import LAYOUTS, as_tar, as_zip, picture
from online_offers import offer_set
from online_server import Server

from tlnb.core.errors import DataError
from tlnb.data import NamedSet, load_data
from tlnb.data.catalogue import CATALOGUE
from tlnb.data.online.download import Patience
from tlnb.data.online.entries import entry_of, online_entries
from tlnb.data.online.fetching import fetch_set
from tlnb.data.online.parsers import find_online
from tlnb.data.online.sets import online_sets
from tlnb.data.online.stored import find_set_folder, read_record

SETS = online_sets()
QUICK = Patience(rounds=1, wait=0.01, silence=2)
CLASSIFICATION = [name for name, wanted in SETS.items() if wanted.task == "classification"]


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def offered(server, fresh_cache, monkeypatch):
    """Offer a set on the server of this test, and in the catalogue."""
    for module in ("cifar", "svhn", "stl10", "flowers102", "places365"):
        monkeypatch.setattr(f"torchvision.datasets.{module}.check_integrity", lambda *_, **__: True)

    def offer(name, archives=None, images=None, **changed):
        wanted = offer_set(server, name, archives, images or 0, **changed)
        monkeypatch.setitem(CATALOGUE, name, NamedSet(**entry_of(wanted)))
        return wanted

    return offer


def fetch(wanted):
    return fetch_set(wanted, progress=False, patience=QUICK)


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_each_set_is_read_from_an_archive_of_its_true_layout(name, offered):
    if name == "pcam" and find_spec("h5py") is None:
        pytest.skip("needs h5py")
    wanted = offered(name)
    fetch(wanted)
    listing = find_online(wanted)
    assert len(listing.labels) == wanted.images
    assert listing.classes == wanted.classes and set(listing.labels.tolist()) == set(wanted.classes)
    assert len(listing.files) in (0, wanted.images) and all(file.is_file() for file in listing.files)
    assert listing.given is None or "test" in listing.given


@pytest.mark.parametrize("name", ["eurosat", "hymenoptera", "cifar10", "svhn", "usps", "stl10", "bloodmnist"])
def test_load_data_opens_what_was_fetched(name, offered):
    wanted = offered(name)
    fetch(wanted)
    images = load_data(name, size=16, progress=False)
    assert len(images) == wanted.images and images.classes == wanted.classes
    assert tuple(images.images.shape[2:]) == (16, 16)
    assert images.card.licence == wanted.licence and images.card.citation == (wanted.citation,)


def test_pixels_and_labels_belong_together(offered):
    wanted = offered("svhn")
    fetch(wanted)
    images = load_data("svhn", size=32, progress=False)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 20), np.uint8)
    assert np.array_equal(images.images[3].numpy(), pixels[..., 3].transpose(2, 0, 1))
    assert images.classes[int(images.labels[3])] == "4" and images.classes[int(images.labels[9])] == "0"


def test_the_published_parts_are_kept(offered):
    wanted = offered("flowers102")
    fetch(wanted)
    images = load_data("flowers102", size=8, progress=False)
    assert [len(part) for part in (images.train, images.valid, images.test)] == [102, 102, 102]


def test_frames_of_one_traffic_sign_stay_together(offered):
    wanted = offered("gtsrb")
    fetch(wanted)
    images = load_data("gtsrb", size=8, progress=False)
    tracks = np.array(images.columns["track"])
    train, valid = (set(tracks[np.asarray(part.indices)]) for part in (images.train, images.valid))
    assert len(valid) > 0 and not train & valid


def test_a_set_that_is_not_here_names_the_command_and_its_size(fresh_cache, monkeypatch):
    for entry in online_entries():
        monkeypatch.setitem(CATALOGUE, entry["name"], NamedSet(**entry))
    with pytest.raises(DataError, match=r"eurosat is not here: run  tlnb data fetch eurosat  \(94 MB\)"):
        load_data("eurosat")
    with pytest.raises(DataError, match=r"fetch usps  \(of a size that nobody published\)"):
        load_data("usps")


def test_nothing_is_downloaded_unasked(offered, server):
    wanted = offered("hymenoptera")
    assert not CATALOGUE["hymenoptera"].here
    with pytest.raises(DataError, match="is not here"):
        find_online(wanted)
    assert server.requests == []


@pytest.mark.parametrize("name", ["voc2007", "coco2017", "pennfudan", "chestmnist"])
def test_sets_for_other_tasks_are_fetched_and_not_loaded(name, offered):
    files = {f"top/{number}.jpg": picture(number) for number in range(3)}
    packed = {
        file.name: (as_tar(files, "w") if file.name.endswith(".tar") else as_zip(files)) for file in SETS[name].files
    }
    folder = fetch(offered(name, packed))
    with pytest.raises(DataError, match="not a classification set") as caught:
        load_data(name)
    assert str(folder) in str(caught.value)


def test_what_was_fetched_is_noted_and_the_downloads_are_gone(offered, fresh_cache):
    wanted = offered("eurosat")
    folder = fetch(wanted)
    (about,) = read_record(folder).values()
    assert about == {"bytes": wanted.files[0].bytes, "sha256": wanted.files[0].sha256, "published": True}
    assert folder == fresh_cache / "sets" / "eurosat" and not list((fresh_cache / "sets" / ".downloads").iterdir())


def test_where_nobody_published_a_checksum_it_is_noted_and_said(offered, caplog):
    archives, images = LAYOUTS["aircraft"](SETS["aircraft"])
    wanted = offered("aircraft", archives, images, checksums=False)
    with caplog.at_level(logging.INFO, "tlnb"):
        folder = fetch(wanted)
    (content,) = archives.values()
    assert read_record(folder)[wanted.files[0].name]["sha256"] == hashlib.sha256(content).hexdigest()
    assert "nobody published a checksum of fgvc-aircraft-2013b.tar.gz: its SHA-256 is noted" in caplog.text
    assert "Nobody published a checksum" in CATALOGUE["aircraft"].card().notes


def test_a_set_of_a_shared_cache_is_found_and_not_fetched(offered, server, tmp_path, monkeypatch):
    wanted = offered("hymenoptera")
    folder = fetch(wanted)
    monkeypatch.setenv("TLNB_SHARED_CACHE", str(folder.parents[1]))
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "own"))
    asked = len(server.requests)
    assert fetch(wanted) == folder == find_set_folder("hymenoptera") and len(server.requests) == asked
    assert len(load_data("hymenoptera", size=8, progress=False)) == wanted.images


def test_a_second_fetch_asks_no_server(offered, server):
    wanted = offered("eurosat")
    assert fetch(wanted) == fetch(wanted) and len(server.requests) == 1


def test_a_set_that_lost_images_says_so(offered):
    wanted = offered("eurosat")
    folder = fetch(wanted)
    next(folder.rglob("*.jpg")).unlink()
    with pytest.raises(DataError, match=r"is damaged \(39 images of 40\): remove that folder, then  tlnb data fetch"):
        find_online(wanted)


@pytest.mark.parametrize("name", ["flowers102", "cifar10", "bloodmnist", "places365"])
def test_a_set_that_lost_its_labels_says_so(name, offered):
    wanted = offered(name)
    folder = fetch(wanted)
    for file in [*folder.rglob("*.mat"), *folder.rglob("*batch*"), *folder.rglob("*.npz"), *folder.rglob("*.txt")]:
        if file.is_file():
            file.write_bytes(b"damaged")
    with pytest.raises(DataError, match="is damaged"):
        find_online(wanted)


def test_an_archive_that_cannot_be_trusted_leaves_no_set(offered, fresh_cache):
    wanted = offered("eurosat", {"EuroSAT.zip": as_zip({"2750/Forest/a.jpg": picture(1), "../../out.jpg": b""})})
    with pytest.raises(DataError, match="lies outside"):
        fetch(wanted)
    assert find_set_folder("eurosat") is None
    assert not [path for path in fresh_cache.rglob("*") if path.suffix == ".jpg"]


def test_a_folder_of_ones_own_is_not_replaced(offered, fresh_cache):
    own = fresh_cache / "sets" / "eurosat" / "mine.txt"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    with pytest.raises(DataError, match="was not fetched by tlnb: move it away"):
        fetch(offered("eurosat"))
    assert own.read_text() == "mine"
