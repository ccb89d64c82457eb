"""The losses and rates of a run, kept in few bins: after a million steps the spike of one step is still seen."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

MOST_BINS = 400
RECENT = 20  # steps whose losses make the running mean and its noise


@dataclass(frozen=True)
class Bin:
    """Some steps in a row.

    Attributes
    ----------
    steps : int
        How many.
    low, high : float
        The least and the greatest of their losses, in nats.
    mean, deviation : float
        Of the losses of the 20 steps up to the last of these.
    rates : tuple of float or None
        Each group's learning rate in the last of them; None while a group is frozen.
    """

    steps: int
    low: float
    high: float
    mean: float
    deviation: float
    rates: tuple[float | None, ...]

    def joined(self, later: Bin) -> Bin:
        """Return one bin for these steps and those after them."""
        low, high = min(self.low, later.low), max(self.high, later.high)
        return Bin(self.steps + later.steps, low, high, later.mean, later.deviation, later.rates)


class Curve:
    """Takes one step after another, and keeps at most 400 bins of equal width.

    Parameters
    ----------
    first : int
        Steps that were done before, in an earlier part of the run.

    Attributes
    ----------
    bins : list of Bin
        The last one may not be full yet.
    width : int
        Steps in a full bin: 1, 2, 4...

    Examples
    --------
    >>> curve = Curve()
    >>> for loss in (0.7, 0.5, 0.6):
    ...     curve.add(loss, [0.01])
    >>> [(b.low, round(b.mean, 2)) for b in curve.bins]
    [(0.7, 0.7), (0.5, 0.6), (0.6, 0.6)]
    """

    def __init__(self, first: int = 0) -> None:
        self.first, self.width = first, 1
        self.bins: list[Bin] = []
        self._recent: deque[float] = deque(maxlen=RECENT)

    @property
    def steps(self) -> int:
        """How many steps it has taken in."""
        return sum(b.steps for b in self.bins[-1:]) + self.width * max(0, len(self.bins) - 1)

    def add(self, loss: float, rates: Sequence[float | None]) -> None:
        """Take in the next step."""
        self._recent.append(loss)
        mean = sum(self._recent) / len(self._recent)
        deviation = math.sqrt(sum((value - mean) ** 2 for value in self._recent) / len(self._recent))
        new = Bin(1, loss, loss, mean, deviation, tuple(rates))
        if self.bins and self.bins[-1].steps < self.width:
            self.bins[-1] = self.bins[-1].joined(new)
            return
        if len(self.bins) == MOST_BINS:
            self.bins = [a.joined(b) for a, b in zip(self.bins[::2], self.bins[1::2], strict=True)]
            self.width *= 2
        self.bins.append(new)
