"""Work in a thread of which only the newest wish counts: what a hand has overtaken is never begun."""

from __future__ import annotations

import atexit
import logging
import threading
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger("tlnb")
Wish = TypeVar("Wish")

_LINGER = 10.0  # seconds that the thread waits for a further wish: to begin one costs a hand some milliseconds
_workers: weakref.WeakSet[NewestWins] = weakref.WeakSet()


class NewestWins(Generic[Wish]):
    """Does wishes one after the other in a thread, leaving out those for which a newer one came in time.

    Parameters
    ----------
    work : callable
        Does a wish, in the thread. It may ask `newer`, to give one up in its middle.
    failed : callable
        Told of an error, in the thread.

    Examples
    --------
    >>> done = []
    >>> worker = NewestWins(done.append, print)
    >>> worker.want("a wish")
    >>> worker.wait(5), done
    (True, ['a wish'])
    """

    def __init__(self, work: Callable[[Wish], None], failed: Callable[[Exception], None]) -> None:
        self._work, self._failed = work, failed
        self._turn = threading.Condition()
        self._wish: list[Wish] = []  # one at most
        self._busy = self._closed = False
        self._thread: threading.Thread | None = None
        _workers.add(self)

    @property
    def newer(self) -> bool:
        """Whether another wish waits already."""
        return bool(self._wish) or self._closed

    def want(self, wish: Wish) -> None:
        """Put a wish in the place of the one that waits, if any; returns at once."""
        with self._turn:
            self._wish = [wish]
            if self._thread is None and not self._closed:
                # A daemon, since it lingers; it is ended before torch goes, below.
                self._thread = threading.Thread(target=self._run, name="tlnb-newest", daemon=True)
                self._thread.start()
            self._turn.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until nothing is left to do; return whether that is so."""
        with self._turn:
            return self._turn.wait_for(lambda: not (self._wish or self._busy), seconds)

    def close(self) -> None:
        """Give up what is not done, and let the thread end; does not wait for it."""
        with self._turn:
            self._wish, self._closed = [], True
            self._turn.notify_all()

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, but not longer than so many seconds."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._turn:
                self._busy = False
                self._turn.notify_all()
                if not self._turn.wait_for(lambda: self._wish or self._closed, _LINGER) or self._closed:
                    self._thread = None
                    return
                wish = self._wish.pop()
                self._busy = True
            try:
                self._work(wish)
            except Exception as error:  # nobody else would hear of it: a thread has no caller
                log.debug("work in the background failed", exc_info=True)
                self._failed(error)


@atexit.register
def _close_all() -> None:
    workers = list(_workers)
    for worker in workers:
        worker.close()
    for worker in workers:
        worker.join(10)
