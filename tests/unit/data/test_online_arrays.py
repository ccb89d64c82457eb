"""Sets of arrays: their labels are noted when they are fetched, and damage is found where pixels are read."""

from __future__ import annotations

import importlib.util
import logging
import subprocess
import sys

import numpy as np
import pytest
from online_offers import offer_set
from online_server import Server

from tlnb.core.errors import DataError
from tlnb.data.listing import Listing
from tlnb.data.online.arrays import check_arrays, reads_arrays
from tlnb.data.online.download import Patience
from tlnb.data.online.fetching import fetch_set
from tlnb.data.online.parsers import find_online
from tlnb.data.online.sets import online_sets

ARRAYS = ["cifar10", "cifar100", "svhn", "usps", "stl10", "bloodmnist"]


@pytest.fixture
def fetched(fresh_cache, monkeypatch):
    """Fetch a set of arrays from a server of this test."""
    for module in ("cifar", "svhn", "stl10"):
        monkeypatch.setattr(f"torchvision.datasets.{module}.check_integrity", lambda *_, **__: True)
    server = Server()

    def fetch(name):
        wanted = offer_set(server, name)
        return wanted, fetch_set(wanted, progress=False, patience=Patience(rounds=1, wait=0.01, silence=2))

    yield fetch
    server.close()


def same(first: Listing, second: Listing) -> bool:
    return np.array_equal(first.labels, second.labels) and np.array_equal(first.given, second.given)


def test_which_sets_are_arrays():
    assert {*ARRAYS, "pcam"} <= {name for name, wanted in online_sets().items() if reads_arrays(wanted)}
    assert not any(reads_arrays(online_sets()[name]) for name in ("eurosat", "hymenoptera", "voc2007", "chestmnist"))


@pytest.mark.parametrize("name", ARRAYS)
def test_noted_labels_are_those_of_the_arrays(name, fetched):
    wanted, folder = fetched(name)
    noted = find_online(wanted)
    (folder / "labels.npz").unlink()
    assert same(noted, find_online(wanted)) and len(noted.labels) == wanted.images


@pytest.mark.parametrize("name", ARRAYS)
def test_listing_reads_no_pixels(name, fetched, monkeypatch):
    wanted, _ = fetched(name)
    monkeypatch.setattr("tlnb.data.online.arrays._read", None)
    assert len(find_online(wanted).labels) == wanted.images


def test_listing_needs_no_torch(fetched, fresh_cache):
    wanted, _ = fetched("cifar10")
    script = (
        "import dataclasses, sys\nfrom tlnb.data.online.parsers import find_online\n"
        "from tlnb.data.online.sets import online_sets\n"
        f"wanted = dataclasses.replace(online_sets()['cifar10'], images={wanted.images})\n"
        "print(len(find_online(wanted).labels))\nassert not {'torch', 'scipy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    assert int(done.stdout) == wanted.images


@pytest.mark.parametrize(
    ("name", "lost"), [("cifar10", "data_batch_3"), ("svhn", "test_32x32.mat"), ("usps", "usps.bz2")]
)
def test_arrays_that_were_damaged_are_found_by_a_check_and_by_who_wants_pixels(name, lost, fetched):
    wanted, folder = fetched(name)
    check_arrays(wanted, folder)
    next(folder.rglob(lost)).write_bytes(b"damaged")
    listing = find_online(wanted)
    for look in (lambda: check_arrays(wanted, folder), lambda: listing.made.make(32, 32, "bicubic", False)):
        with pytest.raises(DataError, match=f"{name} in .* is damaged .* remove that folder"):
            look()


def test_labels_that_are_not_those_of_the_arrays_are_found_by_a_check(fetched):
    wanted, folder = fetched("svhn")
    noted = dict(np.load(folder / "labels.npz"))
    noted["test"][3] += 1
    np.savez(folder / "labels.npz", **noted)
    with pytest.raises(DataError, match="not those that were noted when it was fetched"):
        check_arrays(wanted, folder)


def test_noted_labels_that_were_damaged_are_said(fetched):
    wanted, folder = fetched("usps")
    (folder / "labels.npz").write_bytes(b"damaged")
    with pytest.raises(DataError, match="is damaged"):
        find_online(wanted)


@pytest.fixture
def no_h5py(monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr("tlnb.data.online.arrays.find_spec", lambda name: None if name == "h5py" else there(name))


def test_without_h5py_pcam_says_how_to_get_it(fresh_cache, no_h5py):
    folder = fresh_cache / "sets" / "pcam"
    folder.mkdir(parents=True)
    (folder / "tlnb.json").write_text('{"set": "pcam", "files": {}}')
    with pytest.raises(DataError, match="to read it, run  pip install h5py"):
        find_online(online_sets()["pcam"])


def test_without_h5py_pcam_says_so_before_gigabytes_are_fetched(fresh_cache, no_h5py, caplog):
    server = Server()
    archives = {file.name: b"" for file in online_sets()["pcam"].files}
    with pytest.raises(DataError):
        fetch_set(offer_set(server, "pcam", archives, 1), progress=False, patience=Patience(rounds=1, wait=0.01))
    server.close()
    (said,) = (record for record in caplog.records if record.levelno == logging.WARNING)
    assert "pcam is stored as HDF5: to read it, run  pip install h5py" in said.message
