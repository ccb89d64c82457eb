"""Interrupts: Ctrl-C where a training is waited for, and a notebook's stop button for those in the background.

The button sends the kernel's main thread an interrupt. A cell that waits for a training hears it by itself. A cell
that does something else ends with a KeyboardInterrupt, which IPython reports after the cell. Between two cells
ipykernel ignores interrupts: as long as a training runs, a handler stands in.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SOON = 0.2  # seconds: until the cell that asks has ended, and ipykernel has put its own handler back
_ears: list[_Ear] = []


@contextmanager
def interrupt_sets(stop: threading.Event) -> Iterator[None]:
    """Let the first interrupt end the run after a whole step; the second one is an ordinary KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(_signal: int, _frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def hear_interrupts(stop: Callable[[], None], busy: Callable[[], bool]) -> None:
    """Call `stop` when the notebook kernel that this runs in is interrupted; elsewhere do nothing.

    Parameters
    ----------
    stop : callable
        Called in the main thread, perhaps in a signal's handler: it may not wait.
    busy : callable
        Whether there is anything for `stop` to stop; of two calls with the same `stop`, that of the last is kept.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return  # a plain Python, or IPython in a terminal: Ctrl-C is the main thread's there
    if not _ears:
        _ears.append(_Ear(shell.kernel.io_loop))
        shell.events.register("post_run_cell", _ears[0].after_cell)
    _ears[0].heard_by[stop] = busy
    _ears[0].listen()


class _Ear:
    def __init__(self, main_loop: Any) -> None:
        self.heard_by: dict[Callable[[], None], Callable[[], bool]] = {}  # what stops, and whether there is anything
        self._main_loop = main_loop  # tornado's
        self._about_to = False

    def after_cell(self, result: Any = None) -> None:
        # A cell that awaits is cancelled instead; ipykernel may then have no result to show.
        ended_by = getattr(result, "error_in_exec", None)
        if result is None or isinstance(ended_by, (KeyboardInterrupt, asyncio.CancelledError)):
            self._stop()
        if self._busy():
            self.listen()

    def listen(self) -> None:
        """Put the handler in its place as soon as no cell is running."""
        if threading.current_thread() is not threading.main_thread():
            # A click, which the kernel's sub-shell hears. Only the main thread may set a signal's handler.
            self._main_loop.add_callback(self.listen)
            return
        if self._about_to:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._about_to = True
        loop.call_later(_SOON, self._take_over)

    def _take_over(self) -> None:
        self._about_to = False
        if not self._busy():
            return
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # From now on ipykernel saves it before each cell and puts it back after it.
            signal.signal(signal.SIGINT, self._interrupted)
        elif signal.getsignal(signal.SIGINT) != self._interrupted:
            self.listen()

    def _interrupted(self, _signal: int, _frame: object) -> None:
        self._stop()

    def _stop(self) -> None:
        for stop in list(self.heard_by):
            stop()

    def _busy(self) -> bool:
        return any(busy() for busy in list(self.heard_by.values()))
