"""Which drawings and which photographs are for which part: no two parts share any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.emoji import STYLES, EmojiTable, read_table
from tlnb.data.splits import NAMES

DIVISIONS = ("family", "emoji")
_SHARES = (0.6, 0.15, 0.25)  # of a class's emoji, in the order of NAMES


@dataclass(frozen=True)
class Supply:
    """What the scenes of one part are made from.

    Parameters
    ----------
    emoji : tuple of ndarray
        For each class, rows of the `EmojiTable`.
    styles : tuple of str
        How they may be drawn.
    """

    emoji: tuple[np.ndarray, ...]
    styles: tuple[str, ...]


def emoji_of(classes: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Find the emoji of each class, which is a group's name, a sub-category's, or that of one emoji.

    Raises
    ------
    DataError
        No such name, or an emoji in two classes.
    """
    table = read_table()
    found = tuple(_rows(table, name) for name in classes)
    rows, counts = np.unique(np.concatenate(found), return_counts=True)
    for row in rows[counts > 1][:1].tolist():
        both = [name for name, members in zip(classes, found, strict=True) if row in members]
        raise DataError(f"{table.names[row]!r} is in two classes, {' and '.join(map(repr, both))}: pass one of them.")
    return found


def _rows(table: EmojiTable, name: str) -> np.ndarray:
    known = [*table.groups.tolist(), *table.subcategories.tolist(), *table.names.tolist()]
    if name not in known:
        groups = ", ".join(dict.fromkeys(table.groups.tolist()))
        raise DataError(
            f"there is no group, sub-category or emoji {name!r}.{did_you_mean(str(name), known)} Groups: {groups}; "
            "sub-categories and names: tlnb.data.emoji.read_table()."
        )
    named = (table.groups == name) | (table.subcategories == name)
    return np.flatnonzero(named if named.any() else table.names == name)


def divide(
    emoji: Sequence[np.ndarray], classes: Sequence[str], styles: Sequence[str], by: str, seed: int, parts: Sequence[str]
) -> dict[str, Supply]:
    """Divide drawings among the parts.

    Parameters
    ----------
    emoji, classes : sequence of ndarray, sequence of str
        Rows of each class, and its name.
    styles : sequence of str
        How they are drawn, in the order given.
    by : {"family", "emoji"}
        ``"family"``: whole drawing families; the last is for testing, the one before for validation, the others
        for training. ``"emoji"``: all drawings of an emoji to one part, drawn by `seed`.
    seed : int
        Draws which emoji go where.
    parts : sequence of str
        The parts that have scenes at all, in the order of ``train``, ``valid``, ``test``.

    Returns
    -------
    dict of str to Supply
        For each of `parts`.

    Raises
    ------
    DataError
        Too few families, or too few emoji of a class.
    """
    if by == "family":
        return {part: Supply(tuple(emoji), chosen) for part, chosen in _families(styles, parts).items()}
    generator = np.random.RandomState([seed, 3])  # numpy promises to keep its stream
    shared = [_share(generator.permutation(rows), name, parts) for rows, name in zip(emoji, classes, strict=True)]
    return {part: Supply(tuple(rows[part] for rows in shared), tuple(styles)) for part in parts}


def _families(styles: Sequence[str], parts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    families = list(dict.fromkeys(STYLES[style].family for style in styles))
    if len(families) < len(parts):
        raise DataError(
            f"the styles {', '.join(styles)} are of {len(families)} drawing "
            f"{'family' if len(families) == 1 else 'families'}, and {', '.join(parts)} need one each, so that none is "
            "shared: pass styles of more families, fewer parts (valid=0), or divide_by='emoji'."
        )
    kept = dict(zip(reversed(parts), reversed(families), strict=False))
    kept.pop("train", None)
    chosen = {family: part for part, family in kept.items()}
    return {
        part: tuple(style for style in styles if chosen.get(STYLES[style].family, parts[0]) == part) for part in parts
    }


def _share(rows: np.ndarray, name: str, parts: Sequence[str]) -> dict[str, np.ndarray]:
    if len(rows) < len(parts):
        raise DataError(
            f"the class {name!r} has {len(rows)} emoji, too few to give each of {', '.join(parts)} its own: pass a "
            "larger class, or divide_by='family'."
        )
    shares = np.array([share for part, share in zip(NAMES, _SHARES, strict=True) if part in parts])
    ends = np.round(np.cumsum(shares / shares.sum()) * len(rows)).astype(int)
    for place in range(len(parts)):  # one at least for each, and for those that come after it
        before = ends[place - 1] if place else 0
        ends[place] = min(max(ends[place], before + 1), len(rows) - (len(parts) - 1 - place))
    return dict(zip(parts, np.split(rows, ends[:-1]), strict=True))
