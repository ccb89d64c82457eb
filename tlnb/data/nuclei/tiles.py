"""`load_nuclei`: cut the image into tiles, none of which overlaps another, and say what is in each."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch

from tlnb.core.errors import DataError
from tlnb.core.used import note
from tlnb.data.annotated import detection_target
from tlnb.data.cards import DataCard
from tlnb.data.nuclei.nuclei import Nuclei
from tlnb.data.splits import NAMES, Splits

FOLDER = Path(__file__).parent
_FILES = {
    "image.png": "ce2a32221ffe8efae4227ae08e7a8fd810f80d2a61ed5fa68c9b0550348e493c",
    "nuclei.png": "2f574f94096ce2b04fdde5f5055cc26b804cb94d03d46fc27865bc7bf7977685",
}
SIDE, BANDS = 512, 4  # pixels; the image is divided for training and testing in four bands from top to bottom
TILES = (32, 64, 128)
_LEAST = 20  # pixels of a piece of a nucleus that counts as an object; the smallest whole nucleus has 25


def load_nuclei(*, tile: int = 128, fold: int = 0) -> Nuclei:
    """Cut one fluorescence image of 512 x 512 pixels with 125 nuclei into tiles.

    The image is divided into four bands from top to bottom, of 128 pixels each: one is for testing, the next one for
    validation, two for training. So no pixel is on two sides; but it is one image, of one dish, one microscope and one
    day: what is learnt here says nothing of how well a model would do on another. Report the mean over the four
    folds, with its interval, and say that it is one image.

    A nucleus on the border of tiles is cut: each tile has its piece. Where the border lies between two bands, its
    pieces may be in two parts: at most 5 nuclei are objects both to learn from and to test on. A piece of fewer than
    20 pixels is in the mask, but no object.

    Parameters
    ----------
    tile : {128, 64, 32}
        Side of a tile in pixels: 16, 64 or 256 tiles.
    fold : {0, 1, 2, 3}
        The band that is for testing.

    Returns
    -------
    Nuclei
        Tiles, masks and targets as torchvision's detection models take them.

    Raises
    ------
    DataError
        Another tile or fold, or the files are missing or not those that tlnb came with.

    Examples
    --------
    >>> load_nuclei()
    Nuclei(16 tiles of 3 x 128 x 128, 153 objects, 8 train, 4 valid, 4 test)
    """
    if isinstance(tile, bool) or tile not in TILES:
        raise DataError(f"tile={tile!r}: pass 128, 64 or 32, so that tiles fit into the bands.")
    if isinstance(fold, bool) or fold not in range(BANDS):
        raise DataError(f"fold={fold!r}: pass 0, 1, 2 or 3, the band that is for testing.")
    files = {name: _read(name) for name in _FILES}
    note("data", "nuclei")
    image, numbers = (_cut(_decode(data), tile) for data in files.values())  # (N, tile, tile) each
    areas = np.bincount(numbers.ravel(), minlength=256)
    across = SIDE // tile
    row, column = np.divmod(np.arange(len(image)), across)
    band = row * tile // (SIDE // BANDS)
    part = np.full(len(image), "train")
    part[band == fold] = "test"
    part[band == (fold + 1) % BANDS] = "valid"
    return Nuclei(
        images=torch.from_numpy(np.repeat(image[:, None], 3, axis=1)),
        masks=torch.from_numpy((numbers > 0).astype(np.uint8)),
        targets=tuple(_target(place, tile_of, areas) for place, tile_of in enumerate(numbers)),
        columns={"row": row, "column": column, "band": band},
        splits=Splits(*(np.flatnonzero(part == name) for name in NAMES)),
        card=_card(files),
    )


def _read(name: str) -> bytes:
    try:
        data = (FOLDER / name).read_bytes()
    except OSError as error:
        raise DataError(f"the nuclei cannot be read ({error}): install tlnb again (pip install -U tlnb).") from error
    if sha256(data).hexdigest() != _FILES[name]:
        where = FOLDER / name
        raise DataError(f"{where} is not the file that tlnb came with: install tlnb again (pip install -U tlnb).")
    return data


def _decode(data: bytes) -> np.ndarray:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


def _cut(picture: np.ndarray, tile: int) -> np.ndarray:
    """Cut row by row. (512, 512) -> (N, tile, tile)."""
    across = SIDE // tile
    return np.ascontiguousarray(picture.reshape(across, tile, across, tile).swapaxes(1, 2)).reshape(-1, tile, tile)


def _target(place: int, numbers: np.ndarray, areas: np.ndarray) -> dict[str, torch.Tensor]:
    """Describe the nuclei of a tile as torchvision's detection models take them."""
    sizes = np.bincount(numbers.ravel(), minlength=256)
    ids = np.flatnonzero(sizes >= _LEAST)
    ids = ids[ids > 0]
    return detection_target(
        place,
        numbers,
        ids,
        np.ones(len(ids), np.int64),
        nucleus=ids,
        share=(sizes[ids] / areas[ids]).astype(np.float32),
    )


def _card(files: dict[str, bytes]) -> DataCard:
    return DataCard(
        name="nuclei",
        title="One fluorescence microscopy image with 125 nuclei",
        licence="BSD-3-Clause",
        source="in tlnb, from PyPI stardist 0.9.2 (an image of the 2018 Data Science Bowl)",
        bytes=sum(len(data) for data in files.values()),
        sha256=sha256("\n".join(_FILES[name] for name in files).encode()).hexdigest(),
        citation=(
            "Caicedo, J. C. et al. Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl. "
            "Nature Methods 16, 2019.",
            "Schmidt, U.; Weigert, M.; Broaddus, C.; Myers, G. Cell Detection with Star-Convex Polygons. MICCAI, 2018.",
        ),
        attribution="Nuclei: 2018 Data Science Bowl (Caicedo et al. 2019), by way of StarDist, BSD-3-Clause",
        notes=(
            "One image proves little: all parts are of one dish, one microscope and one day, and a score says nothing "
            "of another image. Its parts are four bands without overlap; nuclei on a border are cut. It is dark: half "
            "of its pixels are at most 24 of 255."
        ),
    )
