"""The photographs behind digits and drawings: which, whose, for which part, and how patches are cut from them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tlnb.core.errors import DataError
from tlnb.data.photos import PHOTOS

_TEXTURES = {
    "brick": ("skimage", "data/brick.png", "CC0Textures, CC0"),
    "grass": ("skimage", "data/grass.png", "linolafett, CC0"),
    "gravel": ("skimage", "data/gravel.png", "CC0Textures, CC0"),
}
# Name -> package, file in it, and whose it is.
SOURCES = PHOTOS | _TEXTURES

# No photograph is in two parts; each part has some on which a model of MNIST, laid on them, does well, and some not.
OF_PART = {
    "train": ("astronaut", "brick", "chelsea", "gravel", "rocket"),
    "valid": ("flower", "grass"),
    "test": ("camera", "china", "coffee"),
}
_LARGEST = 3  # a patch is cut 1 to 3 times as wide as a digit, and made as small as one


def read_photographs() -> dict[str, bytes]:
    """Read the files of all photographs, by name in alphabetical order.

    Raises
    ------
    DataError
        scikit-image is not installed, or does not have them.
    """
    found = {}
    for name in sorted(name for names in OF_PART.values() for name in names):
        package, path, _ = SOURCES[name]
        spec = importlib.util.find_spec(package)
        file = Path(spec.origin).parent / path if spec and spec.origin else None
        if file is None or not file.exists():
            raise DataError('the photographs that are laid behind are not installed: run  pip install "tlnb[data]".')
        found[name] = file.read_bytes()
    return found


def choose_photographs(parts: np.ndarray) -> np.ndarray:
    """Give each digit a photograph of its part, in turn. (N,) str -> (N,) str."""
    chosen = np.empty(len(parts), dtype="<U12")
    for part, names in OF_PART.items():
        rows = np.flatnonzero(parts == part)
        chosen[rows] = np.array(names)[np.arange(len(rows)) % len(names)]
    return chosen


def cut_patches(files: dict[str, bytes], chosen: np.ndarray, side: int) -> np.ndarray:
    """Cut a patch for each digit at a place of its own.

    Parameters
    ----------
    files : dict of str to bytes
        From :func:`read_photographs`.
    chosen : ndarray of str, shape (N,)
        Which photograph each is cut from.
    side : int
        Of a patch, in pixels.

    Returns
    -------
    ndarray
        uint8 (N, side, side, 3); the same at every call.
    """
    import io

    from PIL import Image

    patches = np.empty((len(chosen), side, side, 3), np.uint8)
    # Three numbers in [0, 1) for each digit, from a generator whose stream numpy promises to keep.
    draws = np.random.RandomState(2016).random_sample((len(chosen), 3))
    for name, data in files.items():
        with Image.open(io.BytesIO(data)) as image:
            photograph = image.convert("RGB")
        for row in np.flatnonzero(chosen == name):
            scale, across, down = draws[row].tolist()
            width = round(side * (1 + (_LARGEST - 1) * scale))
            left, top = int(across * (photograph.width - width + 1)), int(down * (photograph.height - width + 1))
            window = photograph.crop((left, top, left + width, top + width))
            patches[row] = np.asarray(window.resize((side, side), Image.Resampling.BICUBIC))
    return patches


def credits_of(names: Iterable[str]) -> str:
    """Say whose photographs these are.

    Examples
    --------
    >>> credits_of(["brick", "rocket"])
    'brick: CC0Textures, CC0; rocket: SpaceX, public domain'
    """
    return "; ".join(f"{name}: {SOURCES[name][2]}" for name in names)
