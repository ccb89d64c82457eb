"""Rates read off the curve of a range test: where the loss falls fastest, where it falls longest, how low it came.

The curve is noisy and its end is a crash, so each of these looks at the smoothed losses between the first steps and
their lowest point; where nothing there rises above the noise, there is nothing to suggest, and that is said.
"""

from __future__ import annotations

import math

import numpy as np

STEEPEST, VALLEY, TENTH = "steepest", "valley", "tenth"
READING = {
    STEEPEST: "the loss falls fastest here: a bold peak for a schedule that comes down again",
    VALLEY: "the middle of the longest fall: the first to try",
    TENTH: "a tenth of where the loss is lowest: a careful one, for long runs and few images",
}
_CERTAIN = 3.0  # standard errors that a fall must have
_APART = 10.0  # times; suggestions further from each other do not describe one slope


class MovingAverage:
    """An exponential moving average that is right from the first value on.

    After ``n`` values ``x`` it is ``sum(s**(n-i) * x[i]) / sum(s**(n-i))`` over ``i = 1..n``: with plain ``s * average
    + (1 - s) * x`` the start would be drawn to 0 (Kingma & Ba, "Adam", 2015, section 3). It follows a slope
    ``s / (1 - s)`` values late.

    Parameters
    ----------
    smoothing : float
        ``s``, in [0, 1): 0 leaves the values as they are.

    Examples
    --------
    >>> average = MovingAverage(0.9)
    >>> [round(average.update(value), 2) for value in (2.0, 2.0, 1.0)]
    [2.0, 2.0, 1.63]
    """

    def __init__(self, smoothing: float) -> None:
        self.smoothing = smoothing
        self._sum = self._weight = 0.0

    def update(self, value: float) -> float:
        """Take a value in, and return the average."""
        self._sum = self.smoothing * self._sum + (1 - self.smoothing) * value
        self._weight = self.smoothing * self._weight + (1 - self.smoothing)
        return self._sum / self._weight


def suggest(
    multipliers: np.ndarray, losses: np.ndarray, smoothed: np.ndarray, smoothing: float, steps: int
) -> tuple[dict[str, float], list[str]]:
    """Return suggested multipliers by name, and what to know before trusting them.

    Parameters
    ----------
    multipliers, losses, smoothed : ndarray
        float64 (n,), of the steps done, evenly spaced in the logarithm of the multiplier.
    smoothing : float
        What made the losses `smoothed`.
    steps : int
        How many steps the sweep was to have: of these the first tenth, at least three, only tells where the loss
        stood before.

    Returns
    -------
    tuple of dict and list of str
        ``"steepest"``, ``"valley"`` and ``"tenth"``, as far as they lie within the sweep; none where the loss did not
        fall by more than its noise.

    Examples
    --------
    >>> multipliers = np.geomspace(1e-3, 1e2, 51)
    >>> losses = 0.7 - 0.5 / (1 + multipliers ** -2.0) + 0.5 / (1 + (multipliers / 30) ** -4.0)
    >>> found, notes = suggest(multipliers, losses, losses, 0.0, 51)
    >>> {name: round(value, 2) for name, value in found.items()}, notes
    ({'steepest': 1.0, 'valley': 1.26, 'tenth': 0.79}, [])
    """
    first = max(3, steps // 10)
    if len(smoothed) < first + 3:
        return {}, ["There are too few steps to read a rate from."]
    bottom = first + int(np.argmin(smoothed[first:]))
    before = float(losses[:first].mean())
    fall, error = before - float(smoothed[bottom]), _standard_error(losses[: bottom + 1], first, smoothing)
    if fall <= _CERTAIN * error or bottom < first + 2:
        return {}, [
            f"The loss did not fall clearly beyond its noise (from {before:.3g} to {smoothed[bottom]:.3g}, with a "
            f"standard error of {error:.2g}), so no rate is suggested. Sweep a wider range, with more steps or larger "
            "batches; where a network has learnt these images already, there is nothing left to fall."
        ]
    start, end = longest_fall(smoothed[first:])
    # A long level start creeps too; the valley begins where a twentieth of the fall is done.
    level = np.flatnonzero(smoothed[: bottom + 1] > before - max(fall / 20, error))
    start = max(first + start, int(level[-1]) if len(level) else 0)
    found = {
        STEEPEST: float(multipliers[first + steepest_fall(smoothed[first : bottom + 1], 2 * (steps // 20))]),
        VALLEY: float(multipliers[(start + first + end) // 2]),
        TENTH: float(multipliers[bottom]) / 10,
    }
    notes = []
    if found[TENTH] < multipliers[0]:
        del found[TENTH]
        notes.append("A tenth of where the loss is lowest lies below the sweep: begin it lower to trust it.")
    if fall <= 2 * _CERTAIN * error:
        notes.append(
            f"The curve is noisy: it fell by {fall:.2g} with a standard error of {error:.2g}. More steps, larger "
            "batches or another seed tell whether the suggestions stay."
        )
    if max(found.values()) > _APART * min(found.values()):
        notes.append("The suggestions lie more than ten times apart: look at the plot before taking one.")
    return found, notes


def longest_fall(values: np.ndarray) -> tuple[int, int]:
    """Return the first and last place of the longest chain of ever lower values, which may skip some in between.

    Examples
    --------
    >>> longest_fall(np.array([3.0, 6.0, 5.0, 5.5, 4.0, 7.0]))
    (1, 4)
    """
    length, begins = np.ones(len(values), np.int64), np.arange(len(values))
    for place in range(1, len(values)):
        above = np.flatnonzero(values[:place] > values[place])
        if len(above):
            best = above[np.argmax(length[above])]
            length[place], begins[place] = length[best] + 1, begins[best]
    last = int(np.argmax(length))
    return int(begins[last]), last


def steepest_fall(values: np.ndarray, width: int) -> int:
    """Return the middle of the stretch, `width` steps long, over which values fall most.

    Examples
    --------
    >>> steepest_fall(np.array([5.0, 5.0, 4.0, 3.0, 3.0]), 2)
    2
    """
    width = min(max(2, width), len(values) - 1)
    return int(np.argmin(values[width:] - values[:-width])) + width // 2


def _standard_error(losses: np.ndarray, first: int, smoothing: float) -> float:
    """Return that of the difference between the mean of the first losses and a smoothed one.

    The noise of a loss is read from the steps between neighbours, by their median, which a slope hardly moves.
    """
    noise = float(np.median(np.abs(np.diff(losses)))) / (0.6745 * math.sqrt(2))  # as a normal's deviation
    return noise * math.sqrt(1 / first + (1 - smoothing) / (1 + smoothing))
