"""Steps back and forth among values that a hand has set."""

from __future__ import annotations

from typing import Generic, TypeVar

MOST = 100  # steps back

Value = TypeVar("Value")


class Steps(Generic[Value]):
    """The values that were settled, one after another; what a hand drags by is none of them.

    Attributes
    ----------
    now : object
        The one that was settled last, or gone back or forth to.

    Examples
    --------
    >>> steps = Steps({"shots": 1})
    >>> steps.settle({"shots": 5}), steps.settle({"shots": 5})
    (True, False)
    >>> steps.back(), steps.back(), steps.forth()
    ({'shots': 1}, None, {'shots': 5})
    """

    def __init__(self, now: Value) -> None:
        self._past, self.now, self._future = list[Value](), now, list[Value]()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step forth."""
        return bool(self._future)

    def settle(self, now: Value) -> bool:
        """Take a value for one step; return whether it is another than before."""
        if now == self.now:
            return False
        self._past, self.now = [*self._past, self.now][-MOST:], now
        self._future.clear()
        return True

    def back(self) -> Value | None:
        """Go a step back, and return the value there; None if there is none."""
        return self._go(self._past, self._future)

    def forth(self) -> Value | None:
        """Go a step forth."""
        return self._go(self._future, self._past)

    def _go(self, there: list[Value], here: list[Value]) -> Value | None:
        if not there:
            return None
        here.append(self.now)
        self.now = there.pop()
        return self.now
