"""The range test in a thread, one at a time in a kernel: a cell that computes would hear no click."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tlnb.training import RateSweep, Recipe, find_rates
from tlnb.training.interrupts import hear_interrupts

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData

log = logging.getLogger("tlnb")
STEPS = 100
_SECONDS_BETWEEN = 0.1  # what is told of the steps, beside the last one
_one_at_a_time = threading.RLock()
_active: BackgroundSweep | None = None


class BackgroundSweep:
    """Runs `tlnb.find_rates` in a thread. Starting ends whatever range test such a thread of this kernel still does.

    Parameters
    ----------
    on_change : callable
        Called without arguments, in the test's thread, while it goes and when it has ended.

    Attributes
    ----------
    points : list of (float, float, float)
        Of each step so far: the head's rate, the loss, and its moving average.
    steps : int
        How many steps there will be.
    result : RateSweep or None
        What the last one that ended found.
    error : str
        Why the last one failed; empty if it did not.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._busy = False
        self.points: list[tuple[float, float, float]] = []
        self.steps = STEPS
        self.result: RateSweep | None = None
        self.error = ""

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._busy

    def shown(self) -> list[tuple[float, ...]]:
        """Return the points in as many digits as a page can draw."""
        return [tuple(float(f"{value:.4g}") for value in point) for point in list(self.points)]

    def start(self, model: nn.Module, images: ImageData, recipe: Recipe, device: str, **options: Any) -> None:
        """Begin a test, once the one before has ended; `options` are those of `tlnb.find_rates`."""
        global _active
        with _one_at_a_time:
            end_active()
            _active = self
            self._stop, self._busy = threading.Event(), True
            self.points, self.steps, self.error = [], options.setdefault("steps", STEPS), ""
            arguments = (model, images, recipe, {"device": device, "stop": self._stop, **options})
            self._thread = threading.Thread(target=self._sweep, args=arguments, name="tlnb-range-test", daemon=True)
            self._thread.start()
        hear_interrupts(_stop_active, lambda: _active is not None and _active.running)

    def stop(self) -> None:
        """Ask it to end after the step under way; returns at once."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended; return whether it has."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _sweep(self, model: nn.Module, images: ImageData, recipe: Recipe, options: dict[str, Any]) -> None:
        last = 0.0

        def hear(multiplier: float, loss: float, smoothed: float) -> None:
            nonlocal last
            self.points.append((multiplier * recipe.learning_rate, loss, smoothed))
            if time.monotonic() - last > _SECONDS_BETWEEN:
                last = time.monotonic()
                self._on_change()

        try:
            self.result = find_rates(model, images, recipe, progress=False, on_step=hear, **options)
        except Exception as error:  # nobody else would hear of it: a thread has no caller
            log.debug("the range test failed", exc_info=True)
            self.error = str(error)
        finally:
            self._busy = False
            self._on_change()


def _stop_active() -> None:
    if _active is not None:
        _active.stop()


@atexit.register
def end_active() -> None:
    """End the range test in the background, if there is one, also before the kernel shuts down."""
    _stop_active()
    if _active is not None:
        _active.wait(30)
