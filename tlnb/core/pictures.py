"""Small pictures side by side: images, feature maps, filters."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from tlnb.core.figures import Figure


def picture_grid(
    pictures: Sequence[Any], titles: Sequence[str], *, columns: int = 6, credit: str = "", title: str = ""
) -> Figure:
    """Draw pictures in rows, each under its title.

    Parameters
    ----------
    pictures : sequence of array or tensor
        uint8 pixels ``(C, H, W)`` with C = 1 or 3, drawn in [0, 255]; or a float map ``(H, W)``, drawn from its least
        value to its greatest in one hue, so that it cannot be taken for an image.
    titles : sequence of str
        One a picture; "" for none.
    columns : int
        Pictures in a row.
    credit : str
        Attribution, below.
    title : str
        What the figure says, above.

    Examples
    --------
    >>> fig = picture_grid([np.zeros((1, 8, 8), np.uint8), np.random.rand(4, 4)], ["image", "map"])
    >>> len(fig.axes)
    2
    """
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    below = textwrap.fill(credit, 110)
    extra = 0.16 * len(below.splitlines()) + (0.35 if title else 0)
    figure = Figure(7.0, rows * (7.0 / max(columns, 3) + 0.25) + extra)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    if below:
        figure.supxlabel(below, fontsize=8, color="#555555")
    cells = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in cells:
        axes.set_axis_off()
    for axes, picture, name in zip(cells, pictures, titles, strict=False):
        array = np.asarray(picture)
        if array.ndim == 3:
            axes.imshow(array.transpose(1, 2, 0).squeeze(), cmap="gray", vmin=0, vmax=255)
        else:
            axes.imshow(array, cmap="magma")
        axes.set_title(name, fontsize=9)
    return figure
