"""A sheet of images with their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.errors import DataError

if TYPE_CHECKING:
    from tlnb.core.figures import Figure
    from tlnb.data.images import ImageData


def show_images(images: ImageData, n: int, split: str, seed: int) -> Figure:
    """Draw images of each class in turn; see :meth:`ImageData.show`."""
    from tlnb.core.pictures import picture_grid

    subset = images.subset(split)
    rows = choose(subset.labels.numpy(), n, seed)
    names = [images.classes[label] for label in subset.labels[rows].tolist()]
    return picture_grid(list(images.images[subset.indices[rows]]), names, credit=images.card.attribution)


def choose(labels: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Choose n rows, class by class in turn, so that a rare class is seen too; sorted by class."""
    if not len(labels):
        raise DataError("there are no images in this part: choose another split.")
    order = np.random.default_rng(seed).permutation(len(labels))
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        turn[members] = np.arange(len(members))
    chosen = order[np.argsort(turn[order], kind="stable")][:n]
    return chosen[np.argsort(labels[chosen], kind="stable")]
