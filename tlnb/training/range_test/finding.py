"""The range test: train a copy while all rates rise together, and read off the curve which of them serve.

Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, section 3.3. Here a multiplier of the recipe's own
rates is swept, so that groups keep their ratios; and as in `tlnb.fit` everything happens to a copy, in memory.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from tlnb.core.allocator import return_memory
from tlnb.core.errors import NonFiniteLossError, RecipeError
from tlnb.core.progress import Progress
from tlnb.core.used import note
from tlnb.training.interrupts import interrupt_sets
from tlnb.training.preview import thaw_epochs
from tlnb.training.range_test.suggestions import READING, MovingAverage, suggest
from tlnb.training.range_test.sweep import RateSuggestion, RateSweep
from tlnb.training.recipe import Recipe
from tlnb.training.session import Batch, Session

if TYPE_CHECKING:
    from tlnb.data import ImageData

_DIVERGED = 4.0  # times the lowest smoothed loss
_LEAST_STEPS = 10


def find_rates(
    model: nn.Module,
    images: ImageData,
    recipe: Recipe,
    *,
    lowest: float = 1e-3,
    highest: float = 1e2,
    steps: int = 100,
    smoothing: float = 0.9,
    device: str = "auto",
    progress: bool = True,
    stop: threading.Event | None = None,
    on_step: Callable[[float, float, float], None] | None = None,
) -> RateSweep:
    """Train a copy of a model while its rates rise from step to step, and suggest rates from how the loss answers.

    What trains is what the recipe trains at its start, by its optimiser, batch size, augmentation, loss and seed; only
    its schedule is put aside: in step ``i`` of ``n`` every group has its own peak rate times
    ``lowest * (highest / lowest) ** (i / (n - 1))``. The sweep ends early where the smoothed loss passes four times
    its minimum or is not finite. Nothing that is given is changed, and no file is written but in the cache, where what
    frozen layers say of the images is kept for the training that follows.

    Parameters
    ----------
    model, images, recipe
        As for `tlnb.fit`. Where there are fewer batches than steps, further epochs follow.
    lowest, highest : float
        Multipliers of the recipe's rates, 0 < lowest < highest.
    steps : int
        At least 10. More of them, or larger batches, give a steadier curve.
    smoothing : float
        In [0, 1): how much of the moving average stays at each step, see
        `tlnb.training.range_test.suggestions.MovingAverage`. What is read off it lies up to
        ``smoothing / (1 - smoothing)`` steps too high: 9 of 100, less than half a power of ten.
    device
        As for `tlnb.fit`.
    progress : bool
        Whether to show a line of progress.
    stop : threading.Event, optional
        Set it from another thread to end the sweep after the step under way, as a first Ctrl-C does; a second one is
        an ordinary KeyboardInterrupt.
    on_step : callable, optional
        Called after each step that did not diverge, with its multiplier, its loss and the moving average.

    Returns
    -------
    RateSweep
        The curve, its suggestions (``sweep.recipe("valley")``), and what speaks against trusting them.

    Raises
    ------
    RecipeError
        If the range, the steps or the smoothing make no sweep.
    NonFiniteLossError
        If the very first loss is not finite: no rate is to blame for that. A later one ends the sweep as diverged.
    ModelError, DataError, DeviceError, MemoryLimitError
        As `tlnb.fit`.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> sweep = find_rates(model, images, tlnb.Recipe(), lowest=0.01, highest=1, steps=10, progress=False)
    >>> sweep.multipliers.round(3).tolist()[:3]
    [0.01, 0.017, 0.028]
    """
    _check(lowest, highest, steps, smoothing)
    stop = stop or threading.Event()
    session = Session(model, images, _as_swept(recipe), device)
    sweep = _Sweep(session, smoothing)
    multipliers = np.geomspace(lowest, highest, steps)
    try:
        with interrupt_sets(stop), Progress(steps, "Range test", enabled=progress) as bar:
            session.plan.train()
            session.keeper.settle(0)
            for multiplier, batch in zip(multipliers.tolist(), _endless(session), strict=False):
                diverged = sweep.step(multiplier, *batch)
                bar.update(note=sweep.told())
                if on_step is not None and not diverged:
                    on_step(multiplier, sweep.losses[-1], sweep.smoothed[-1])
                if diverged or stop.is_set():
                    break
            if len(sweep.losses) < steps:
                bar.close(f"{bar.note} · {'diverged' if sweep.diverged_at else 'stopped'}")
    finally:
        if session.device.type == "cpu":
            return_memory()
    note("method", "LR range test")
    return sweep.result(recipe, multipliers)


class _Sweep:
    """A sweep under way."""

    def __init__(self, session: Session, smoothing: float) -> None:
        self._session, self._average = session, MovingAverage(smoothing)
        self.losses: list[float] = []
        self.smoothed: list[float] = []
        self.rates: list[list[float]] = []
        self.diverged_at: float | None = None
        self.seconds = 0.0

    def step(self, multiplier: float, images: Batch, labels: torch.Tensor) -> bool:
        """Take one step with every group's rate multiplied; say whether the loss has diverged."""
        stepper, plan, start = self._session.stepper, self._session.plan, time.perf_counter()
        stepper.scales = dict.fromkeys(plan.names, multiplier)
        try:
            done = stepper.step(images, labels)
        except NonFiniteLossError:
            if not self.losses:  # no rate has had a say yet: the model or the images are to blame
                raise
            self.diverged_at = multiplier
            return True
        finally:
            self.seconds += time.perf_counter() - start
        trains = plan.trainable()
        self.losses.append(done.loss)
        self.smoothed.append(self._average.update(done.loss))
        self.rates.append([done.rates[name] if name in trains else 0.0 for name in plan.names])
        if self.smoothed[-1] > _DIVERGED * min(self.smoothed):
            self.diverged_at = multiplier
        return self.diverged_at is not None

    def told(self) -> str:
        """Say in a few words how far it is."""
        return f"loss {self.smoothed[-1]:.3f} at {self.rates[-1][-1]:.1e}"

    def result(self, recipe: Recipe, multipliers: np.ndarray) -> RateSweep:
        """Return what was found, for the recipe that was given."""
        steps, done = len(multipliers), len(self.losses)
        swept, losses, smoothed = multipliers[:done], np.array(self.losses), np.array(self.smoothed)
        found, notes = suggest(swept, losses, smoothed, self._average.smoothing, steps)
        return RateSweep(
            given=recipe,
            multipliers=swept,
            losses=losses,
            smoothed=smoothed,
            groups=self._session.plan.names,
            rates=np.array(self.rates),
            stopped="diverged" if self.diverged_at is not None else "finished" if done == steps else "stopped",
            diverged_at=self.diverged_at,
            suggestions=tuple(
                RateSuggestion(name, value, recipe.learning_rate * value, READING[name])
                for name, value in found.items()
            ),
            notes=(*notes, *self._ends(multipliers, bool(found)), *_later(recipe, self._session.plan.names)),
            seconds=self.seconds,
        )

    def _ends(self, multipliers: np.ndarray, found: bool) -> Iterator[str]:
        """Tell what the sweep did not see."""
        steps, done = len(multipliers), len(self.losses)
        if self.diverged_at is not None and not found:
            yield (
                f"The loss diverged at {self.diverged_at:.2g} times the recipe's rates, after {done} of {steps} "
                f"steps: sweep from lower, find_rates(..., lowest={multipliers[0] / 1000:.1g}, "
                f"highest={self.diverged_at:.1g})."
            )
        elif self.diverged_at is None and done < steps:
            yield (
                f"The sweep was stopped after {done} of {steps} steps, at {multipliers[done - 1]:.2g} times the "
                "recipe's rates; what higher ones do was not seen."
            )
        elif found and int(np.argmin(self.smoothed)) >= done - 3:
            yield (
                f"The loss was still falling at {multipliers[done - 1]:.2g} times the recipe's rates: sweep higher, "
                f"find_rates(..., highest={multipliers[-1] * 100:.1g})."
            )


