"""A panel to try recipes by hand: set a few dials, train in the background, compare with a score to beat."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tlnb.controls import bench_view as view
from tlnb.controls.background import BackgroundFit
from tlnb.controls.bench_view import Trial
from tlnb.controls.untested import untested
from tlnb.core.errors import TlnbError
from tlnb.training import EpochDone, Event, Recipe, Run, Started, StepDone
from tlnb.training.recipe.presets import PRESETS

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData

YOURS = "your recipe"
AUGMENTATION = (("flip", 0.5), ("vertical_flip", 0.5), ("rotation", 0.1))
_SECONDS_BETWEEN = 0.25  # messages to the page: more would queue up behind each other


class TryRecipe:
    """Try recipes on a model and some images, each training in a thread, so that the page stays alive.

    Runs are compared on the validation images: AUC for two classes, else accuracy.

    Parameters
    ----------
    model : nn.Module
        As for `tlnb.fit`; never changed.
    images : ImageData
        With validation images.
    recipe : Recipe
        Where the dials start. Its batch size and seed hold for the presets too.
    baseline : float, optional
        The validation score to beat.
    device : str
        As for `tlnb.fit`.

    Attributes
    ----------
    recipe : Recipe
        What the dials say now.
    run : Run or None
        The last run that ended.
    """

    def __init__(
        self,
        model: nn.Module,
        images: ImageData,
        recipe: Recipe,
        *,
        baseline: float | None = None,
        device: str = "auto",
    ) -> None:
        self.run: Run | None = None
        self.baseline = baseline
        self.metric = "AUC" if len(images.classes) == 2 else "accuracy"
        self._given = recipe
        self._trials: list[Trial] = []
        self._drawn = 0.0
        self._fit = BackgroundFit(model, untested(images), device, self._hear, self._end)
        self._dials = view.Dials([YOURS, *PRESETS], recipe)
        self._dials.preset.observe(self._take_preset, names="value")
        self._dials.start.on_click(lambda _: self.start())
        self._dials.stop.on_click(lambda _: self.stop())
        self._show_trials()

    @property
    def recipe(self) -> Recipe:
        """The recipe that the dials stand for. Of a short run at most half warms up, and later thaws are left out."""
        chosen, epochs = self._preset(), self._dials.epochs.value
        return chosen.with_(
            learning_rate=self._dials.rate.value,
            epochs=epochs,
            warmup_epochs=min(chosen.warmup_epochs, epochs / 2),
            thaw=tuple(thaw for thaw in chosen.thaw if thaw[0] < epochs),
            augmentation=(chosen.augmentation or AUGMENTATION) if self._dials.augment.value else (),
        )

    def start(self) -> None:
        """Train by the dials; a run still under way is ended first."""
        try:
            recipe = self.recipe
        except TlnbError as error:
            self._dials.say(str(error), failed=True)
            return
        self._fit.stop()
        self._fit.wait()
        self._trials.append(Trial(len(self._trials) + 1, self._dials.preset.value, recipe))
        self._dials.set_running(True)
        self._dials.say("Starting …")
        self._fit.start(recipe)

    def stop(self) -> None:
        """End the run after the step under way; what it did stays in the table."""
        self._fit.stop()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the run has ended; return whether it has."""
        return self._fit.wait(seconds)

    def _preset(self) -> Recipe:
        name = self._dials.preset.value
        if name == YOURS:
            return self._given
        return Recipe.preset(name, batch_size=self._given.batch_size, seed=self._given.seed)

    def _take_preset(self, _: Mapping[str, Any]) -> None:
        self._dials.take(self._preset())

    # What follows runs in the training's thread.

    def _hear(self, event: Event) -> None:
        trial = self._trials[-1]
        if isinstance(event, Started):
            self._dials.bar.max, self._dials.bar.value = event.steps, 0
        elif isinstance(event, StepDone):
            trial.loss = event.loss
            if time.monotonic() - self._drawn > _SECONDS_BETWEEN:
                self._drawn = time.monotonic()
                self._dials.bar.value = event.step
                self._dials.say(f"Run {trial.number}: step {event.step}, loss {event.loss:.3f}")
        elif isinstance(event, EpochDone):
            record = event.record
            score = record.valid_auc if self.metric == "AUC" else record.valid_accuracy
            trial.scores.append(float("nan") if score is None else score)
            self._show_trials()

    def _end(self, result: Run | Exception) -> None:
        trial = self._trials[-1]
        if isinstance(result, Exception):
            trial.status = "failed"
            self._dials.say(str(result), failed=True)
        else:
            self.run = result
            trial.status = {"finished": "done", "early": "ended early"}.get(result.stopped, "stopped")
            self._dials.bar.value = self._dials.bar.max if trial.status == "done" else self._dials.bar.value
            self._dials.say(f"Run {trial.number}: {trial.status} in {result.cost.seconds:.0f} s of training.")
        self._dials.set_running(False)
        self._show_trials()

    def _show_trials(self) -> None:
        self._dials.curve.layout.display = "" if any(trial.scores for trial in self._trials) else "none"
        if any(trial.scores for trial in self._trials):
            self._dials.curve.value = view.curve(self._trials, self.metric, self.baseline).png()
        self._dials.table.value = view.trials_html(self._trials, self.metric, self.baseline)

    def __repr__(self) -> str:
        return f"TryRecipe(metric={self.metric!r}, runs={len(self._trials)})"

    def _repr_html_(self) -> str:
        return view.still_html(self._trials, self.metric, self.baseline)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        texts = {"text/plain": repr(self), "text/html": self._repr_html_()}
        return {**self._dials.box._repr_mimebundle_(), **texts}
