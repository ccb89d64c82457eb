"""A value that takes long to find out: asked for in a thread, and told meanwhile as it was."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """What a function returned last; one thread asks again where that is old.

    Parameters
    ----------
    ask : callable
        Takes its time. An error leaves the value as it was.
    seconds : float
        For how long an answer is good.
    patience : float
        How long a caller waits, at most, where there is no answer yet.

    Examples
    --------
    >>> Remembered(lambda: 6 * 7, seconds=60, patience=10)()
    42
    """

    def __init__(self, ask: Callable[[], Value], seconds: float, patience: float = 0.0) -> None:
        self._ask, self._seconds, self._patience = ask, seconds, patience
        self._value: Value | None = None
        self._told = float("-inf")  # when it was last answered
        self._asking = False
        self._answered = threading.Event()
        self._lock = threading.Lock()

    def __call__(self) -> Value | None:
        """Return the last answer; None where there is none yet."""
        with self._lock:
            due = not self._asking and time.monotonic() - self._told > self._seconds
            self._asking = self._asking or due
        if due:
            threading.Thread(target=self._find_out, daemon=True).start()
        if not self._answered.is_set():
            self._answered.wait(self._patience)
        return self._value

    def _find_out(self) -> None:
        try:
            self._value = self._ask()
        except Exception:  # an older answer, or none, is all that can be told
            return
        finally:
            self._told, self._asking = time.monotonic(), False
            self._answered.set()
