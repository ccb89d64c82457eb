"""What a hand may do to the run under way, by code and by buttons."""

from __future__ import annotations

from tlnb.controls.monitor.watch import RunWatch
from tlnb.controls.recipe_control import RecipeControl
from tlnb.core.errors import TlnbError


class Hand(RecipeControl):
    """What of the monitor acts on the run under way; its own part is to begin runs."""

    _watch: RunWatch | None

    def start(self) -> None:
        """Begin a run."""
        raise NotImplementedError

    def resume(self) -> None:
        """Go on with the last one."""
        raise NotImplementedError

    def pause(self) -> None:
        """Let the run wait before its next step."""
        self._under_way().hand.pause()

    def step(self, n: int = 1) -> None:
        """Let the run take `n` steps, and then wait."""
        self._under_way().hand.step(n)

    def go_on(self) -> None:
        """Let a run that waits run on."""
        self._under_way().hand.go_on()

    def stop(self) -> None:
        """End the run after the step under way, also while it is paused; returns at once."""
        watch = self._under_way()
        watch.status = "stopping"
        watch.stop.set()

    def _running(self) -> bool:
        return self._watch is not None and self._watch.under_way

    def _under_way(self) -> RunWatch:
        if self._watch is None or not self._watch.under_way:
            raise TlnbError("No run is under way. Call monitor.start() first, or press Start.")
        return self._watch

    def _do_start(self, *, commit: bool) -> None:
        self.start()

    def _do_resume(self, *, commit: bool) -> None:
        self.resume()

    def _do_pause(self, *, commit: bool) -> None:
        self.pause()

    def _do_step(self, *, commit: bool, n: int = 1) -> None:
        self.step(n)

    def _do_go_on(self, *, commit: bool) -> None:
        self.go_on()

    def _do_stop(self, *, commit: bool) -> None:
        self.stop()
