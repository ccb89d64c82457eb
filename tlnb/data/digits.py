"""Digits: the 1,797 handwritten digits of 8 x 8 pixels that come with scikit-learn, and which form each was written on.

Examples of scikit-learn divide them at random, so that each test digit has brothers of the same hand in training.
"""

from __future__ import annotations

import importlib.util
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from tlnb.core.errors import DataError
from tlnb.data.cards import DataCard
from tlnb.data.listing import Listing, Made
from tlnb.data.making import enlarge, pillow_maker

CLASSES = tuple("0123456789")
_SHA256 = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"  # scikit-learn 1.4 to 1.9
_SIDE, _WHITE = 8, 16  # pixels; the greatest count of ink in one
# Row at which each form begins. All were filled in with the same text, 0123456789 0123456789 and so on, in one hand.
_FORMS = (0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1545, 1667)


def find_digits() -> Listing:
    """List the digits.

    Returns
    -------
    Listing
        With the column ``form``, 0 to 13: the digits that one person wrote in one go, which may not be parted.

    Raises
    ------
    DataError
        scikit-learn's file is missing or damaged.
    """
    file = _file()
    try:
        data = file.read_bytes()
        table = _read(file)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{file} cannot be read ({error}): {_MEND}") from error
    digest = sha256(data).hexdigest()
    return Listing(
        root=file.parent,
        files=(),
        labels=np.array(CLASSES)[table[:, -1]],
        classes=CLASSES,
        columns={"form": np.searchsorted(_FORMS, np.arange(len(table)), side="right") - 1},
        group_column="form",
        made=Made(
            key={"set": "digits", "table": digest, "maker": pillow_maker(1)},
            make=lambda resize, crop, interpolation, progress: enlarge(_pixels(table), resize, crop, interpolation),
            bytes=len(data),
            sha256=digest,
        ),
    )


def digits_card(listing: Listing, size: int, digest: str) -> DataCard:
    """Describe the set, after checking that the file is the one that was published.

    Parameters
    ----------
    listing : Listing
        From :func:`find_digits`.
    size : int
        Bytes of the file.
    digest : str
        Its SHA-256.

    Raises
    ------
    DataError
        It is another.
    """
    if digest != _SHA256:
        raise DataError(f"{_file()} is not the file that scikit-learn was published with: {_MEND}")
    return DataCard(
        name="digits",
        title="Handwritten digits of 8 x 8 pixels",
        licence="CC BY 4.0",
        source="PyPI scikit-learn (UCI Optical Recognition of Handwritten Digits, test set)",
        bytes=size,
        sha256=digest,
        citation=(
            "Alpaydin, E.; Kaynak, C. Optical Recognition of Handwritten Digits. UCI Machine Learning Repository, "
            "1998. https://doi.org/10.24432/C50P49",
        ),
        attribution="Digits: Alpaydin and Kaynak 1998 (UCI), CC BY 4.0",
        notes=(
            "8 x 8 pixels of 17 greys, enlarged to the size asked for: no detail is added. 14 forms in the hands of "
            "13 people: a random division, as in examples of scikit-learn, has each hand on both sides and scores "
            "too well."
        ),
    )


_MEND = "run  pip install --force-reinstall --no-deps scikit-learn"


def _file() -> Path:
    """Name scikit-learn's file; scikit-learn itself, which is slow to import, is not."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise DataError("scikit-learn, which has the digits, is not installed: run  pip install scikit-learn")
    return Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"


def _read(file: Path) -> np.ndarray:
    """Read 64 counts of ink and the label of each digit. -> int64 (1797, 65)."""
    import gzip

    rows = gzip.decompress(file.read_bytes()).decode().split()
    return np.array([row.split(",") for row in rows], np.float64).astype(np.int64)


def _pixels(table: np.ndarray) -> np.ndarray:
    """Scale 0 to 16 to 0 to 255. (N, 65) -> uint8 (N, 8, 8)."""
    return np.rint(table[:, :-1] * (255 / _WHITE)).astype(np.uint8).reshape(-1, _SIDE, _SIDE)


ENTRY: dict[str, Any] = {
    "name": "digits",
    "title": "Handwritten digits of 8 x 8 pixels",
    "images": 1797,
    "classes": CLASSES,
    "licence": "CC BY 4.0",
    "source": "PyPI scikit-learn",
    "get": "pip install scikit-learn",
    "sizes": (32, 96),
    "find": find_digits,
    "describe": digits_card,
}
