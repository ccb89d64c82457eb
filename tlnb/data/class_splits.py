"""Which classes a model may see, and which it meets only afterwards: for few-shot and zero-shot learning.

Classes that look alike or mean nearly the same (24 clock faces) on both sides would make the unseen ones easy: those of
one kind stay together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.errors import DataError, did_you_mean
from tlnb.core.used import note

if TYPE_CHECKING:
    from tlnb.data.images import ImageData


@dataclass(frozen=True)
class ClassSplit:
    """Names of classes to learn from, and of those kept for later, each in the order of the set."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...]


def split_classes(
    images: ImageData,
    unseen: float = 0.3,
    seed: int = 0,
    *,
    by: str | None = "subcategory",
    classes: Sequence[str] | None = None,
) -> ClassSplit:
    """Draw the classes that are kept for later.

    Parameters
    ----------
    images : ImageData
        Whose classes are divided.
    unseen : float
        The share of classes to keep, in (0, 1), met as nearly as whole kinds allow.
    seed : int
        Equal seeds draw equal splits.
    by : str, optional
        The column whose value is a class's kind; kinds are kept whole. None draws single classes.
    classes : sequence of str, optional
        Divide these only: the seen ones again, say, for classes to choose by.

    Returns
    -------
    ClassSplit
        Together each class once; neither is empty.

    Raises
    ------
    DataError
        A share that makes no sense, no such column or class, a class of several kinds, or all of one kind.

    Examples
    --------
    >>> from tlnb.data import ImageData
    >>> import torch
    >>> pixels, names = torch.zeros(8, 1, 4, 4, dtype=torch.uint8), ("cat", "dog", "car", "van")
    >>> images = ImageData.from_tensors(
    ...     pixels, [0, 1, 2, 3] * 2, names, test=0, valid=0, columns={"kind": ["pet", "pet", "road", "road"] * 2}
    ... )
    >>> split_classes(images, unseen=0.5, by="kind")
    ClassSplit(seen=('car', 'van'), unseen=('cat', 'dog'))
    """
    if not 0 < unseen < 1:
        raise DataError(f"unseen={unseen!r}: pass a share of the classes between 0 and 1, such as 0.3.")
    names = _chosen(images, classes)
    kinds = dict(zip(names, names, strict=True)) if by is None else _kinds(images, names, by)
    sizes = dict.fromkeys(kinds.values(), 0)
    for kind in kinds.values():
        sizes[kind] += 1
    if len(sizes) < 2:
        hint = "" if by is None else f", {next(iter(sizes))!r}: pass by=None to draw single classes"
        raise DataError(f"{len(names)} class(es) of one kind cannot be divided{hint or ': add classes'}.")
    order = np.random.default_rng(seed).permutation(np.array(list(sizes), dtype=object)).tolist()
    kept = _fill(order, sizes, unseen * len(names))
    note("splitter", "classes kept whole" if by is None else "kinds of classes kept whole")
    return ClassSplit(
        seen=tuple(name for name in names if kinds[name] not in kept),
        unseen=tuple(name for name in names if kinds[name] in kept),
    )


def _fill(order: list[str], sizes: dict[str, int], wanted: float) -> set[str]:
    """Take kinds in order as long as they fit, then one more if that comes nearer; one at least, and never all."""
    kept, count = set(), 0
    for kind in order:
        if count + sizes[kind] <= wanted:
            kept.add(kind)
            count += sizes[kind]
    rest = [kind for kind in order if kind not in kept]
    last = min(rest, key=lambda kind: sizes[kind])
    if not kept or (len(rest) > 1 and count + sizes[last] - wanted < wanted - count):
        kept.add(last)
    return kept


def _chosen(images: ImageData, classes: Sequence[str] | None) -> tuple[str, ...]:
    """Give the classes to divide, in the order of the set."""
    if classes is None:
        return images.classes
    chosen = set(classes)
    for name in sorted(chosen - set(images.classes)):
        raise DataError(f"there is no class {name!r}.{did_you_mean(str(name), images.classes)}")
    if len(chosen) < 2:
        raise DataError(f"classes={list(classes)!r}: pass two or more to divide.")
    return tuple(name for name in images.classes if name in chosen)


def _kinds(images: ImageData, names: tuple[str, ...], by: str) -> dict[str, str]:
    """Give each class its kind."""
    if by not in images.columns:
        raise DataError(
            f"by={by!r} is no column ({', '.join(images.columns) or 'there are none'}): pass a column's name, or None "
            f"to draw single classes.{did_you_mean(by, images.columns)}"
        )
    found: dict[str, set[str]] = {name: set() for name in images.classes}
    for label, kind in zip(images.labels.tolist(), images.columns[by].tolist(), strict=True):
        found[images.classes[label]].add(str(kind))
    for name in names:
        if len(found[name]) != 1:
            raise DataError(
                f"class {name!r} has {len(found[name])} kinds in the column {by!r}: pass a column that is the same for "
                "all images of a class, or by=None."
            )
    return {name: found[name].pop() for name in names}
