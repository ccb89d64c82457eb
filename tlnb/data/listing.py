"""What finding a data set yields, before any image is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tlnb.data.cards import Problem


@dataclass(frozen=True, eq=False)
class Listing:
    """Files, their labels, and all that came with them.

    Parameters
    ----------
    root : Path
        The folder that holds them.
    files : tuple of Path
        Image files, in a stable order.
    labels : ndarray of str, shape (N,)
        Name of each file's class.
    classes : tuple of str
        Names in the order of their indices.
    columns : dict of str to ndarray
        What else is known of each image.
    given : ndarray of str, shape (N,), optional
        ``train``, ``valid`` or ``test``, where the data came divided.
    group_column : str, optional
        The column whose equal values may not be parted, by default.
    problems : tuple of Problem
        Files that were found and cannot be used.
    splits : bool
        False for a few single photographs, which all stay in the training part.
    passed_over : dict of str to int
        Ending -> how many files have it that were taken for no images.
    """

    root: Path
    files: tuple[Path, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    given: np.ndarray | None = None
    group_column: str | None = None
    problems: tuple[Problem, ...] = ()
    splits: bool = True
    passed_over: dict[str, int] = field(default_factory=dict)


def sort_classes(names: set[str]) -> tuple[str, ...]:
    """Sort names of classes; numbers by value, so that 10 comes after 9."""
    numbers = all(name.isdecimal() for name in names)
    return tuple(sorted(names, key=int if numbers else str))
