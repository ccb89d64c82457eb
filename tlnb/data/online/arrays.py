"""Sets that are published as arrays of pixels, not as files of images."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from tlnb.core.errors import DataError
from tlnb.core.files import cache_dir
from tlnb.data.listing import Listing, Made
from tlnb.data.making import pillow_maker
from tlnb.data.online.sets import OnlineSet
from tlnb.data.online.stored import damaged, read_record, said_when_damaged

log = logging.getLogger("tlnb")

_VERSION = 1
_LARGE = 1 << 31  # bytes of pixels, from which on they are made in a file and not in memory
_LABELS = "labels.npz"  # in a set's folder: part -> labels as numbers, noted when it was fetched
_MED_PARTS = {"train": "train", "valid": "val", "test": "test"}
_PARTS: dict[str, dict[str, dict[str, Any]]] = {
    "CIFAR10": {"train": {"train": True}, "test": {"train": False}},
    "CIFAR100": {"train": {"train": True}, "test": {"train": False}},
    "USPS": {"train": {"train": True}, "test": {"train": False}},
    "SVHN": {"train": {"split": "train"}, "test": {"split": "test"}},
    "STL10": {"train": {"split": "train"}, "test": {"split": "test"}},
}

# Part -> images (N, H, W) or (N, H, W, 3), and labels (N,) as numbers.
Parts = dict[str, tuple[Any, np.ndarray]]


def reads_arrays(wanted: OnlineSet) -> bool:
    """Whether a set is one of labelled arrays, which are read here."""
    of_torchvision = wanted.layout == "torchvision" and wanted.torchvision in (*_PARTS, "PCAM")
    return wanted.task == "classification" and (of_torchvision or wanted.layout == "medmnist")


def what_is_missing(wanted: OnlineSet) -> str:
    """Say which package reading a set needs that is not installed; empty where there is none."""
    if wanted.torchvision == "PCAM" and find_spec("h5py") is None:
        return f"{wanted.name} is stored as HDF5: to read it, run  pip install h5py"
    return ""


def note_labels(wanted: OnlineSet, folder: Path) -> None:
    """Write the labels of a set of arrays beside these, so that listing it reads no pixels.

    Where they cannot be read nothing is noted: whoever lists the set is told why.
    """
    if not reads_arrays(wanted):
        return
    try:
        with _read(wanted, folder) as parts:
            of_parts: dict[str, Any] = {part: labels for part, (_, labels) in parts.items()}
            np.savez_compressed(folder / _LABELS, **of_parts)
    except Exception as error:  # pickle, SciPy and NumPy can raise anything; a fetch of gigabytes must not fail by it
        (folder / _LABELS).unlink(missing_ok=True)
        log.debug("the labels of %s were not noted: %s", wanted.name, error)


def list_arrays(wanted: OnlineSet, folder: Path) -> Listing:
    """List a set of arrays; its pixels are made when they are asked for."""
    of_parts = _labels_of(wanted, folder)
    numbers = np.concatenate(list(of_parts.values()))
    given = np.concatenate([np.full(len(labels), part) for part, labels in of_parts.items()])
    record = read_record(folder)
    sources = [about["sha256"] for about in record.values()]
    made = Made(
        key={"set": wanted.name, "maker": pillow_maker(_VERSION), "from": sources},
        make=partial(_make, wanted, folder),
        bytes=sum(about["bytes"] for about in record.values()),
        sha256=sources[0] if len(sources) == 1 else _together(sources),
    )
    return Listing(
        root=folder,
        files=(),
        labels=np.array(wanted.classes)[numbers],
        classes=wanted.classes,
        given=given,
        made=made,
    )


def check_arrays(wanted: OnlineSet, folder: Path) -> None:
    """Read the arrays themselves, and compare their labels with those that were noted.

    Raises
    ------
    DataError
        They cannot be read, or are not those that were fetched.
    """
    noted = _labels_of(wanted, folder)
    with _opened(wanted, folder) as parts, said_when_damaged(wanted.name, folder):
        found = {part: labels for part, (_, labels) in parts.items()}
        if noted.keys() != found.keys() or not all(np.array_equal(noted[part], found[part]) for part in found):
            raise ValueError("its labels are not those that were noted when it was fetched")
        for part, (images, labels) in parts.items():
            if len(images) != len(labels):
                raise ValueError(f"{len(images):,} images and {len(labels):,} labels in {part}")


def _labels_of(wanted: OnlineSet, folder: Path) -> dict[str, np.ndarray]:
    """Give the labels of each part: those that were noted, else out of the arrays."""
    if (folder / _LABELS).is_file():
        with said_when_damaged(wanted.name, folder), np.load(folder / _LABELS, allow_pickle=False) as noted:
            return {part: noted[part] for part in noted.files}
    with _opened(wanted, folder) as parts:
        return {part: labels for part, (_, labels) in parts.items()}


def _together(sources: list[str]) -> str:
    return sha256("\n".join(sources).encode()).hexdigest()


def _make(wanted: OnlineSet, folder: Path, resize: int, crop: int, interpolation: str, progress: bool) -> np.ndarray:
    """Resize and crop as `load_data` does with files. -> uint8 (N, C, crop, crop)."""
    from tlnb.data.decode import read_pixels
    from tlnb.data.parallel import parallel

    with _opened(wanted, folder) as parts:
        first = next(iter(parts.values()))[0]
        channels = 1 if len(first.shape) == 3 else 3
        count = sum(len(images) for images, _ in parts.values())
        if count != wanted.images:
            raise damaged(wanted.name, folder, f"{count:,} images of {wanted.images:,}")
        out = _room((count, channels, crop, crop))
        begin = 0
        for part, (images, labels) in parts.items():
            rows = out[begin : begin + len(labels)]

            def put(row: int, rows: np.ndarray = rows, images: Any = images) -> None:
                rows[row] = read_pixels(np.asarray(images[row]), resize, crop, interpolation, channels)

            parallel(put, range(len(labels)), f"Resizing {wanted.name}, {part}", progress)
            begin += len(labels)
    return out


def _room(shape: tuple[int, ...]) -> np.ndarray:
    """Make an array; a large one in a file without a name, which goes when the array does."""
    if int(np.prod(shape, dtype=np.int64)) < _LARGE:
        return np.empty(shape, np.uint8)
    cache_dir().mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=cache_dir()) as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


@contextmanager
def _opened(wanted: OnlineSet, folder: Path) -> Iterator[Parts]:
    with ExitStack() as stack:
        with said_when_damaged(wanted.name, folder):
            parts = stack.enter_context(_read(wanted, folder))
        yield parts


@contextmanager
def _read(wanted: OnlineSet, folder: Path) -> Iterator[Parts]:
    """Open the arrays of a set, and close its files afterwards."""
    if wanted.layout == "medmnist":
        with np.load(folder / wanted.files[0].name, allow_pickle=False) as stored:
            yield {
                part: (stored[f"{theirs}_images"], stored[f"{theirs}_labels"].reshape(-1).astype(np.int64))
                for part, theirs in _MED_PARTS.items()
            }
    elif wanted.torchvision == "PCAM":
        if missing := what_is_missing(wanted):
            raise DataError(missing)
        with _open_pcam(folder / wanted.into) as parts:
            yield parts
    else:
        import torchvision.datasets

        reader: Callable[..., Any] = getattr(torchvision.datasets, wanted.torchvision)
        opened = {part: reader(str(folder), **options) for part, options in _PARTS[wanted.torchvision].items()}
        yield {part: (_images_last(one), np.asarray(_labels(one), np.int64)) for part, one in opened.items()}


def _images_last(dataset: Any) -> np.ndarray:
    """Give torchvision's array with channels last. (N, 3, H, W) or (N, H, W[, 3]) -> (N, H, W[, 3])."""
    images = dataset.data
    return images.transpose(0, 2, 3, 1) if images.ndim == 4 and images.shape[1] == 3 else images


def _labels(dataset: Any) -> Any:
    return dataset.targets if hasattr(dataset, "targets") else dataset.labels


@contextmanager
def _open_pcam(folder: Path) -> Iterator[Parts]:
    h5py = import_module("h5py")
    with ExitStack() as stack:
        found: Parts = {}
        for part in ("train", "valid", "test"):
            images, labels = (
                stack.enter_context(h5py.File(folder / f"camelyonpatch_level_2_split_{part}_{kind}.h5", "r"))[kind]
                for kind in "xy"
            )
            found[part] = (images, np.asarray(labels).reshape(-1).astype(np.int64))
        yield found
