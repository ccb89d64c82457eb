"""From a set's folder to its listing: torchvision's own classes read what they can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tlnb.core.cache.sets import note_set_use
from tlnb.core.errors import DataError
from tlnb.data.listing import Listing
from tlnb.data.online.arrays import list_arrays, reads_arrays
from tlnb.data.online.sets import OnlineSet
from tlnb.data.online.stored import damaged, find_set_folder, said_when_damaged

# Class of torchvision -> our name of each part -> its arguments. Where there is no third part, what is published as
# "val" is kept to the end: it is the test part here.
_PARTS: dict[str, dict[str, dict[str, Any]]] = {
    "OxfordIIITPet": {"train": {"split": "trainval"}, "test": {"split": "test"}},
    "Flowers102": {"train": {"split": "train"}, "valid": {"split": "val"}, "test": {"split": "test"}},
    "FGVCAircraft": {"train": {"split": "train"}, "valid": {"split": "val"}, "test": {"split": "test"}},
    "DTD": {"train": {"split": "train"}, "valid": {"split": "val"}, "test": {"split": "test"}},
    "GTSRB": {"train": {"split": "train"}, "test": {"split": "test"}},
    "Food101": {"train": {"split": "train"}, "test": {"split": "test"}},
    "Imagenette": {"train": {"split": "train", "size": "160px"}, "test": {"split": "val", "size": "160px"}},
    "Places365": {"train": {"split": "train-standard", "small": True}, "test": {"split": "val", "small": True}},
    "EuroSAT": {"": {}},
}


def find_online(wanted: OnlineSet) -> Listing:
    """List a set that was fetched.

    Raises
    ------
    DataError
        It is not here, is damaged, or is not one of images with one label each.
    """
    folder = find_set_folder(wanted.name)
    if folder is None:
        raise DataError(f"{wanted.name} is not here: run  tlnb data fetch {wanted.name}  ({told_bytes(wanted)}).")
    if wanted.task != "classification":
        reader = f"; torchvision.datasets.{wanted.torchvision.split(',')[0]} reads them" if wanted.torchvision else ""
        raise DataError(
            f"{wanted.name} is a set for {wanted.task}, not a classification set: load_data does not open it. Its "
            f"files are in {folder}{reader}."
        )
    with said_when_damaged(wanted.name, folder):
        listing = _reader(wanted)(wanted, folder)
    if len(listing.labels) != wanted.images:
        raise damaged(wanted.name, folder, f"{len(listing.labels):,} images of {wanted.images:,}")
    note_set_use(folder)
    return listing


def told_bytes(wanted: OnlineSet) -> str:
    """Say how much is downloaded."""
    if not wanted.bytes:
        return "of a size that nobody published"
    more = "" if all(file.bytes for file in wanted.files) else "at least "
    return f"{more}{wanted.bytes / 1e6:,.0f} MB" if wanted.bytes < 1e9 else f"{more}{wanted.bytes / 1e9:,.1f} GB"


def _reader(wanted: OnlineSet) -> Callable[[OnlineSet, Path], Listing]:
    if reads_arrays(wanted):
        return list_arrays
    return {"torchvision": _files_of_torchvision, "train_valid_folders": _train_and_valid}[wanted.layout]


def _files_of_torchvision(wanted: OnlineSet, folder: Path) -> Listing:
    import torchvision.datasets

    reader = getattr(torchvision.datasets, wanted.torchvision)
    files: list[Path] = []
    labels: list[str] = []
    given: list[str] = []
    for part, options in _PARTS[wanted.torchvision].items():
        dataset = reader(str(folder), **options)
        names = [name[0] if isinstance(name, tuple) else name for name in getattr(dataset, "classes", wanted.classes)]
        rows = [(Path(file), names[label]) for file, label in _rows(dataset)]
        files += [file for file, _ in rows]
        labels += [label for _, label in rows]
        given += [part] * len(rows)
    columns = {"track": np.array([_track(file) for file in files])} if wanted.torchvision == "GTSRB" else {}
    return Listing(
        root=folder,
        files=tuple(files),
        labels=np.array(labels),
        classes=wanted.classes,
        columns=columns,
        given=np.array(given) if any(given) else None,
        group_column=next(iter(columns), None),
    )


def _rows(dataset: Any) -> Iterator[tuple[str, int]]:
    """Yield file and label: torchvision's classes have no common name for them."""
    for pairs in ("samples", "_samples", "imgs"):
        if hasattr(dataset, pairs):
            yield from getattr(dataset, pairs)
            return
    files = dataset._image_files if hasattr(dataset, "_image_files") else dataset._images
    yield from zip(files, dataset._labels, strict=True)


def _track(file: Path) -> str:
    """Name the drive past one sign, 30 frames of which are the images 00007_00000.ppm to 00007_00029.ppm."""
    return f"{file.parent.name}/{file.stem.partition('_')[0]}"


def _train_and_valid(wanted: OnlineSet, folder: Path) -> Listing:
    """Read a folder with ``train`` and ``val``, each with a folder for each class, wherever it is in the archive."""
    from tlnb.data.walk import SUFFIXES  # which needs torch, and a list of sets does not

    root = next((train.parent for train in sorted(folder.glob("**/train")) if train.is_dir()), folder)
    parts = {"train": root / "train", "test": root / "val"}
    found = [
        (file, name, part)
        for part, below in parts.items()
        for name in wanted.classes
        for file in sorted((below / name).glob("*"))
        if file.suffix.lower() in SUFFIXES
    ]
    return Listing(
        root=root,
        files=tuple(file for file, _, _ in found),
        labels=np.array([name for _, name, _ in found]),
        classes=wanted.classes,
        given=np.array([part for _, _, part in found]),
    )
