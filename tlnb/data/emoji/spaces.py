"""What emoji mean, as vectors: embeddings of their names and keywords, and plain attributes.

A zero-shot classifier learns a way from images into such a space, and looks there for classes that it never saw.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.emoji.reading import published_bytes
from tlnb.data.emoji.table import read_table

SPACES = ("name", "keywords")
_SHA256 = "e012d413dfd956e9db2fc9f8a1231b69621535a1b615e6ec18d143c61cfa06f9"  # of what tools/build_emoji.py wrote


@dataclass(frozen=True, eq=False)
class Attributes:
    """Plain attributes of emoji.

    Parameters
    ----------
    values : ndarray of float32, shape (849, A)
        1 where an emoji has an attribute, else 0.
    names : tuple of str
        ``"group: Objects"``, ``"subcategory: lock"``, ``"keyword: tool"`` and so on, A of them.
    """

    values: np.ndarray
    names: tuple[str, ...]

    def of(self, kind: str) -> Attributes:
        """Keep attributes of one kind: group, subcategory or keyword.

        Unseen sub-categories have an attribute of their own that no seen class has: it can teach nothing, and tells
        only that they are not seen. Keywords are what classes share.
        """
        kept = [place for place, name in enumerate(self.names) if name.startswith(f"{kind}: ")]
        if not kept:
            raise DataError(f"there are no attributes of the kind {kind!r}: pass group, subcategory or keyword.")
        return Attributes(self.values[:, kept], tuple(self.names[place] for place in kept))


def embeddings(of: str = "name") -> np.ndarray:
    """Give sentence embeddings of all emoji, in the order of `read_table`.

    Parameters
    ----------
    of : {"name", "keywords"}
        The English name; or the mean over the keywords, each embedded by itself.

    Returns
    -------
    ndarray of float32, shape (849, 384)
        Each of length 1, made with all-MiniLM-L6-v2 from words alone.

    Raises
    ------
    DataError
        There is no such space, or the file that holds it is damaged.

    Examples
    --------
    >>> meaning, names = embeddings(), read_table().names.tolist()
    >>> likeness = meaning @ meaning[names.index("lion")]
    >>> [names[row] for row in likeness.argsort()[::-1][:2]]
    ['lion', 'tiger']
    """
    if of not in SPACES:
        raise DataError(
            f"there are no embeddings of {of!r}: pass {' or '.join(SPACES)}.{did_you_mean(str(of), SPACES)}"
        )
    from safetensors.numpy import load

    stored = load(published_bytes("embeddings.safetensors", _SHA256))[of].astype(np.float32)
    return stored / np.linalg.norm(stored, axis=1, keepdims=True)


def attributes(at_least: int = 3) -> Attributes:
    """Give group, sub-category and keywords of all emoji as zeros and ones, in the order of `read_table`.

    Parameters
    ----------
    at_least : int
        Keywords of fewer emoji are left out: what one class has alone tells nothing of another.

    Raises
    ------
    DataError
        `at_least` is no number of emoji.

    Examples
    --------
    >>> plain = attributes()
    >>> lion = plain.values[read_table().names.tolist().index("lion")]
    >>> [name for name, value in zip(plain.names, lion, strict=True) if value][:2]
    ['group: Animals & Nature', 'subcategory: animal-mammal']
    """
    if isinstance(at_least, bool) or not isinstance(at_least, (int, np.integer)) or at_least < 1:
        raise DataError(f"at_least={at_least!r}: pass a number of emoji, such as 3.")
    table = read_table()
    each = [
        [f"group: {group}", f"subcategory: {subcategory}", *(f"keyword: {word}" for word in words)]
        for group, subcategory, words in zip(table.groups, table.subcategories, table.keywords, strict=True)
    ]
    counts = Counter(name for names in each for name in names)
    kept = sorted(name for name, count in counts.items() if count >= at_least or not name.startswith("keyword: "))
    kinds = ("group", "subcategory", "keyword")
    kept.sort(key=lambda name: kinds.index(name.partition(":")[0]))
    place = {name: column for column, name in enumerate(kept)}
    values = np.zeros((len(each), len(kept)), np.float32)
    for row, names in enumerate(each):
        values[row, [place[name] for name in names if name in place]] = 1
    return Attributes(values, tuple(kept))
