"""The sheet of 5,000 digits that comes with tlnb: its pixels, its labels, and the one division of it."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import numpy as np

from tlnb.core.errors import DataError

SHEET = Path(__file__).with_name("digits.png")
SHA256 = "315cc6bced8d0cb80bc6376e145033531b8d0d27bf780f5144308d3ddf7060bd"
CLASSES = tuple("0123456789")
PER_CLASS, SIDE, COLUMNS = 500, 28, 100  # digits of a class, pixels of a digit, digits in a row of the sheet
TRAIN, VALID = 300, 75  # of each class; the other 125 are for testing

LICENCE = "CC BY-SA 3.0"
ATTRIBUTION = "Digits: MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0"
CITATION = (
    "LeCun, Y.; Bottou, L.; Bengio, Y.; Haffner, P. Gradient-based learning applied to document recognition. "
    "Proceedings of the IEEE 86(11), 1998."
)


def read_sheet() -> np.ndarray:
    """Read the digits, class by class.

    Returns
    -------
    ndarray
        uint8 (5000, 28, 28); ink is bright.

    Raises
    ------
    DataError
        The sheet is missing, or not the one that tlnb came with.

    Examples
    --------
    >>> read_sheet().shape
    (5000, 28, 28)
    """
    from PIL import Image

    data = sheet_bytes()
    check_sheet(sha256(data).hexdigest())
    with Image.open(io.BytesIO(data)) as image:
        sheet = np.asarray(image)
    rows = len(sheet) // SIDE
    tiles = sheet.reshape(rows, SIDE, COLUMNS, SIDE).swapaxes(1, 2)  # (rows, columns, 28, 28)
    return np.ascontiguousarray(tiles.reshape(-1, SIDE, SIDE))


def sheet_bytes() -> bytes:
    """Read the file as it is."""
    try:
        return SHEET.read_bytes()
    except OSError as error:
        raise DataError(f"the digits cannot be read ({error}): install tlnb again (pip install -U tlnb).") from error


def check_sheet(digest: str) -> None:
    """Raise a DataError unless this is the SHA-256 of the sheet that tlnb came with."""
    if digest != SHA256:
        raise DataError(f"{SHEET} is not the file that tlnb came with: install tlnb again (pip install -U tlnb).")


def labels() -> np.ndarray:
    """Name the class of each digit. (5000,) str."""
    return np.repeat(np.array(CLASSES), PER_CLASS)


def parts() -> np.ndarray:
    """Say what each digit is for: in each class the first 300 train, the next 75 valid, the last 125 test.

    MNIST, MNIST-M and the clips all divide the digits so. What is learnt on one of them was never shown a digit that
    another is tested on.

    Examples
    --------
    >>> [int((parts() == name).sum()) for name in ("train", "valid", "test")]
    [3000, 750, 1250]
    """
    names = np.repeat(["train", "valid", "test"], [TRAIN, VALID, PER_CLASS - TRAIN - VALID])
    return np.tile(names, len(CLASSES))
