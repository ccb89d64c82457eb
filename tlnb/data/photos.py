"""A few free photographs that come with scikit-image and scikit-learn, for previews and tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from tlnb.core.errors import DataError
from tlnb.data.cards import DataCard
from tlnb.data.listing import Listing

# Name -> package, file in it, and whose it is.
PHOTOS = {
    "astronaut": ("skimage", "data/astronaut.png", "NASA, public domain"),
    "camera": ("skimage", "data/camera.png", "Lav Varshney, CC0"),
    "chelsea": ("skimage", "data/chelsea.png", "Stéfan van der Walt, CC0"),
    "china": ("sklearn", "datasets/images/china.jpg", "danielbuechele, CC BY 2.0"),
    "coffee": ("skimage", "data/coffee.png", "Rachel Michetti, CC0"),
    "flower": ("sklearn", "datasets/images/flower.jpg", "vultilion, CC BY 2.0"),
    "rocket": ("skimage", "data/rocket.jpg", "SpaceX, public domain"),
}


def find_photos() -> Listing:
    """List the photographs, each a class of its own; all of them are in the training part.

    Returns
    -------
    Listing
        With the column ``credit``.

    Raises
    ------
    DataError
        scikit-image is not installed, or does not have them.
    """
    files = []
    for package, name, _ in PHOTOS.values():
        spec = importlib.util.find_spec(package)
        file = Path(spec.origin).parent / name if spec and spec.origin else None
        if file is None or not file.exists():
            raise DataError('the photographs are not installed: run  pip install "tlnb[data]".')
        files.append(file)
    names = tuple(PHOTOS)
    return Listing(
        root=files[0].parents[2],
        files=tuple(files),
        labels=np.array(names),
        classes=names,
        columns={"credit": np.array([credit for _, _, credit in PHOTOS.values()])},
        splits=False,
    )


def photos_card(size: int, sha256: str) -> DataCard:
    """Describe the photographs."""
    credits = "; ".join(f"{name}: {credit}" for name, (_, _, credit) in PHOTOS.items())
    return DataCard(
        name="photos",
        title="Single photographs of scikit-image and scikit-learn",
        licence="free, each its own: see attribution",
        source="PyPI scikit-image and scikit-learn",
        bytes=size,
        sha256=sha256,
        attribution=f"Photographs: {credits}",
        notes="One image a class: to look at, not to train on.",
    )
