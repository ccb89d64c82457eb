"""What a freeze costs and saves, as rows to show; the seconds come once they were measured, in a thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tlnb.training import FreezingCost, Recipe, StageCost, StepSpeed, freezing_cost, measure_speed

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData

log = logging.getLogger("tlnb")

SOME_IMAGES = 1000  # to tell the seconds of, where it is not known how many there are
UNKNOWN = WAITING, UNMEASURED = ("being measured", "not measured")
MEASURED_BATCH = 8  # a small one: measuring should not need the memory of a training


class Costs:
    """The costs of recipes for one model and its images.

    Parameters
    ----------
    model : nn.Module
        As it is given to `FreezeMap`.
    images : ImageData or None
        What will be trained on; None counts for a thousand images.
    size : int
        Side of the images, in pixels.
    """

    def __init__(self, model: nn.Module, images: ImageData | None, size: int) -> None:
        self._model, self._size = model, size
        self.images = SOME_IMAGES if images is None else max(1, len(images.train))
        self._speed: StepSpeed | None = None
        self._thread: threading.Thread | None = None

    def measure(self, done: Callable[[], None]) -> None:
        """Measure the speed of the network here, once, in a thread; call `done` in it when that is known."""
        if self._thread is None:
            # No daemon: torch must not be in the middle of a step when the process ends. It takes seconds.
            self._thread = threading.Thread(target=self._measure, args=(done,), name="tlnb speed")
            self._thread.start()

    def rows(self, recipe: Recipe) -> list[tuple[str, str, str]]:
        """Return what to show of a recipe: name, value, and the value if everything trained."""
        cost = freezing_cost(self._model, recipe, self.images, self._size, speed=self._speed)

        def row(name: str, told: Callable[[StageCost], str]) -> tuple[str, str, str]:
            stages = list(dict.fromkeys(told(stage) for stage in (cost.stages[0], cost.stages[-1])))
            return name, ", then ".join(stages), told(cost.everything)

        rows = [
            row("parameters that learn", lambda stage: f"{stage.parameters:,}"),
            row("gradients and optimiser", lambda stage: _bytes(stage.gradient_bytes + stage.optimizer_bytes)),
            row(f"activations of {cost.batch} images", lambda stage: _bytes(stage.activation_bytes)),
        ]
        return rows + self._seconds(cost, row)

    def _seconds(self, cost: FreezingCost, row: Callable[..., tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        name = f"an epoch of {self.images:,} images"
        if cost.speed is None:
            measuring = self._thread is not None and self._thread.is_alive()
            return [(name, WAITING if measuring else UNMEASURED, "")]
        rows = [row(f"{name}, about", lambda stage: _told(stage.seconds))]
        if cost.uses_store and (cost.stages[0].stored_seconds or 0) > 0:
            spared = row("stored features save of that, about", lambda stage: _told(stage.stored_seconds))
            rows.append((*spared[:2], "nothing"))
        return rows

    def _measure(self, done: Callable[[], None]) -> None:
        try:
            self._speed = measure_speed(self._model, self._size, MEASURED_BATCH)
        except Exception as error:  # it needs other images, or memory: the rest is shown all the same
            log.info("The speed of the network could not be measured: %s", error)
        done()


def _bytes(count: int | None) -> str:
    if count is None:
        return "not known"
    return f"{count / 1e6:,.0f} MB" if count >= 1e7 else f"{count / 1e6:.2g} MB"


def _told(seconds: float | None) -> str:
    if seconds is None:
        return "not known"
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.2g} s"
