"""How well a linear classifier reads the classes from each layer group: where in a network the knowledge is.

Alain & Bengio, "Understanding intermediate layers using linear classifier probes", 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.errors import DataError
from tlnb.core.tables import Table
from tlnb.evaluation.features.probe import probe_scores
from tlnb.evaluation.verdicts.intervals import Interval, mean_interval

if TYPE_CHECKING:
    from torch import Tensor

    from tlnb.data import ImageData


@dataclass(frozen=True, repr=False)
class DepthScores(Table):
    """The scores of linear probes, layer group by layer group. Shows itself as a table.

    Attributes
    ----------
    scores : dict of str to list of float
        Group, input to head, to a score for each seed.
    metric : {"AUC", "accuracy"}
        What they are.
    """

    scores: dict[str, list[float]]
    metric: str

    @property
    def intervals(self) -> dict[str, Interval]:
        """The mean of each group with its 95 % interval over the seeds."""
        return {group: mean_interval(scores) for group, scores in self.scores.items()}

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        rows = [[name, f"{i.mean:.3f}", f"{i.low:.3f}", f"{i.high:.3f}"] for name, i in self.intervals.items()]
        return ["layer group", self.metric, "low", "high"], rows


def probe_by_depth(
    features: dict[str, Tensor],
    images: ImageData,
    seeds: Iterable[int] = range(5),
    on_score: Callable[[int, int], None] | None = None,
) -> DepthScores:
    """Score a logistic regression on the features of each layer group; the test images stay untouched.

    Each seed divides the training and validation images anew: some to learn from, some to choose the penalty by, and
    some, seen by neither, to score on; groups of images stay whole.

    Parameters
    ----------
    features : dict of str to Tensor
        Layer group to ``(N, D)`` for all N images, from `tlnb.backbones.layer_means`.
    images : ImageData
        Gives labels and groups.
    seeds : iterable of int
        Two or more.
    on_score : callable, optional
        Called after each group with how many are done, and how many there are.

    Returns
    -------
    DepthScores
        AUC where there are two classes, else accuracy.

    Raises
    ------
    DataError
        If there is not a row of features for each image.

    Examples
    --------
    >>> import tlnb
    >>> import torch
    >>> labels = torch.arange(80) % 2
    >>> images = tlnb.ImageData.from_tensors(torch.zeros(80, 1, 8, 8, dtype=torch.uint8), labels, ["even", "odd"])
    >>> probe_by_depth({"stage1": labels[:, None].float()}, images, seeds=[0, 1]).scores
    {'stage1': [1.0, 1.0]}
    """
    known = known_rows(images)
    kept = _alone(images, known)
    chosen, scores = list(seeds), dict[str, list[float]]()
    for done, (group, rows) in enumerate(features.items(), 1):
        if len(rows) != len(images):
            raise DataError(f"{group!r} has {len(rows)} rows of features for {len(images)} images: give one for each.")
        scores[group] = probe_scores(rows[known], kept, chosen)
        if on_score is not None:
            on_score(done, len(features))
    return DepthScores(scores, "AUC" if len(images.classes) == 2 else "accuracy")


def known_rows(images: ImageData) -> Tensor:
    """Return the rows that may be looked at while one still chooses, int64, sorted: all but the test images."""
    import torch

    return torch.cat([images.train.indices, images.valid.indices]).sort().values


def _alone(images: ImageData, rows: Tensor) -> ImageData:
    """Return labels and groups of some images as a set of its own, of pixels that say nothing."""
    import torch

    from tlnb.data import ImageData

    groups = images.plan.groups
    if isinstance(groups, str) and groups == "auto":
        groups = images.plan.auto
    if isinstance(groups, str):
        groups = images.columns[groups]
    own = None if groups is None else np.asarray(groups)[rows.numpy()]
    nothing = torch.zeros(len(rows), 1, 1, 1, dtype=torch.uint8)
    return ImageData.from_tensors(nothing, images.labels[rows], images.classes, groups=own)
