"""Where pixels come from: files, decoded once into the shared cache, or tensors.

Files are known by the SHA-256 of their content. An index remembers size, times and hash of each path, so
that a later load reads no image at all, and still notices when one has changed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlnb.core.cache import cached_arrays
from tlnb.core.errors import DataError
from tlnb.core.files import atomic_path, cache_dir
from tlnb.data.decode import check_sizes, count_channels, open_image, read_pixels

log = logging.getLogger("tlnb")

_DECODER = 1  # raise it when decoding changes, so that stored pixels are made anew
_RACY = 2_000_000_000  # nanoseconds: a file changed so shortly before may change again with equal times


@dataclass(frozen=True)
class FileRecord:
    """What is known of a file from its bytes: hash, 1 or 3 channels, or the reason why it is no image."""

    bytes: int
    modified: int
    changed: int
    seen: int
    sha256: str
    channels: int
    reason: str


@dataclass(frozen=True, eq=False)
class FileStore:
    """Pixels of image files, decoded on demand and kept in the cache.

    Parameters
    ----------
    files : tuple of Path
        Files with a readable header; those in `bad` turned out to be damaged.
    hashes : tuple of str
        Their SHA-256.
    channels : int
        1 or 3, for all.
    progress : bool
        Show it while decoding.
    bad : dict of int to str
        Row of `files`, and what is wrong with it. These rows are left out of the pixels.
    """

    files: tuple[Path, ...]
    hashes: tuple[str, ...]
    channels: int
    progress: bool
    bad: dict[int, str]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The file of each image."""
        return tuple(file for row, file in enumerate(self.files) if row not in self.bad)

    def pixels(self, resize: int, crop: int, interpolation: str) -> torch.Tensor:
        """Give all images as uint8 (N, channels, crop, crop), memory-mapped."""
        images, bad = decode_files(self.files, self.hashes, self.channels, resize, crop, interpolation, self.progress)
        if set(bad) != set(self.bad):
            row = min(set(bad) ^ set(self.bad))
            raise DataError(f"{self.files[row]} has changed since it was loaded: call load_data again.")
        return images


@dataclass(frozen=True, eq=False)
class TensorStore:
    """Pixels that are there already, as uint8 (N, C, S, S)."""

    images: torch.Tensor
    paths: tuple[Path, ...] = ()

    def pixels(self, resize: int, crop: int, interpolation: str) -> torch.Tensor:
        """Resize from the tensors; as they are if nothing is asked of them."""
        check_sizes(resize, crop, interpolation)
        size = self.images.shape[-1]
        if resize == crop == size:
            return self.images
        from torchvision.transforms.v2 import InterpolationMode
        from torchvision.transforms.v2 import functional as transform

        log.info("images made from tensors: %d-pixel ones are resized to %d", size, resize)
        if interpolation == "lanczos":
            raise DataError("tensors cannot be resized by lanczos: pass bicubic, bilinear or nearest.")
        mode = InterpolationMode(interpolation)
        antialias = mode is not InterpolationMode.NEAREST
        resized = transform.resize(self.images, [resize, resize], interpolation=mode, antialias=antialias)
        return transform.center_crop(resized, [crop, crop]).contiguous()


