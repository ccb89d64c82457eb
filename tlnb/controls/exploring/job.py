"""Long work in a thread, one at a time of each kind, that tells how far it is and can be stopped."""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

from tlnb.core.errors import TlnbError

log = logging.getLogger("tlnb")
_SECONDS_BETWEEN = 0.2  # counts that are told
_all: weakref.WeakSet[Job] = weakref.WeakSet()

Tell = Callable[..., None]  # tell(text, often=False): counts come often, and some are left out


class StoppedError(Exception):
    """The work was asked to end."""


class Job:
    """Runs one piece of work after another in a thread; a new one takes the place of the one before.

    Parameters
    ----------
    on_change : callable
        Called without arguments, in the work's thread, while it goes and when it has ended.

    Attributes
    ----------
    text : str
        How far the work is.
    error : str
        Why the last one failed; empty if it did not.

    Examples
    --------
    >>> job, found = Job(lambda: None), []
    >>> job.start(lambda tell: 6 * 7, found.append)
    >>> job.wait(), found
    (True, [42])
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._turn = threading.Lock()  # one at a time: the one before ends at its next word
        self._current: object = None
        self._thread: threading.Thread | None = None
        self.text = self.error = ""
        _all.add(self)

    @property
    def running(self) -> bool:
        """Whether there is work that was not stopped and has not ended."""
        return self._current is not None

    def state(self) -> dict[str, Any]:
        """Return what a page is told."""
        return {"text": self.text, "error": self.error, "running": self.running}

    def start(self, work: Callable[[Tell], Any], done: Callable[[Any], None]) -> None:
        """Begin some work; returns at once.

        Parameters
        ----------
        work : callable
            Gets a function to tell its progress by, which ends it when it was stopped.
        done : callable
            Gets what the work returned, in its thread; not called where it failed or was stopped.
        """
        self._current = own = object()
        self.text, self.error = "Begins.", ""
        # A daemon: t-SNE cannot be stopped, and must not keep a kernel that is shut down.
        self._thread = threading.Thread(target=self._run, args=(own, work, done), name="tlnb explorer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the work to end; what it has not ended counts no more."""
        self._current, self.text = None, ""

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the thread has ended; return whether it has."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)
        return thread is None or not thread.is_alive()

    def _run(self, own: object, work: Callable[[Tell], Any], done: Callable[[Any], None]) -> None:
        last = 0.0

        def tell(text: str, often: bool = False) -> None:
            nonlocal last
            if self._current is not own:
                raise StoppedError
            self.text = text
            if not often or time.monotonic() - last > _SECONDS_BETWEEN:
                last = time.monotonic()
                self._on_change()

        try:
            with self._turn:
                tell("Begins.")
                found = work(tell)
                if self._current is own:
                    done(found)
        except StoppedError:
            pass
        except Exception as failure:  # nobody else would hear of it: a thread has no caller
            log.debug("the explorer's work failed", exc_info=True)
            if self._current is own:
                kind = "" if isinstance(failure, TlnbError) else f"{type(failure).__name__}: "
                self.error = f"{kind}{failure}"
        finally:
            if self._current is own:
                self._current, self.text = None, ""
                self._on_change()


def counting(tell: Tell, what: str, things: str = "images") -> Callable[[int, int], None]:
    """Return what tells how many of how many things are done."""
    return lambda done, of: tell(f"{what}: {done:,} of {of:,} {things}.", often=True)


@atexit.register
def end_all() -> None:
    """End what is under way before the process ends: torch must not be in the middle of a pass then."""
    for job in list(_all):
        job.stop()
    for job in list(_all):
        job.wait(10)
