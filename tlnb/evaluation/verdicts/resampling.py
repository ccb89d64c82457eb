"""Scores that remember their test images, so that the noise from those can be found by drawing them again.

Efron & Tibshirani, "An Introduction to the Bootstrap", 1993.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlnb.core.errors import TlnbError
from tlnb.core.metrics import classification_metrics
from tlnb.evaluation.verdicts.rule import Noise

DRAWS = 200


@dataclass(frozen=True, eq=False)
class Scored:
    """A score on test images, with what each image contributed.

    Attributes
    ----------
    metric : {"accuracy", "auc"}
        Which score.
    value : float
        In [0, 1].
    indices : ndarray
        int64 (n,): which images.
    labels, logits : ndarray
        int64 (n,) and float (n, C).
    """

    metric: str
    value: float
    indices: np.ndarray
    labels: np.ndarray
    logits: np.ndarray

    def __float__(self) -> float:
        return self.value


def scored(metric: str, outputs: Any) -> Scored:
    """Score the outputs of a run on its test images, and keep them for resampling.

    Parameters
    ----------
    metric : {"accuracy", "auc"}
        Which score.
    outputs : TestOutputs
        ``run.outputs``: indices and labels (n,), logits (n, C).

    Raises
    ------
    TlnbError
        If there are no outputs, or the metric is not defined on them (AUC for more than two classes).
    """
    if outputs is None:
        raise TlnbError("This run has no test outputs: it was stopped before its end.")
    if metric not in _BATCHED:
        raise TlnbError(f"metric={metric!r} cannot be resampled; {', '.join(_BATCHED)} can.")
    labels, logits = np.asarray(outputs.labels), np.asarray(outputs.logits)
    values = classification_metrics(labels, logits)
    if metric not in values:
        raise TlnbError(f"{metric!r} is not defined for these {logits.shape[1]} classes; take accuracy.")
    return Scored(metric, values[metric], np.asarray(outputs.indices), labels, logits)


def difference_noise(scores: Sequence[Scored], baseline: Sequence[Scored]) -> Noise:
    """Return what resampling the test images does to paired differences.

    Both conditions of a seed see the same images in each draw, so what is hard for both drops out.

    Parameters
    ----------
    scores, baseline : sequence of Scored
        One a seed, the same seeds in the same order.

    Raises
    ------
    TlnbError
        If the two conditions of a seed were tested on different images: they do not pair.
    """
    for a, b in zip(scores, baseline, strict=True):
        if not np.array_equal(a.indices, b.indices):
            raise TlnbError(
                "The two conditions of a seed were tested on different images: give both the same split, "
                "images.resplit(seed=seed)."
            )
    if all(np.array_equal(s.indices, scores[0].indices) for s in scores):
        drawn = _draws(scores[0], 0)
        each = [_resampled(a, drawn) - _resampled(b, drawn) for a, b in zip(scores, baseline, strict=True)]
        return Noise(shared=float(np.nanstd(np.mean(each, axis=0), ddof=1)))
    deviations = []
    for i, (a, b) in enumerate(zip(scores, baseline, strict=True)):
        drawn = _draws(a, i)
        deviations.append(float(np.nanstd(_resampled(a, drawn) - _resampled(b, drawn), ddof=1)))
    return Noise(by_seed=tuple(deviations))


def _draws(score: Scored, seed: int) -> np.ndarray:
    n = len(score.labels)
    return np.random.default_rng(seed).integers(0, n, (DRAWS, n))


def _resampled(score: Scored, drawn: np.ndarray) -> np.ndarray:
    return _BATCHED[score.metric](score.labels, score.logits, drawn)


def _accuracies(labels: np.ndarray, logits: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    return (logits.argmax(axis=1) == labels)[drawn].mean(axis=1)


def _aucs(labels: np.ndarray, logits: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    margin = (logits[:, 1] - logits[:, 0])[drawn]  # (draws, n)
    positive = labels[drawn] == 1
    many = positive.sum(axis=1)
    pairs = (many * (positive.shape[1] - many)).astype(float)
    pairs[pairs == 0] = np.nan  # a draw of one class only has no AUC
    ranks = rankdata(margin, axis=1)
    return ((ranks * positive).sum(axis=1) - many * (many + 1) / 2) / pairs


_BATCHED: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "accuracy": _accuracies,
    "auc": _aucs,
}
