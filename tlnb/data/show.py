"""A sheet of images with their labels."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.errors import DataError

if TYPE_CHECKING:
    from tlnb.core.figures import Figure
    from tlnb.data.images import ImageData

_COLUMNS = 6


def show_images(images: ImageData, n: int, split: str, seed: int) -> Figure:
    """Draw images of each class in turn; see :meth:`ImageData.show`."""
    from tlnb.core.figures import Figure

    rows = choose(images.subset(split).labels.numpy(), n, seed)
    subset = images.subset(split)
    columns = min(_COLUMNS, len(rows))
    lines = -(-len(rows) // columns)
    credit = textwrap.fill(images.card.attribution, 110)
    below = 0.16 * len(credit.splitlines())
    width = 7.0
    made = Figure(width, lines * (width / max(columns, 3) + 0.25) + below)
    if credit:
        made.supxlabel(credit, fontsize=8, color="#555555")
    pixels = images.images[subset.indices[rows]].permute(0, 2, 3, 1).numpy()  # (n, H, W, C)
    axes = made.subplots(lines, columns, squeeze=False).flat
    for place, ax in enumerate(axes):
        ax.set_axis_off()
        if place < len(rows):
            ax.imshow(pixels[place].squeeze(), cmap="gray", vmin=0, vmax=255)
            ax.set_title(images.classes[int(subset.labels[rows[place]])], fontsize=9)
    return made


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
