"""The pictures that can be looked at: those of a set that are not for testing, and the learner's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tlnb.backbones import model_card
from tlnb.core.errors import DataError
from tlnb.data import ImageData, decode_image
from tlnb.evaluation.features.depth import known_rows

MOST_VALUES = 12  # of a column, for its values to be drawn in colours of their own


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture that is looked at.

    Attributes
    ----------
    pixels : Tensor
        uint8 ``(C, S, S)``, as the network gets it but for the normalisation.
    title : str
        What it is called.
    label : str
        Its class; empty for a picture of one's own.
    row : int or None
        Its row in the set.
    """

    pixels: Tensor
    title: str
    label: str = ""
    row: int | None = None


@dataclass(frozen=True, eq=False)
class Colouring:
    """A division of the points, to be drawn in colours and shapes.

    Attributes
    ----------
    name : str
        What it goes by: ``"class"``, or a column of the data.
    values : tuple of str
        What there is.
    codes : ndarray
        uint16 ``(N,)``, of each point which of these it has.
    """

    name: str
    values: tuple[str, ...]
    codes: np.ndarray


class Pictures:
    """Pictures of a set, prepared as a network wants them; the test images are none of them.

    Parameters
    ----------
    images : ImageData
        The set.
    model : nn.Module
        Whose card says how pixels are prepared.
    """

    def __init__(self, images: ImageData, model: nn.Module) -> None:
        self._preparing = model_card(model).preprocessing
        self._resize = self._preparing.resize_for(images.size)
        self.images = images
        self.rows = known_rows(images)
        if not len(self.rows):
            raise DataError("All images are for testing, and these are not looked at: there is nothing to explore.")
        self.pixels = images.pixels(self._resize, images.size, self._preparing.interpolation)  # as in training

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colours."""
        return int(self.pixels.shape[1])

    def shown(self, image: Any) -> Shown:
        """Return a picture: a row's of the set, or one's own; for None the first that is for validation."""
        if image is None:
            some = self.images.valid if len(self.images.valid) else self.images.train
            image = int(some.indices[0])
        return self.at(image) if isinstance(image, int) and not isinstance(image, bool) else self.own(image)

    def at(self, row: int) -> Shown:
        """Return a picture of the set.

        Raises
        ------
        DataError
            If there is none in that row, or it is for testing.
        """
        place = int(torch.searchsorted(self.rows, row))
        if place == len(self.rows) or int(self.rows[place]) != row:
            told = "is a test image, and these are not looked at" if 0 <= row < len(self.images) else "is none"
            raise DataError(f"Row {row} of {len(self.images):,} images {told}: choose another one.")
        label = self.images.classes[int(self.images.labels[row])]
        return Shown(self.pixels[row], f"image {row:,}", label, row)

    def own(self, image: Any) -> Shown:
        """Return a picture of one's own: a path, a PIL image, an array or a tensor, as for `tlnb.Run.predict`."""
        size, how = self.images.size, self._preparing.interpolation
        pixels = decode_image(image, self._resize, size, how, self.channels)
        name = str(image).replace("\\", "/").rpartition("/")[2] if hasattr(image, "__fspath__") else image
        return Shown(pixels, name if isinstance(name, str) else "your own picture")

    def thumbnails(self, rows: Tensor, side: int) -> Tensor:
        """Return pictures of the set at a small size, uint8 ``(n, C, side, side)``."""
        some = self.pixels[rows].float()
        side = min(side, self.images.size)
        return torch.nn.functional.adaptive_avg_pool2d(some, side).round().to(torch.uint8)

    def colourings(self) -> list[Colouring]:
        """Return by what the points can be coloured: their class, and each column of a few values, as a domain."""
        labels = self.images.labels[self.rows].numpy().astype(np.uint16)
        found = [Colouring("class", self.images.classes, labels)]
        for name, column in self.images.columns.items():
            values, codes = np.unique(column[self.rows.numpy()], return_inverse=True)
            told = tuple(f"{value:.3g}" if isinstance(value, float) else str(value) for value in values.tolist())
            if 2 <= len(values) <= MOST_VALUES and told != self.images.classes:
                found.append(Colouring(name, told, codes.astype(np.uint16)))
        return found


def as_bytes(pixels: Tensor) -> bytes:
    """Return pixels ``(..., C, H, W)`` as bytes with their channels last."""
    return pixels.movedim(-3, -1).contiguous().numpy().tobytes()
