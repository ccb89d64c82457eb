"""What `TrainingMonitor.run` gives: the run in its thread, to await or to wait for."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from tlnb.training import BackgroundRun, Run, Steering
from tlnb.training.events import Event


class WatchedRun:
    """A run of a monitor; `await` it, or ask for its `result`.

    Whoever waits for its end lets the stored output become the picture of the whole run, where no page draws it.

    Parameters
    ----------
    background : BackgroundRun
        The thread that trains.
    at_end : callable
        Called once it has ended, in the thread that waited.
    """

    def __init__(self, background: BackgroundRun, at_end: Callable[[], None]) -> None:
        self._background, self._at_end = background, at_end

    @property
    def running(self) -> bool:
        """Whether it has not ended; a paused run runs."""
        return self._background.running

    @property
    def steering(self) -> Steering:
        """The hand on it."""
        return self._background.steering

    @property
    def events(self) -> tuple[Event, ...]:
        """What it has told so far: the last 10,000 events."""
        return self._background.events

    def stop(self) -> None:
        """Ask it to end after the step under way; returns at once."""
        self._background.stop()

    def result(self, timeout: float | None = None) -> Run:
        """Wait for the end, and return the run; see `BackgroundRun.result`."""
        try:
            return self._background.result(timeout)
        finally:
            self._after()

    def __await__(self) -> Generator[Any, None, Run]:
        return self._awaited().__await__()

    def __repr__(self) -> str:
        return repr(self._background)

    async def _awaited(self) -> Run:
        try:
            return await self._background
        finally:
            self._after()

    def _after(self) -> None:
        if not self._background.running:
            self._at_end()
