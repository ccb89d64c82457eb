"""Fewer images of each class, and weights against imbalance."""

from __future__ import annotations

import numpy as np
import torch

from tlnb.core.errors import DataError


def few_per_class(
    train: np.ndarray, labels: np.ndarray, classes: tuple[str, ...], per_class: int, seed: int
) -> np.ndarray:
    """Draw rows of training images, equally many of each class.

    Parameters
    ----------
    train : ndarray of int64, shape (n,)
        Rows to draw from.
    labels : ndarray of int64, shape (n,)
        Their classes.
    classes : tuple of str
        Names of the classes.
    per_class, seed : int
        How many of each; equal seeds make fewer a part of more.

    Returns
    -------
    ndarray of int64, shape (per_class * C,)
        Sorted.

    Raises
    ------
    DataError
        A class has fewer.
    """
    generator = np.random.default_rng(seed)
    most = int(np.bincount(labels, minlength=len(classes)).min())
    if not 1 <= per_class <= most:
        raise DataError(
            f"per_class={per_class!r}, but the smallest class has {most} training images: pass 1 to {most}."
        )
    members = (generator.permutation(train[labels == label]) for label in range(len(classes)))
    return np.sort(np.concatenate([rows[:per_class] for rows in members]))


def balanced_weights(labels: torch.Tensor, classes: tuple[str, ...]) -> torch.Tensor:
    """Weigh classes inversely to their count, with mean 1. int64 (n,) -> float32 (C,).

    Examples
    --------
    >>> balanced_weights(torch.tensor([0, 0, 0, 1]), ("often", "seldom"))
    tensor([0.5000, 1.5000])
    """
    counts = torch.bincount(labels, minlength=len(classes)).to(torch.float64)
    if not counts.all():
        missing = classes[int(counts.argmin())]
        raise DataError(f"class {missing!r} has no training images, so it has no weight: leave it out.")
    return (counts.reciprocal() / counts.reciprocal().mean()).to(torch.float32)
