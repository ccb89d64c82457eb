"""Which numbers a claim can be judged by, and the smallest effect that counts for each kind of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tlnb.core.errors import TlnbError, did_you_mean

OF_BASELINE = "of the baseline"  # the unit of sizes
# Fixed for the whole course, by kind and never by claim: see the one rule.
SMALLEST = {"score": 0.01, "size": 0.10}


@dataclass(frozen=True)
class Metric:
    """A number that an experiment can give.

    Attributes
    ----------
    name, label : str
        As in plans, and as people read it.
    kind : {"score", "size"}
        Differences of scores count as they are; differences of sizes as a share of the baseline's mean.
    low, high : float
        The values it can take.
    less_is_better : bool
        For errors and costs; figures then put the smallest at the top.
    """

    name: str
    label: str
    kind: str
    low: float = 0.0
    high: float = math.inf
    less_is_better: bool = False

    @property
    def smallest(self) -> float:
        """The smallest effect that counts: 0.01, or 10 % of the baseline."""
        return SMALLEST[self.kind]

    @property
    def unit(self) -> str:
        """What effects are told in."""
        return self.label if self.kind == "score" else OF_BASELINE


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "accuracy", "score", 0, 1),
        Metric("auc", "AUC", "score", 0, 1),
        Metric("f1", "F1", "score", 0, 1),
        Metric("iou", "IoU", "score", 0, 1),
        Metric("map", "mAP", "score", 0, 1),
        Metric("correlation", "correlation", "score", -1, 1),
        Metric("calibration_error", "calibration error", "score", 0, 1, True),
        Metric("seconds", "seconds", "size", less_is_better=True),
        Metric("epochs", "epochs", "size", less_is_better=True),
        Metric("bytes", "bytes", "size", less_is_better=True),
        Metric("operations", "operations", "size", less_is_better=True),
        Metric("distance", "distance", "size"),
        Metric("images", "images", "size"),
    )
}


def find_metric(name: str) -> Metric:
    """Return a metric by its name; what follows a colon says of what: ``"distance: stem"``.

    Raises
    ------
    TlnbError
        If there is none.

    Examples
    --------
    >>> find_metric("distance: stem").smallest
    0.1
    """
    base = name.partition(":")[0].strip()
    if base not in METRICS:
        raise TlnbError(f"There is no metric {base!r}; there are {', '.join(METRICS)}.{did_you_mean(base, METRICS)}")
    return METRICS[base]


def tell_metric(name: str) -> str:
    """Return how people read a metric's name.

    Examples
    --------
    >>> tell_metric("distance: stem"), tell_metric("auc")
    ('distance (stem)', 'AUC')
    """
    _, _, what = name.partition(":")
    label = find_metric(name).label
    return f"{label} ({what.strip()})" if what else label


def check_scores(name: str, scores: Sequence[float]) -> None:
    """Refuse numbers that a metric cannot take.

    Raises
    ------
    TlnbError
        If a score is not finite, or outside the metric's range: per cent given as a score, say.
    """
    metric = find_metric(name)
    for score in scores:
        if not math.isfinite(score):
            raise TlnbError(f"A score of {name!r} is {score}: find the run that failed.")
        if not metric.low <= score <= metric.high:
            raise TlnbError(
                f"A score of {name!r} is {score:g}; it must lie in [{metric.low:g}, {metric.high:g}]."
                + (" Give shares, not per cent." if metric.high == 1 and score > 1 else "")
            )
