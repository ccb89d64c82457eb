"""Pixels for the page, and the preview as a still picture where no script runs."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

import torch
from PIL import Image

from tlnb.core.figures import Figure
from tlnb.training.confidence import short

TILE, LARGE = 192, 448  # pixels a side at most: of a tile, and of the image that is looked at
_SMALL = 96  # pixels a side
_COLUMNS = 6


def encoded(pixels: torch.Tensor, most: int) -> bytes:
    r"""Return an image as a file for the page, made smaller where it is larger than a side of so many pixels.

    A small one is a PNG file, since enlarged it would show each of JPEG's squares. A larger one is a JPEG file of a
    quality at which nobody sees the difference: made five times as fast, and half as large or less. Raw pixels would be
    ten times as many bytes to send.

    Parameters
    ----------
    pixels : torch.Tensor
        uint8 (C, H, W), C = 1 or 3.
    most : int
        Pixels a side.

    Examples
    --------
    >>> black = torch.zeros(1, 300, 300, dtype=torch.uint8)
    >>> encoded(black, 200)[:2], encoded(black, 50)[1:4]
    (b'\xff\xd8', b'PNG')
    """
    array = pixels.permute(1, 2, 0).contiguous().numpy()
    picture = Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)
    if max(picture.size) > most:
        picture.thumbnail((most, most), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    if max(picture.size) <= _SMALL:
        picture.save(file, "PNG", compress_level=1)
    else:
        picture.save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()


def draw(
    pixels: torch.Tensor,
    names: Sequence[str],
    confidence: Sequence[float] | None,
    says: Sequence[str],
    credit: str,
) -> Figure:
    """Draw the tiles, each with its class and, where there is one, the model's confidence; sentences below.

    Parameters
    ----------
    pixels : torch.Tensor
        uint8 (n, C, H, W).
    names : sequence of str
        Of each tile: its class, or its classes with their shares.
    confidence : sequence of float, optional
        Of each tile.
    says : sequence of str
        The title, and what goes below; empty ones are left out.
    credit : str
        Attribution, at the bottom.
    """
    columns = min(_COLUMNS, len(pixels))
    rows = -(-len(pixels) // columns)
    title, below = textwrap.wrap(says[0], 92), [line for one in says[1:] for line in textwrap.wrap(one, 105)]
    source = textwrap.wrap(credit, 120)
    each = 7.0 / _COLUMNS
    figure = Figure(7.0, 0.2 * len(title) + rows * (each + 0.3) + 0.18 * len(below) + 0.15 * len(source) + 0.2)
    figure.suptitle("\n".join(title), x=0.01, ha="left", fontsize=10)
    figure.supxlabel("\n".join([*below, *source]), x=0.01, ha="left", fontsize=8, color="#444444")
    cells = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in cells:
        axes.set_axis_off()
    for place, (axes, picture) in enumerate(zip(cells, pixels, strict=False)):
        axes.imshow(picture.permute(1, 2, 0).squeeze(-1).numpy(), cmap="gray", vmin=0, vmax=255)
        sure = "" if confidence is None else f"\n{short(confidence[place])} sure"
        axes.set_title(textwrap.shorten(names[place], 24, placeholder="…") + sure, fontsize=8)
    return figure
