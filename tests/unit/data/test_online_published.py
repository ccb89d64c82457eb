"""The table of sets on servers: whole, and the same as what the installed torchvision knows of the same files."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import torchvision.datasets as known

from tlnb.data.online.sets import online_sets

SETS = online_sets()
MD5 = "[0-9a-f]{32}"

# Our name -> how torchvision keeps (address, file, MD5), each None where it has none; versions may move them.
TABLES = {
    "pets": lambda: [(url, None, md5) for url, md5 in known.OxfordIIITPet._RESOURCES],
    "flowers102": lambda: [
        (known.Flowers102._download_url_prefix + file, file, md5) for file, md5 in known.Flowers102._file_dict.values()
    ],
    "aircraft": lambda: [(known.FGVCAircraft._URL, None, None)],
    "dtd": lambda: [(known.DTD._URL, None, known.DTD._MD5)],
    "food101": lambda: [(known.Food101._URL, None, known.Food101._MD5)],
    "svhn": lambda: [tuple(known.SVHN.split_list[part]) for part in ("train", "test")],
    "usps": lambda: [tuple(row) for row in known.USPS.split_list.values()],
    "cifar10": lambda: [(known.CIFAR10.url, known.CIFAR10.filename, known.CIFAR10.tgz_md5)],
    "cifar100": lambda: [(known.CIFAR100.url, known.CIFAR100.filename, known.CIFAR100.tgz_md5)],
    "stl10": lambda: [(known.STL10.url, known.STL10.filename, known.STL10.tgz_md5)],
    "imagenette": lambda: [(known.Imagenette._ARCHIVES["160px"][0], None, known.Imagenette._ARCHIVES["160px"][1])],
    "voc2007": lambda: [
        (row["url"], row["filename"], row["md5"])
        for row in (known.voc.DATASET_YEAR_DICT[year] for year in ("2007", "2007-test"))
    ],
    "places365": lambda: [
        (known.Places365._BASE_URL + file, file, md5)
        for file, md5 in (
            known.Places365._DEVKIT_META["standard"],
            *(known.Places365._IMAGES_META[part, True] for part in ("train-standard", "val")),
        )
    ],
}
MOVED = {"voc2007"}  # older versions of torchvision name an address that has gone
OURS = {(name, file.name): file for name, wanted in SETS.items() for file in wanted.files}


def from_tables() -> Iterator[tuple[str, str, str, str | None]]:
    """Yield set, file, address and MD5 of all that this version of torchvision keeps where we look."""
    for name, rows in TABLES.items():
        try:
            for url, file, md5 in rows():
                yield name, file or url.rsplit("/", 1)[1], url, md5
        except (AttributeError, KeyError, TypeError, ValueError):  # noqa: PERF203, kept elsewhere in this version
            continue


def test_checksums_are_those_of_torchvision():
    found = [(name, file, md5) for name, file, _, md5 in from_tables() if md5 is not None]
    assert [(name, file) for name, file, md5 in found if OURS[name, file].md5 != md5] == []
    assert len(found) >= 15, "torchvision keeps its tables elsewhere now: too little was compared"


def test_the_first_address_is_that_of_torchvision():
    found = [(name, file, url) for name, file, url, _ in from_tables() if name not in MOVED]
    assert [(name, file, url) for name, file, url in found if OURS[name, file].addresses[0] != url] == []
    assert len(found) >= 15, "torchvision keeps its tables elsewhere now: too little was compared"


@pytest.mark.parametrize(("name", "reader"), [("gtsrb", known.GTSRB), ("eurosat", known.EuroSAT)])
def test_addresses_and_checksums_are_those_in_the_code_of_torchvision(name, reader):
    """For these they stand in functions."""
    code = inspect.getsource(sys.modules[reader.__module__])
    for file in SETS[name].files:
        folder, _, last = file.addresses[0].rpartition("/")
        assert last in code and f"{folder}/" in code and file.md5 in code
    assert set(re.findall(rf'md5="({MD5})"', code)) == {file.md5 for file in SETS[name].files}


def test_every_file_of_a_set_that_torchvision_fetches_is_compared():
    """It fetches PCAM from another place, unpacked, and COCO not at all."""
    compared = {(name, file) for name, file, *_ in from_tables()}
    if {name for name, _ in compared} != set(TABLES):
        pytest.skip("torchvision keeps some of its tables elsewhere")
    fetched = {name for name, wanted in SETS.items() if wanted.torchvision} - {"pcam", "coco2017", "gtsrb", "eurosat"}
    assert compared == {(name, file) for name, file in OURS if name in fetched}


def test_the_classes_are_those_of_torchvision():
    assert SETS["flowers102"].classes == tuple(known.Flowers102.classes)
    assert SETS["imagenette"].classes == tuple(names[0] for names in known.Imagenette._WNID_TO_CLASS.values())


def test_the_classes_of_places_are_those_that_its_checksum_stands_for():
    text = "\n".join(f"{name} {number}" for number, name in enumerate(SETS["places365"].classes))
    assert hashlib.md5(text.encode()).hexdigest() == known.Places365._CATEGORIES_META[1]


@pytest.mark.parametrize("name", SETS)
def test_every_set_says_whose_it_is_and_where(name):
    wanted = SETS[name]
    assert wanted.title and wanted.licence and wanted.citation and wanted.homepage.startswith("http")
    assert len(set(wanted.classes)) == len(wanted.classes) and wanted.images > 0
    assert all(urlsplit(address).scheme in ("http", "https") for file in wanted.files for address in file.addresses)
    assert all(re.fullmatch(r"|[0-9a-f]{64}", file.sha256) for file in wanted.files)
    assert all(re.fullmatch(rf"|{MD5}", file.md5) for file in wanted.files)


@pytest.mark.parametrize("name", SETS)
def test_a_licence_names_the_place_where_it_was_read(name):
    wanted = SETS[name]
    assert (wanted.licence == "not stated") == (wanted.licence_from == "")


def test_one_file_has_no_published_checksum():
    assert [file for file in OURS if not OURS[file].published] == [("pennfudan", "PennFudanPed.zip")]


def test_what_is_fetched_over_http_has_a_checksum():
    plain = [file for file in OURS.values() if any(address.startswith("http:") for address in file.addresses)]
    assert plain and all(file.sha256 for file in plain)


def test_no_two_files_share_a_checksum():
    for kind in ("sha256", "md5"):
        values = [getattr(file, kind) for file in OURS.values() if getattr(file, kind)]
        assert len(set(values)) == len(values) > 20
