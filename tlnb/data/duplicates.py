"""Images that are there more than once: byte for byte, or nearly the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from tlnb.data.cards import printable
from tlnb.data.contents import Contents
from tlnb.data.near import near_pairs

_MOST_SHOWN = 4


@dataclass(frozen=True)
class Duplicate:
    """One image that lies in several files.

    Attributes
    ----------
    files : tuple of Path
        Where it is.
    classes : tuple of str
        Its labels, each once. With more than one, it teaches a contradiction.
    exact : bool
        Byte for byte; else nearly the same.
    rows : tuple of int
        Which images of the folder these are.
    parts : tuple of str
        The parts that a split puts them into, each once. With more than one, a test score is too good.
    """

    files: tuple[Path, ...]
    classes: tuple[str, ...]
    exact: bool
    rows: tuple[int, ...]
    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.told_from(None)

    def told_from(self, root: Path | None) -> str:
        """Say where it is and what is wrong with that, with paths that start at a folder."""
        names = [file if root is None or root not in file.parents else file.relative_to(root) for file in self.files]
        shown = ", ".join(printable(name) for name in names[:_MOST_SHOWN])
        rest = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
        same = "the same image" if self.exact else "nearly the same image"
        labels = f", labelled {' and '.join(self.classes)}" if len(self.classes) > 1 else ""
        parts = f", in {' and '.join(self.parts)}" if len(self.parts) > 1 else ""
        return f"{shown}{rest}: {same}{labels}{parts}"


def exact_copies(contents: Contents) -> tuple[Duplicate, ...]:
    """Return images that are there more than once, byte for byte, those with several labels first."""
    rows: dict[str, list[int]] = {}
    for row, record in enumerate(contents.records):
        rows.setdefault(record.sha256, []).append(row)
    found = [_duplicate(contents, same, True) for same in rows.values() if len(same) > 1]
    return tuple(sorted(found, key=_order))


def near_copies(contents: Contents, small: torch.Tensor) -> tuple[Duplicate, ...]:
    """Return images that are nearly the same and not byte for byte, those with several labels first.

    Each group holds all that are linked: the frames of a film become one. Of copies byte for byte, all are in it.

    Parameters
    ----------
    contents : Contents
        What is in the files.
    small : torch.Tensor
        uint8 (N, 3, 64, 64), small copies of them.
    """
    rows: dict[str, list[int]] = {}
    for row, record in enumerate(contents.records):
        rows.setdefault(record.sha256, []).append(row)
    same = list(rows.values())
    pairs = near_pairs(small[[members[0] for members in same]])
    found = [
        _duplicate(contents, sorted(row for place in places for row in same[place]), False)
        for places in _linked(pairs, len(same))
        if len(places) > 1
    ]
    return tuple(sorted(found, key=_order))


def groups_of(duplicates: Iterable[Duplicate], images: int) -> tuple[int, ...]:
    """Give each image a number: copies share one, all others have their own.

    Examples
    --------
    >>> groups_of([Duplicate((), (), True, (0, 3))], 4)
    (0, 1, 2, 0)
    """
    pairs = [(found.rows[0], row) for found in duplicates for row in found.rows[1:]]
    number = [0] * images
    for place, rows in enumerate(_linked(pairs, images)):
        for row in rows:
            number[row] = place
    return tuple(number)


def _linked(pairs: Iterable[tuple[int, int]], count: int) -> list[list[int]]:
    """Put together what pairs link, in order of first members; what is in no pair stays alone."""
    root = list(range(count))

    def find(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        root[high] = low
    members: dict[int, list[int]] = {}
    for place in range(count):
        members.setdefault(find(place), []).append(place)
    return list(members.values())


def _duplicate(contents: Contents, rows: Sequence[int], exact: bool) -> Duplicate:
    labels = {str(label) for label in contents.listing.labels[list(rows)]}
    return Duplicate(
        files=tuple(contents.listing.files[row] for row in rows),
        classes=tuple(name for name in contents.listing.classes if name in labels),
        exact=exact,
        rows=tuple(rows),
    )


def _order(duplicate: Duplicate) -> tuple[bool, tuple[int, ...]]:
    return len(duplicate.classes) == 1, duplicate.rows
