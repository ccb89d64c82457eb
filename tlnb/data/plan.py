"""How a split was drawn, so that it can be drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlnb.core.errors import DataError, did_you_mean
from tlnb.core.used import note
from tlnb.data.splits import Splits, split_images


@dataclass(frozen=True, eq=False)
class SplitPlan:
    """How the split was drawn, so that it can be drawn again with another seed.

    Parameters
    ----------
    seed, test, valid
        As in :func:`split_images`.
    groups : None, str or sequence
        Images that may not be parted: none; those of equal value in the column of this name; or here.
    given : ndarray of str, optional
        The division that the data came with.
    auto : str, optional
        The column that ``groups="auto"`` stands for; without it, nothing is kept together.
    """

    seed: int
    test: float
    valid: float
    groups: str | Sequence[Any] | np.ndarray | None = None
    given: np.ndarray | None = None
    auto: str | None = None

    def draw(self, labels: np.ndarray, columns: dict[str, np.ndarray], classes: tuple[str, ...]) -> Splits:
        """Divide images with these labels.

        Parameters
        ----------
        labels : ndarray of int, shape (N,)
            Class indices.
        columns : dict of str to ndarray
            Where `groups` is looked for.
        classes : tuple of str
            Names of the classes, for errors.

        Raises
        ------
        DataError
            No such column, or a split that cannot be drawn.
        """
        groups = self.groups
        if isinstance(groups, str) and groups == "auto":
            groups = self.auto
        if isinstance(groups, str):
            if groups not in columns:
                raise DataError(
                    f"groups={groups!r} is no column ({', '.join(columns) or 'there are none'}): pass a "
                    f"column's name, a value for each image, or None.{did_you_mean(groups, columns)}"
                )
            groups = columns[groups]
        drawn = split_images(
            labels,
            seed=self.seed,
            test=self.test,
            valid=self.valid,
            groups=groups if groups is None else np.asarray(groups),
            given=self.given,
            classes=classes,
        )
        kept = set() if self.given is None else set(self.given.tolist())
        if any(share and part not in kept for part, share in (("test", self.test), ("valid", self.valid))):
            note("splitter", "stratified" if groups is None else "groups kept whole")
        return drawn
