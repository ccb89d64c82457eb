"""Emoji as a named set: what is the class, what is the background, and what may not be parted by a split."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tlnb.core.errors import DataError
from tlnb.data.emoji.families import given_parts
from tlnb.data.emoji.reading import lay_on, read_sheet
from tlnb.data.emoji.styles import Style, names_of, pick_styles
from tlnb.data.emoji.table import FOLDER, read_table
from tlnb.data.listing import Listing, Made
from tlnb.data.parallel import parallel

TASKS = ("object", "subcategory", "group", "style")
BACKGROUNDS = {"white": (255, 255, 255), "black": (0, 0, 0), "grey": (128, 128, 128)}
_PERMISSIVE = ("noto", "twemoji", "fluent_3d", "fluent_flat", "fluent_high_contrast")
_FEWEST = 3  # emoji of a sub-category: one for each part
_VERSION = 1  # raise it when the same sheets give other pixels


def find_emoji(
    styles: str | Sequence[str] | None = None,
    categories: str | Sequence[str] | None = None,
    task: str = "object",
    background: str | tuple[int, int, int] = "white",
    test_family: str | None = None,
    valid_family: str | None = None,
) -> Listing:
    """List drawings of emoji, style after style.

    Parameters
    ----------
    styles : str or sequence of str, optional
        As in `tlnb.data.emoji.drawings`; noto if not given, and for the task ``"style"`` all but OpenMoji's.
    categories : str or sequence of str, optional
        Names of groups or sub-categories to keep.
    task : {"object", "subcategory", "group", "style"}
        What the class is: which emoji (849), its sub-category, its group (5), or how it is drawn. Of the 49
        sub-categories, two have fewer than three emoji and cannot be divided: they are left out, unless
        `categories` names them.
    background : {"white", "black", "grey"} or tuple of int
        What they are laid on; or red, green and blue. On a dark one, black ink becomes white.
    test_family, valid_family : str, optional
        The drawing (noto, twemoji, fluent, openmoji) that is kept for testing or validation, to see what a new
        style does.

    Returns
    -------
    Listing
        With the columns ``name``, ``subcategory``, ``group``, ``style``, ``family`` and ``drawing`` (name and
        family).

        Which emoji it is has one drawing a family, so these are never divided at random: with one family all images
        are in the training part, with two the last is for testing, with more the one before it for validation.
        Other tasks are divided as any set, with all drawings of an emoji on one side; given a family to keep, by that.

    Raises
    ------
    DataError
        No such style, category, task, background or family.
    """
    if task not in TASKS:
        raise DataError(f"unknown task {task!r} for emoji: pass {', '.join(TASKS)}.")
    if styles is None:
        styles = _PERMISSIVE if task == "style" else "noto"
    table, picked = read_table(), pick_styles(styles)
    rows = table.rows(categories)
    if task == "subcategory":
        names, counts = np.unique(table.subcategories, return_counts=True)
        rare = set(names[counts < _FEWEST].tolist()) - set(names_of(categories or ()))
        rows = rows[~np.isin(table.subcategories[rows], list(rare))]
    columns = {
        "name": np.tile(table.names[rows], len(picked)),
        "subcategory": np.tile(table.subcategories[rows], len(picked)),
        "group": np.tile(table.groups[rows], len(picked)),
        "style": np.repeat([style.name for style in picked], len(rows)),
        "family": np.repeat([style.family for style in picked], len(rows)),
    }
    columns["drawing"] = np.char.add(np.char.add(columns["name"], " / "), columns["family"])
    labels = columns["name" if task == "object" else task]
    given = given_parts(task, columns["family"], test_family, valid_family)
    by_drawing = task == "object" or given is not None
    return Listing(
        root=FOLDER,
        files=(),
        labels=labels,
        classes=tuple(dict.fromkeys(labels.tolist())),
        columns=columns,
        given=given,
        group_column="drawing" if by_drawing else "name" if len(picked) > 1 else None,
        splits=task != "object",
        made=_made(picked, rows, _colour(background)),
    )


def _made(styles: tuple[Style, ...], rows: np.ndarray, background: tuple[int, int, int]) -> Made:
    import PIL

    table = read_table()
    sheets = {style.name: table.sheets[style.name]["sha256"] for style in styles}
    key: dict[str, Any] = {
        "set": "emoji",
        "version": _VERSION,
        "sheets": [list(sheet) for sheet in sheets.items()],  # a list, as the order of rows follows it
        "rows": hashlib.sha256(",".join(table.codes[rows].tolist()).encode()).hexdigest(),
        "background": list(background),
    }
    sha256 = hashlib.sha256(json.dumps(key).encode()).hexdigest()
    return Made(
        key={**key, "decoder": f"Pillow {PIL.__version__}"},
        make=partial(_make, tuple(sheets), rows, background),
        bytes=sum(table.sheets[name]["bytes"] for name in sheets),
        sha256=sha256,
    )


def _make(
    styles: tuple[str, ...],
    rows: np.ndarray,
    background: tuple[int, int, int],
    resize: int,
    crop: int,
    interpolation: str,
    progress: bool,
) -> np.ndarray:
    """Lay drawings on the background and resize them as files are resized: uint8 (N, 3, crop, crop)."""
    from tlnb.data.decode import read_pixels  # here, as it needs torch, and the catalogue does not

    pixels = np.empty((len(styles) * len(rows), 3, crop, crop), np.uint8)
    for place, style in enumerate(styles):
        opaque = lay_on(read_sheet(style)[rows], background, ink=read_table().sheets[style]["ink"])
        images = opaque.transpose(0, 2, 3, 1)
        start = place * len(rows)

        def resize_one(row: int, images: np.ndarray = images, start: int = start) -> None:
            from PIL import Image

            image = Image.fromarray(np.ascontiguousarray(images[row]))
            pixels[start + row] = read_pixels(image, resize, crop, interpolation, 3)

        parallel(resize_one, range(len(rows)), "Drawing emoji", progress)
    return pixels


def _colour(background: str | tuple[int, int, int]) -> tuple[int, int, int]:
    if isinstance(background, str) and background in BACKGROUNDS:
        return BACKGROUNDS[background]
    colour = () if isinstance(background, str) else tuple(background)
    if len(colour) != 3 or any(
        isinstance(part, bool) or not isinstance(part, (int, np.integer)) or not 0 <= part <= 255 for part in colour
    ):
        raise DataError(
            f"background={background!r} is no colour: pass {', '.join(BACKGROUNDS)}, or red, green and blue, "
            "whole numbers from 0 to 255, as in (255, 240, 200)."
        )
    red, green, blue = (int(part) for part in colour)
    return red, green, blue
