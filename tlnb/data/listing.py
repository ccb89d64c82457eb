"""What finding a data set yields, before any image is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tlnb.data.cards import Problem


@dataclass(frozen=True, eq=False)
class Made:
    """Images that are no files: a function makes their pixels from what came with tlnb or a package.

    Parameters
    ----------
    key : dict
        All that the pixels depend on but their size, as plain JSON values: ``"set"``, its name; the version of what
        makes them; the checksum of what they are made from; options. The cache knows them by it.
    make : callable
        ``make(resize, crop, interpolation, progress)`` gives uint8 (N, C, crop, crop), the same at every call; where
        it takes long, it shows a line of progress unless that is False.
    bytes : int
        Size of what they are made from.
    sha256 : str
        Its SHA-256.
    """

    key: dict[str, Any]
    make: Callable[[int, int, str, bool], np.ndarray]
    bytes: int
    sha256: str


@dataclass(frozen=True, eq=False)
class Listing:
    """Files (or images that are made), their labels, and all that came with them.

    Parameters
    ----------
    root : Path
        The folder that holds them.
    files : tuple of Path
        Image files, in a stable order; none where the images are made.
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
    made : Made, optional
        Where the pixels come from, if not from files.
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
    made: Made | None = None


def sort_classes(names: set[str]) -> tuple[str, ...]:
    """Sort names of classes; numbers by value, so that 10 comes after 9."""
    numbers = all(name.isdecimal() for name in names)
    return tuple(sorted(names, key=int if numbers else str))
