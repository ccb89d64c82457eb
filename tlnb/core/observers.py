"""Who is called back when a value that several share has changed."""

from __future__ import annotations

import inspect
import threading
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Observers(Generic[Value]):
    """Callables that get a new value, in the thread that changed it. A bound method is held weakly: who listens may go.

    Examples
    --------
    >>> heard = Observers()
    >>> stop = heard.add(print)
    >>> heard.tell(5)
    5
    >>> stop()
    >>> heard.tell(6)
    """

    def __init__(self) -> None:
        self._held: list[Callable[[], Callable[[Value], None] | None]] = []
        self._lock = threading.RLock()

    def add(self, listener: Callable[[Value], None]) -> Callable[[], None]:
        """Call it from now on; return how to stop that."""
        held: Callable[[], Callable[[Value], None] | None]
        held = weakref.WeakMethod(listener) if inspect.ismethod(listener) else lambda: listener
        with self._lock:
            self._held.append(held)

        def stop() -> None:
            with self._lock:
                if held in self._held:
                    self._held.remove(held)

        return stop

    def tell(self, value: Value) -> None:
        """Call all that are still there."""
        with self._lock:
            listeners = [(held, held()) for held in self._held]
            self._held = [held for held, listener in listeners if listener is not None]
        for _, listener in listeners:
            if listener is not None:
                listener(value)
