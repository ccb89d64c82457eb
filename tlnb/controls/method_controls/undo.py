"""Steps back and forth among values that a control has set."""

from __future__ import annotations

from typing import Any

MOST = 100


class Steps:
    """The values that were settled, one after another; what a hand drags by is none of them.

    Examples
    --------
    >>> steps = Steps({"shots": 1})
    >>> steps.settle({"shots": 5}), steps.settle({"shots": 5})
    (True, False)
    >>> steps.back(), steps.back(), steps.forth()
    ({'shots': 1}, None, {'shots': 5})
    """

    def __init__(self, now: dict[str, Any]) -> None:
        self._past, self._now, self._future = list[dict[str, Any]](), now, list[dict[str, Any]]()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step forth."""
        return bool(self._future)

    def settle(self, now: dict[str, Any]) -> bool:
        """Take values for one step; return whether they are others than before."""
        if now == self._now:
            return False
        self._past, self._now = [*self._past, self._now][-MOST:], now
        self._future.clear()
        return True

    def back(self) -> dict[str, Any] | None:
        """Go a step back, and return the values there; None if there is none."""
        if not self._past:
            return None
        self._future.append(self._now)
        self._now = self._past.pop()
        return self._now

    def forth(self) -> dict[str, Any] | None:
        """Go a step forth."""
        if not self._future:
            return None
        self._past.append(self._now)
        self._now = self._future.pop()
        return self._now
