"""The same images in other proportions of the classes: a label shift, and imbalance."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tlnb.core.errors import DataError, did_you_mean
from tlnb.core.used import note
from tlnb.data.images import ImageData
from tlnb.data.splits import NAMES


def with_proportions(
    images: ImageData,
    proportions: Mapping[str, float],
    *,
    parts: Sequence[str] = NAMES,
    seed: int = 0,
) -> ImageData:
    """Keep as many images as are needed for other proportions of the classes: only p(y) moves, p(x | y) stays.

    In each part as many images stay as can while the proportions are met; none is taken twice. What is left out
    belongs to no part any more.

    Parameters
    ----------
    images : ImageData
        What to draw from.
    proportions : mapping of str to float
        Class to its weight, 0 or more; they need not sum to 1. Classes that are not named have weight 1.
    parts : sequence of str
        In which parts: of ``train``, ``valid``, ``test``. The others stay as they are.
    seed : int
        Draws which images stay.

    Raises
    ------
    DataError
        An unknown class or part, weights that are negative or all zero, or a class of which a part has too few.

    Examples
    --------
    >>> import torch
    >>> pixels = torch.zeros(80, 1, 4, 4, dtype=torch.uint8)
    >>> images = ImageData.from_tensors(pixels, [0, 1] * 40, ("sound", "defective"))
    >>> with_proportions(images, {"defective": 0.25}, parts=["train"]).train.per_class
    {'sound': 24, 'defective': 6}
    """
    for name in proportions:
        if name not in images.classes:
            known = ", ".join(images.classes)
            raise DataError(f"there is no class {name!r}: {known}.{did_you_mean(str(name), images.classes)}")
    unknown = [part for part in parts if part not in NAMES]
    if isinstance(parts, str) or unknown:
        raise DataError(f"parts={parts!r}: pass some of {', '.join(NAMES)}, such as ['train'].")
    weights = np.array([float(proportions.get(name, 1.0)) for name in images.classes])
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights.any():
        raise DataError(f"proportions={dict(proportions)!r}: weights are 0 or more, and one of them is not 0.")
    labels = images.labels.numpy()
    kept = {part: _keep(getattr(images.splits, part), labels, weights, images.classes, part, seed) for part in parts}
    note("method", "label shift and imbalance")
    return dataclasses.replace(images, splits=dataclasses.replace(images.splits, **kept))


def _keep(
    rows: np.ndarray, labels: np.ndarray, weights: np.ndarray, classes: tuple[str, ...], part: str, seed: int
) -> np.ndarray:
    """Draw rows of one part; a part without images stays so."""
    if not len(rows):
        return rows
    counts = np.bincount(labels[rows], minlength=len(weights))
    wanted = weights > 0
    most = (counts[wanted] / weights[wanted]).min()  # of a class of weight 1
    numbers = np.floor(most * weights + 1e-9).astype(int)
    if (numbers[wanted] < 1).any():
        short = classes[int(np.flatnonzero(wanted & (numbers < 1))[0])]
        raise DataError(f"these proportions leave no image of {short!r} in {part}: give it more weight, or 0.")
    generator = np.random.default_rng([seed, NAMES.index(part)])
    drawn = [generator.permutation(rows[labels[rows] == label])[:number] for label, number in enumerate(numbers)]
    return np.sort(np.concatenate(drawn))
