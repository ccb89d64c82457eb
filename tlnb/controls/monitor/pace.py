"""How long a run still takes, by how long its steps and validations took."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_STEPS = 30  # the last ones: a thaw makes steps slower from then on
_LONGEST = 10.0  # times the usual: a step that took longer was not at work (a pause, a machine asleep)


class Pace:
    """Hears of steps and epochs as they end.

    Parameters
    ----------
    clock : callable
        Gives seconds.

    Examples
    --------
    >>> seconds = iter([0.0, 2.0, 4.0, 7.0, 9.0])
    >>> pace = Pace(lambda: next(seconds))
    >>> pace.begin(), pace.step(), pace.step(), pace.epoch()  # two steps of 2 s, then 3 s of validation
    (None, None, None, None)
    >>> pace.left(steps=4, epochs=2)
    14.0
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock, self._last = clock, 0.0
        self._steps: deque[float] = deque(maxlen=_STEPS)
        self._validation: float | None = None

    def begin(self) -> None:
        """Count from here: the run starts, or goes on after a pause."""
        self._last = self._clock()

    def step(self) -> None:
        """Note that a step has ended."""
        passed = self._passed()
        usual = sorted(self._steps)[len(self._steps) // 2] if self._steps else passed
        self._steps.append(min(passed, _LONGEST * usual))

    def epoch(self) -> None:
        """Note that an epoch's validation has ended."""
        self._validation = self._passed()

    def left(self, steps: int, epochs: int) -> float | None:
        """Return the seconds that so many steps and validations take; None before the first step has ended."""
        if not self._steps:
            return None
        return steps * sum(self._steps) / len(self._steps) + epochs * (self._validation or 0.0)

    def _passed(self) -> float:
        now = self._clock()
        passed, self._last = now - self._last, now
        return passed
