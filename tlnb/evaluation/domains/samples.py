"""Samples of two domains that share nothing: no digit, no emoji, no cell of the same module in both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tlnb.core.errors import DataError


def disjoint_samples(
    first: Sequence[object] | np.ndarray, second: Sequence[object] | np.ndarray, most: int, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows of two sets so that nothing is in both samples: half of the things may be drawn from each.

    Given the same set twice, the samples are two halves of one domain: what a measure of shift says of these is what it
    says where there is no shift. Where images come in groups (cells of a module, frames of a film), pass what group
    each belongs to. The halves then have groups of their own, as two domains have.

    Parameters
    ----------
    first, second : sequence
        What each image shows, or what group it belongs to: equal values are one thing.
    most : int
        How many rows to draw from each, at least 1; fewer where there are not so many. Both samples are equally large.
    seed : int
        Of the drawing.

    Returns
    -------
    tuple of ndarray
        int64 rows of the first and of the second, in random order.

    Raises
    ------
    DataError
        If `most` is less than 1, or a half of the things has no row in a set.

    Examples
    --------
    >>> module = np.repeat(["a", "b", "c", "d"], 5)
    >>> rows, others = disjoint_samples(module, module, 6)
    >>> len(rows), len(others), set(module[rows]) & set(module[others])
    (6, 6, set())
    """
    if most < 1:
        raise DataError(f"most={most!r}: draw at least 1 row of each.")
    ours, theirs = np.asarray(first), np.asarray(second)
    rng = np.random.default_rng(seed)
    things = np.unique(np.concatenate([ours, theirs]))
    half = rng.permutation(things)[: len(things) // 2]
    rows = rng.permutation(np.flatnonzero(np.isin(ours, half)))
    others = rng.permutation(np.flatnonzero(~np.isin(theirs, half)))
    count = min(most, len(rows), len(others))
    if not count:
        raise DataError(
            f"{len(things)} things in {len(ours)} and {len(theirs)} rows: by seed {seed}, one of the sets has none of "
            "the half that it may give. Two domains of few groups cannot share them out: pass a value for each image."
        )
    return rows[:count], others[:count]