def decode_files(
    files: Sequence[Path],
    hashes: Sequence[str],
    channels: int,
    resize: int,
    crop: int,
    interpolation: str,
    progress: bool,
) -> tuple[torch.Tensor, dict[int, str]]:
    """Decode files by the shared cache.

    Returns
    -------
    images : torch.Tensor
        uint8 (N, channels, crop, crop) of the files that are whole, in their order.
    bad : dict of int to str
        Row and reason of the others.
    """
    import PIL

    check_sizes(resize, crop, interpolation)

    def make(folder: Path) -> dict[str, Any]:
        bad: dict[int, str] = {}
        shape = (len(files), channels, crop, crop)
        pixels = np.lib.format.open_memmap(folder / "images.npy", mode="w+", dtype=np.uint8, shape=shape)

        def decode(row: int) -> None:
            try:
                data = files[row].read_bytes()
                if hashlib.sha256(data).hexdigest() != hashes[row]:
                    raise DataError("changed while it was being read: load the data again")
                pixels[row] = read_pixels(data, resize, crop, interpolation, channels)
            except DataError as error:
                bad[row] = str(error)
            except OSError as error:
                bad[row] = error.strerror or str(error)

        parallel(decode, range(len(files)), "Decoding images", progress)
        if bad:
            keep = [row for row in range(len(files)) if row not in bad]
            np.save(folder / "kept.npy", pixels[keep])
            del pixels  # Windows renames no file that is mapped
            (folder / "kept.npy").replace(folder / "images.npy")
        return {"bad": {str(row): bad[row] for row in sorted(bad)}}

    key = {
        "files": digest_of(hashes),
        "decoder": f"{_DECODER} with Pillow {PIL.__version__}",
        "channels": channels,
        "resize": int(resize),
        "crop": int(crop),
        "interpolation": interpolation,
    }
    arrays, meta = cached_arrays("images", key, make)
    return torch.from_numpy(arrays["images"]), {int(row): reason for row, reason in meta["bad"].items()}


def index_files(root: Path, files: Sequence[Path], progress: bool) -> list[FileRecord]:
    """Hash files, but for those that the index of `root` knows to be as they were."""
    place = cache_dir() / "index" / f"{hashlib.sha256(str(root).encode()).hexdigest()}.json"
    try:
        known = {name: FileRecord(*row) for name, row in json.loads(place.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        known = {}
    records: dict[int, FileRecord] = {}
    for row, file in enumerate(files):
        record = known.get(str(file))
        if record is not None and _as_it_was(file, record):
            records[row] = record
    new = [row for row in range(len(files)) if row not in records]
    if new:

        def look(row: int) -> None:
            records[row] = _look_at(files[row])

        parallel(look, new, "Reading files", progress and len(new) > 5000)
        index = {str(file): astuple(records[row]) for row, file in enumerate(files)}
        try:
            with atomic_path(place) as temporary:
                temporary.write_text(json.dumps(index), encoding="utf-8")
        except OSError as error:  # a cache that cannot be written costs time, not the load
            log.debug("the index %s was not written: %s", place, error)
    return [records[row] for row in range(len(files))]


def digest_of(hashes: Sequence[str]) -> str:
    """Give one SHA-256 for many, in order."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def parallel(work: Callable[[int], None], rows: Sequence[int], label: str, progress: bool) -> None:
    """Do something for each row on all cores, with a line of progress; the first error stops it."""
    from tlnb.core.progress import Progress

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with Progress(len(rows), label, enabled=progress) as bar, ThreadPoolExecutor(cores) as pool:
        try:
            for _ in pool.map(work, rows):
                bar.update()
        except BaseException:  # Ctrl-C too: do not work off the queue first
            pool.shutdown(cancel_futures=True)
            raise


def _as_it_was(file: Path, record: FileRecord) -> bool:
    try:
        now = file.stat()
    except OSError:
        return False
    same = (now.st_size, now.st_mtime_ns, now.st_ctime_ns) == (record.bytes, record.modified, record.changed)
    return same and max(record.modified, record.changed) + _RACY < record.seen


def _look_at(file: Path) -> FileRecord:
    seen = time.time_ns()
    try:
        times = file.stat()
        data = file.read_bytes()
    except OSError as error:
        return FileRecord(0, 0, 0, 0, "", 0, error.strerror or str(error))
    channels, reason = 0, ""
    try:
        channels = count_channels(open_image(data))
    except Exception as error:  # a damaged header can make Pillow raise anything; the file is a problem
        reason = str(error) or type(error).__name__
    digest = hashlib.sha256(data).hexdigest()
    return FileRecord(len(data), times.st_mtime_ns, times.st_ctime_ns, seen, digest, channels, reason)
