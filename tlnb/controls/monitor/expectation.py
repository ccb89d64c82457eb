"""The curve that somebody expects before a run, and how it compares with the one that came."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tlnb.core.errors import TlnbError

MOST_POINTS = 10
_SAME = 0.01  # the smallest difference of a score that counts, as in all verdicts


def points(epochs: int) -> tuple[int, ...]:
    """Return the epochs at which an expectation is asked for: all, or ten of them.

    Examples
    --------
    >>> points(3), points(100)[:3], points(100)[-1]
    ((1, 2, 3), (1, 12, 23), 100)
    """
    if epochs <= MOST_POINTS:
        return tuple(range(1, epochs + 1))
    return tuple(round(1 + i * (epochs - 1) / (MOST_POINTS - 1)) for i in range(MOST_POINTS))


def checked(expected: Mapping[int, float] | Sequence[float], epochs: int, metric: str) -> dict[int, float]:
    """Return an expectation as epoch to score, in order.

    Raises
    ------
    TlnbError
        If an epoch is not one of the run's, or a score is outside [0, 1].
    """
    if not isinstance(expected, Mapping):
        expected = dict(enumerate(expected, 1))
    for epoch, score in expected.items():
        if isinstance(epoch, bool) or not isinstance(epoch, int) or not 1 <= epoch <= epochs:
            raise TlnbError(f"An expectation for epoch {epoch!r}: the recipe has the epochs 1 to {epochs}.")
        if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 <= score <= 1:
            raise TlnbError(f"An expected {metric} of {score!r} (epoch {epoch}): give a number from 0 to 1.")
    return {epoch: float(expected[epoch]) for epoch in sorted(expected)}


def compared(expected: Mapping[int, float], scores: Mapping[int, float], metric: str) -> str:
    """Say in words how a run went against what was expected of it; empty if they have no epoch in common.

    Parameters
    ----------
    expected, scores : mapping of int to float
        Epoch to score: what was drawn, and what came.
    metric : str
        What the score is called.

    Examples
    --------
    >>> compared({1: 0.6, 2: 0.8, 3: 0.9}, {1: 0.8, 2: 0.85, 3: 0.86}, "AUC")
    'You expected an AUC of 0.90 after epoch 3; it came to 0.86, 0.04 lower. It learnt faster at first than you drew: \
0.80 instead of 0.60 after epoch 1.'
    """
    common = [epoch for epoch in expected if not math.isnan(scores.get(epoch, math.nan))]
    if not common:
        return ""
    last, first = common[-1], common[0]
    article = "an" if metric[:1].lower() in "aeiou" else "a"
    told = (
        f"You expected {article} {metric} of {expected[last]:.2f} after epoch {last}; it came to {scores[last]:.2f}, "
    )
    difference = scores[last] - expected[last]
    told += "as you drew." if abs(difference) < _SAME else f"{abs(difference):.2f} {_more(difference)}."
    early = scores[first] - expected[first]
    if first != last and abs(early) >= _SAME:
        told += (
            f" It learnt {'faster' if early > 0 else 'slower'} at first than you drew: {scores[first]:.2f} instead of "
            f"{expected[first]:.2f} after epoch {first}."
        )
    return told


def _more(difference: float) -> str:
    return "higher" if difference > 0 else "lower"
