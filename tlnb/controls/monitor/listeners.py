"""Who wants to be called when a run begins or has ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger("tlnb")


class Listeners:
    """Some callables; one that fails is told in the log, and keeps no other from being called.

    Examples
    --------
    >>> heard = Listeners("at the end of a run")
    >>> stop = heard.add(print)
    >>> heard.call("ended")
    ended
    >>> stop()
    >>> heard.call("ended")
    """

    def __init__(self, when: str) -> None:
        self._when, self._callbacks = when, list[Callable[..., None]]()

    def add(self, callback: Callable[..., None]) -> Callable[[], None]:
        """Call it from now on; return how to stop that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    def call(self, *given: Any) -> None:
        """Call all of them."""
        for callback in list(self._callbacks):
            try:
                callback(*given)
            except Exception:  # noqa: PERF203 - each alone
                log.warning("What was to be called %s failed.", self._when, exc_info=True)
