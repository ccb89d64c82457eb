"""Where pixels come from: files, decoded once into the shared cache, what makes them, or tensors.

Files are known by their hashes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlnb.core.cache import cached_arrays
from tlnb.core.errors import DataError
from tlnb.data.cards import printable
from tlnb.data.decode import check_sizes, read_pixels
from tlnb.data.listing import Made
from tlnb.data.making import pillow_maker
from tlnb.data.opening import is_large, read_file, reason_of, sparing
from tlnb.data.parallel import parallel
from tlnb.data.rows import RowFile

log = logging.getLogger("tlnb")

# Raise them when decoding changes, so that stored pixels are made anew: of all files, of those with a colour profile.
_DECODER, _PROFILES = 1, 2


class UnsteadyError(DataError):
    """Some files changed, or could not be read again, between looking at them and decoding them.

    Attributes
    ----------
    rows : dict of int to str
        Which, and what happened. That they failed now says nothing of the next time, so nothing is stored.
    """

    def __init__(self, rows: dict[int, str]) -> None:
        super().__init__(f"{len(rows)} file(s) changed while they were read")
        self.rows = rows


@dataclass(frozen=True, eq=False)
class FileStore:
    """Pixels of image files, decoded on demand and kept in the cache.

    Parameters
    ----------
    files : tuple of Path
        Files with a readable header.
    hashes : tuple of str
        Their SHA-256.
    channels : int
        1 or 3, for all.
    profiled : bool
        Some have a colour profile that is not sRGB.
    progress : bool
        Show it while decoding.
    bad : dict of int to str
        Row of `files` that turned out to be damaged, and what is wrong with it. These rows are left out of the pixels.
    """

    files: tuple[Path, ...]
    hashes: tuple[str, ...]
    channels: int
    profiled: bool
    progress: bool
    bad: dict[int, str] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The file of each image."""
        return tuple(file for row, file in enumerate(self.files) if row not in self.bad)

    def pixels(self, resize: int, crop: int, interpolation: str) -> torch.Tensor:
        """Give all images as uint8 (N, channels, crop, crop), memory-mapped."""
        try:
            images, bad = self.decode(resize, crop, interpolation)
            changed = set(bad) ^ set(self.bad)
        except UnsteadyError as error:
            changed = set(error.rows)
        if changed:
            raise DataError(
                f"{printable(self.files[min(changed)])} has changed since it was loaded: call load_data again."
            )
        return images

    def decode(self, resize: int, crop: int, interpolation: str) -> tuple[torch.Tensor, dict[int, str]]:
        """Decode all files by the shared cache.

        Returns
        -------
        images : torch.Tensor
            uint8 (N, channels, crop, crop) of the files that are whole, in their order.
        bad : dict of int to str
            Row and reason of the others.

        Raises
        ------
        UnsteadyError
            Files are not what they were when they were hashed.
        """
        check_sizes(resize, crop, interpolation)
        key = {
            "files": digest_of(self.hashes),
            "decoder": pillow_maker(_PROFILES if self.profiled else _DECODER),
            "channels": self.channels,
            "resize": int(resize),
            "crop": int(crop),
            "interpolation": interpolation,
        }
        arrays, meta = cached_arrays("images", key, lambda folder: self._make(folder, resize, crop, interpolation))
        return torch.from_numpy(arrays["images"]), {int(row): reason for row, reason in meta["bad"].items()}

    def _make(self, folder: Path, resize: int, crop: int, interpolation: str) -> dict[str, Any]:
        """Decode all files into a folder."""
        bad: dict[int, str] = {}
        unsteady: dict[int, str] = {}
        without_memory: list[int] = []
        with RowFile(folder / "images.npy", (len(self.files), self.channels, crop, crop)) as pixels:

            def decode(row: int) -> None:
                try:
                    with sparing(is_large(self.files[row])):
                        data = self._read(row)
                        image = read_pixels(data, resize, crop, interpolation, self.channels)
                except UnsteadyError as error:
                    unsteady.update(error.rows)
                except DataError as error:
                    bad[row] = str(error)
                except MemoryError:
                    without_memory.append(row)
                else:
                    pixels.put(row, image)

            parallel(decode, range(len(self.files)), "Decoding images", self.progress)
            for row in without_memory[:]:  # others took part of it then; alone, the same file may do
                without_memory.remove(row)
                decode(row)
            bad.update({row: reason_of(MemoryError()) for row in without_memory})
            if unsteady:
                raise UnsteadyError(unsteady)
            if bad:
                pixels.drop(bad)
        return {"bad": {str(row): bad[row] for row in sorted(bad)}}

    def _read(self, row: int) -> bytes:
        try:
            data = read_file(self.files[row])
        except (DataError, OSError) as error:
            raise UnsteadyError({row: reason_of(error)}) from error
        if hashlib.sha256(data).hexdigest() != self.hashes[row]:
            raise UnsteadyError({row: "it changed while it was being read: load the data again"})
        return data


@dataclass(frozen=True, eq=False)
class MadeStore:
    """Pixels that a function makes, at each size once, kept in the cache.

    Parameters
    ----------
    made : Made
        From a `Listing`.
    progress : bool
        Show a line of progress where making takes long.
    """

    made: Made
    progress: bool = False
    paths: tuple[Path, ...] = ()

    def pixels(self, resize: int, crop: int, interpolation: str) -> torch.Tensor:
        """Give all images as uint8 (N, channels, crop, crop), memory-mapped."""
        check_sizes(resize, crop, interpolation)

        def make(folder: Path) -> dict[str, Any]:
            np.save(folder / "images.npy", self.made.make(resize, crop, interpolation, self.progress))
            return {}

        arrays, _ = cached_arrays("images", made_key(self.made, resize, crop, interpolation), make)
        return torch.from_numpy(arrays["images"])


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


def made_key(made: Made, resize: int, crop: int, interpolation: str) -> dict[str, Any]:
    """Give what the cache knows images by that are made."""
    return {"made": made.key, "resize": int(resize), "crop": int(crop), "interpolation": interpolation}


def digest_of(hashes: Sequence[str]) -> str:
    """Give one SHA-256 for many, in order."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