def _as_swept(recipe: Recipe) -> Recipe:
    """Return the recipe with its rates standing still, so that the sweep alone moves them."""
    return recipe.with_(schedule="constant", schedule_options=(), warmup_epochs=0.0, patience=None, ema_decay=None)


def _endless(session: Session) -> Iterator[tuple[Batch, torch.Tensor]]:
    for epoch in count():
        order = session.batches.order(epoch)
        yield from (session.batch(epoch, order, place) for place in range(len(order)))


def _later(recipe: Recipe, names: tuple[str, ...]) -> Iterator[str]:
    later = [f"{name} (epoch {epoch:g})" for name, epoch in thaw_epochs(recipe, names).items() if epoch]
    if later:
        yield f"Frozen in this sweep, because they thaw later: {', '.join(later)}. Their rates were not tried."


def _check(lowest: Any, highest: Any, steps: Any, smoothing: Any) -> None:
    for name, value in (("lowest", lowest), ("highest", highest)):
        if not (_is_number(value) and math.isfinite(value) and value > 0):
            raise RecipeError(f"{name}={value!r} is not a multiplier: give a finite number above 0.")
    if lowest >= highest:
        raise RecipeError(f"lowest={lowest!r} is not below highest={highest!r}: a sweep rises from one to the other.")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < _LEAST_STEPS:
        raise RecipeError(f"steps={steps!r} is not a whole number of at least {_LEAST_STEPS}; 100 give a clear curve.")
    if not (_is_number(smoothing) and 0 <= smoothing < 1):
        raise RecipeError(f"smoothing={smoothing!r} is not a number in [0, 1).")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
