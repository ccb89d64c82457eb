"""Images without their test part, for whatever lets a hand try many recipes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlnb.data import ImageData


def untested(images: ImageData) -> ImageData:
    """Return the same images with none to test on.

    Many tries are a choice, and choices are made on the validation images: the test images stay out of reach.

    Examples
    --------
    >>> import torch, tlnb
    >>> pixels = torch.zeros(40, 3, 8, 8, dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> len(images.test) > 0, len(untested(images).test), len(untested(images).valid) == len(images.valid)
    (True, 0, True)
    """
    splits = dataclasses.replace(images.splits, test=images.splits.test[:0])
    return dataclasses.replace(images, splits=splits)
