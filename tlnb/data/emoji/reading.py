"""The drawings themselves, with alpha: to lay on any background, or to paste into a photograph."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlnb.core.errors import DataError
from tlnb.data.emoji.styles import pick_styles
from tlnb.data.emoji.table import FOLDER, read_table


@dataclass(frozen=True, eq=False)
class Drawings:
    """Drawings of emoji with what is known of each.

    Parameters
    ----------
    rgba : ndarray of uint8, shape (N, 4, 64, 64)
        Red, green, blue and alpha, not premultiplied; zero where nothing is drawn.
    names, codes, subcategories, groups : ndarray of str, shape (N,)
        As in the `EmojiTable`.
    styles, families : ndarray of str, shape (N,)
        In which style each is drawn, and the drawing that this is a colouring of.
    """

    rgba: np.ndarray
    names: np.ndarray
    codes: np.ndarray
    subcategories: np.ndarray
    groups: np.ndarray
    styles: np.ndarray
    families: np.ndarray

    def __len__(self) -> int:
        return len(self.rgba)


def drawings(styles: str | Sequence[str] = "noto", categories: str | Sequence[str] | None = None) -> Drawings:
    """Give drawings with alpha, style after style, each in Unicode's order.

    Parameters
    ----------
    styles : str or sequence of str
        Any of noto, twemoji, fluent_3d, fluent_flat, fluent_high_contrast, openmoji and openmoji_black, or
        ``"all"``. Fluent's three are one drawing, as are OpenMoji's two. Fluent's high contrast and OpenMoji's
        black are black ink: take their alpha where the background is dark.
    categories : str or sequence of str, optional
        Names of groups or sub-categories; all if not given.

    Returns
    -------
    Drawings
        Read from the sheets at each call, which takes about 0.1 s a style: keep it.

    Raises
    ------
    DataError
        No such style or category, or a sheet is damaged.

    Examples
    --------
    >>> found = drawings(["noto", "twemoji"], categories="lock")
    >>> found.rgba.shape, str(found.names[0]), found.styles[[0, -1]].tolist()
    ((12, 4, 64, 64), 'locked', ['noto', 'twemoji'])
    """
    table, picked = read_table(), pick_styles(styles)
    rows = table.rows(categories)
    return Drawings(
        rgba=np.concatenate([read_sheet(style.name)[rows] for style in picked]),
        names=np.tile(table.names[rows], len(picked)),
        codes=np.tile(table.codes[rows], len(picked)),
        subcategories=np.tile(table.subcategories[rows], len(picked)),
        groups=np.tile(table.groups[rows], len(picked)),
        styles=np.repeat([style.name for style in picked], len(rows)),
        families=np.repeat([style.family for style in picked], len(rows)),
    )


def read_sheet(style: str) -> np.ndarray:
    """Decode the sheet of one style: uint8 (849, 4, 64, 64).

    Raises
    ------
    DataError
        It is not there, or not what was published.
    """
    from PIL import Image

    table = read_table()
    with Image.open(io.BytesIO(sheet_bytes(style))) as image:
        sheet = np.asarray(image.convert("RGBA"))  # an ink's sheet is its alpha, as a grey picture
    side, across = table.side, table.across
    cells = sheet.reshape(-1, side, across, side, 4).transpose(0, 2, 4, 1, 3)  # (rows, across, 4, side, side)
    rgba = cells.reshape(-1, 4, side, side)[: len(table.names)].copy()
    if table.sheets[style]["ink"]:
        rgba[:, 3] = rgba[:, 0]
        rgba[:, :3] = 0
    return rgba


def sheet_bytes(style: str) -> bytes:
    """Read the file of a sheet."""
    about = read_table().sheets[style]
    return published_bytes(about["file"], about["sha256"])


def published_bytes(name: str, sha256: str) -> bytes:
    """Read a file that came with tlnb, and compare it with the checksum it was published with.

    Raises
    ------
    DataError
        It is missing, or another.
    """
    file = FOLDER / name
    again = "run  pip install --force-reinstall --no-deps tlnb"
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror}): {again}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DataError(f"{file} is not the file that was published: {again}")
    return data


def lay_on(rgba: np.ndarray, background: tuple[int, int, int], ink: bool = False) -> np.ndarray:
    """Lay drawings on one colour. (N, 4, H, W) -> (N, 3, H, W), both uint8, in whole numbers alone.

    Parameters
    ----------
    rgba : ndarray
        Drawings, not premultiplied.
    background : tuple of int
        Red, green, blue.
    ink : bool
        They are of one ink: black on a light background, white on a dark one.
    """
    below = np.array(background, np.uint16)[:, None, None]
    colour, alpha = rgba[:, :3].astype(np.uint16), rgba[:, 3:].astype(np.uint16)
    if ink and 299 * background[0] + 587 * background[1] + 114 * background[2] < 127_500:
        colour = np.full_like(colour, 255)
    return ((colour * alpha + below * (255 - alpha) + 127) // 255).astype(np.uint8)
