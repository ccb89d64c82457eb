"""Training in a thread, one at a time in a kernel.

A kernel that computes in a cell does not hear a widget's click, so what a panel starts runs beside the cells.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tlnb.training import Event, Recipe, Run, fit

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData

log = logging.getLogger("tlnb")
_one_at_a_time = threading.RLock()
_active: BackgroundFit | None = None


class BackgroundFit:
    """Runs `tlnb.fit` in a thread. Starting ends whatever training such a thread of this kernel still does.

    Parameters
    ----------
    model, images, device
        As for `tlnb.fit`.
    on_event : callable
        Called with each event of the training, in its thread.
    on_end : callable
        Called at the end, in its thread, with the run, or with the error that ended it.
    """

    def __init__(
        self,
        model: nn.Module,
        images: ImageData,
        device: str,
        on_event: Callable[[Event], None],
        on_end: Callable[[Run | Exception], None],
    ) -> None:
        self._model, self._images, self._device = model, images, device
        self._on_event, self._on_end = on_event, on_end
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether the thread is still at work."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, recipe: Recipe) -> None:
        """Begin a training, once the one before has ended cleanly."""
        global _active
        with _one_at_a_time:
            end_active()
            _active = self
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._train, args=(recipe, self._stop), name="tlnb-training", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Ask the training to end after the step under way; returns at once."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the training has ended; return whether it has."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.running

    def _train(self, recipe: Recipe, stop: threading.Event) -> None:
        try:
            self._on_end(
                fit(
                    self._model,
                    self._images,
                    recipe,
                    device=self._device,
                    progress=False,
                    on_event=self._on_event,
                    stop=stop,
                )
            )
        except Exception as error:  # nobody else would hear of it: a thread has no caller
            log.debug("training in the background failed", exc_info=True)
            self._on_end(error)


@atexit.register
def end_active() -> None:
    """End the training in the background, if there is one, also before the kernel shuts down."""
    if _active is not None:
        _active.stop()
        _active.wait(30)
