"""What emoji there are: their names, groups, sub-categories and keywords, in Unicode's order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.emoji.styles import names_of

FOLDER = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class EmojiTable:
    """The emoji, one a row.

    Parameters
    ----------
    codes, names : ndarray of str, shape (N,)
        Code points in hexadecimal, joined by hyphens, and English names.
    subcategories, groups : ndarray of str, shape (N,)
        Unicode's: 49 sub-categories in five groups.
    keywords : tuple of tuple of str
        CLDR's, of each.
    sheets : dict of str to dict
        Style -> its file, bytes, SHA-256, and whether it is drawn in black ink.
    side, across : int
        Pixels of a drawing's side, and drawings in a row of a sheet.
    """

    codes: np.ndarray
    names: np.ndarray
    subcategories: np.ndarray
    groups: np.ndarray
    keywords: tuple[tuple[str, ...], ...]
    sheets: dict[str, dict[str, Any]]
    side: int
    across: int

    def rows(self, categories: str | Sequence[str] | None = None) -> np.ndarray:
        """Find the emoji of some groups or sub-categories.

        Parameters
        ----------
        categories : str or sequence of str, optional
            Names of either kind; all emoji if not given.

        Returns
        -------
        ndarray of int64
            Their rows, in order.

        Raises
        ------
        DataError
            There is none of that name; near ones are given.
        """
        if categories is None:
            return np.arange(len(self.names))
        names = names_of(categories)
        known = {*self.groups.tolist(), *self.subcategories.tolist()}
        for name in names:
            if name not in known:
                raise DataError(
                    f"there is no group and no sub-category {name!r} of emoji.{did_you_mean(str(name), known)} "
                    f"Groups: {', '.join(dict.fromkeys(self.groups.tolist()))}; sub-categories: "
                    f"{', '.join(dict.fromkeys(self.subcategories.tolist()))}."
                )
        if not names:
            raise DataError("categories=[] leaves no emoji: pass names of groups or sub-categories, or None for all.")
        return np.flatnonzero(np.isin(self.groups, names) | np.isin(self.subcategories, names))


@lru_cache(maxsize=1)
def read_table() -> EmojiTable:
    """Read the table that came with tlnb.

    Examples
    --------
    >>> table = read_table()
    >>> len(table.names), str(table.names[5]), str(table.subcategories[5]), table.keywords[5][:3]
    (849, 'dog', 'animal-mammal', ('animal', 'animals', 'dogs'))
    """
    read = json.loads((FOLDER / "emoji.json").read_text(encoding="utf-8"))
    codes, names, subcategories, keywords = zip(*read["emoji"], strict=True)
    return EmojiTable(
        codes=np.array(codes),
        names=np.array(names),
        subcategories=np.array(subcategories),
        groups=np.array([read["subcategories"][name] for name in subcategories]),
        keywords=tuple(tuple(words) for words in keywords),
        sheets=read["sheets"],
        side=read["side"],
        across=read["across"],
    )
