"""The control: rates and schedule of a shared recipe, the range test, ghosts of earlier runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from tlnb.backbones import layer_groups
from tlnb.controls.rates import changes, messages
from tlnb.controls.rates.ghosts import Ghost, ghost_of
from tlnb.controls.rates.picture import picture
from tlnb.controls.rates.shown import Shown
from tlnb.controls.rates.sweeping import BackgroundSweep
from tlnb.controls.rates.trace import MOST_STEPS, trace_of
from tlnb.controls.rates.words import sentence
from tlnb.controls.recipe_control import RecipeControl
from tlnb.controls.shared_recipe import shared
from tlnb.core.errors import TlnbError
from tlnb.core.figures import Figure
from tlnb.training import EpochRecord, RateSweep, Recipe, Run
from tlnb.training.batches import in_batches, training_count
from tlnb.training.learning import learning_parameters
from tlnb.training.script import write_rates

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData

UNCOUNTED = 100  # steps of an epoch where nobody said how many images there are
MOST_GHOSTS = 8
_QUICK = 0.03  # seconds: what a trace may take while a hand still drags


class LearningRates(RecipeControl):
    """A rate for every layer group and their schedule, to drag; the run's rates are read from the real optimiser.

    Parameters
    ----------
    model : nn.Module
        Any classifier; never changed.
    recipe : Recipe, SharedRecipe or control
        What is shown and changed; give another control to keep both in step.
    images : ImageData or int, optional
        The images, or how many there are to train on. Without them the run is shown in epochs only; the range test
        needs the images themselves.
    device : str
        Where the range test trains, as for `tlnb.fit`.

    Attributes
    ----------
    sweep : RateSweep or None
        What the last range test found.
    ghosts : tuple of Ghost
        Earlier runs that are drawn too.

    Raises
    ------
    RecipeError
        If the recipe does not fit the model.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> control = LearningRates(model, tlnb.Recipe(trainable=1, rate_ratio=0.1), images=640)
    >>> control
    LearningRates: Head at 0.003, stage4 at 3e-4, the rest frozen; cosine decay.
    >>> control.recipe = control.recipe.with_(learning_rate=0.01)
    >>> control
    LearningRates: Head at 0.01, stage4 at 0.001, the rest frozen; cosine decay.
    """

    bundle_name = "learning_rates"

    def __init__(
        self, model: nn.Module, recipe: Any, images: ImageData | int | None = None, device: str = "auto"
    ) -> None:
        held = shared(recipe)
        self._network, self._images, self._device = model, images, device
        self._groups = layer_groups(model)
        self._names = tuple(group.name for group in self._groups)
        self._test = BackgroundSweep(self._test_changed)
        self._ghosts: list[Ghost] = []
        self._sent, self._trace_seconds = "", 0.0
        self._axes: dict[str, tuple[float, float]] = {}
        self._shown(held.recipe).check()
        super().__init__(held)

    @property
    def sweep(self) -> RateSweep | None:
        """What the last range test found."""
        return self._test.result

    @property
    def ghosts(self) -> tuple[Ghost, ...]:
        """Earlier runs that are drawn too."""
        return tuple(self._ghosts)

    def add_ghost(self, run: Run | Sequence[EpochRecord], recipe: Recipe | None = None) -> None:
        """Draw an earlier run's rates faintly, with what it reached; beyond eight, the oldest one goes.

        Parameters
        ----------
        run : Run or sequence of EpochRecord
            With one epoch done or more.
        recipe : Recipe, optional
            What a history alone was trained with; if not given, the one that is shown now.

        Raises
        ------
        TlnbError
            If there is no epoch.
        """
        ghost = ghost_of(run, recipe or self.recipe, self._network, self._count())
        self._ghosts = [*self._ghosts, ghost][-MOST_GHOSTS:]
        if self._views:
            self.send(messages.ghosts_message(self._ghosts))

    def clear_ghosts(self) -> None:
        """Forget the earlier runs."""
        self._ghosts = []
        self.send(messages.ghosts_message(self._ghosts))

    def start_range_test(self, **options: Any) -> None:
        """Begin a range test in a thread; returns at once. Nothing that is given is changed.

        Parameters
        ----------
        **options
            ``lowest``, ``highest``, ``steps``, ``smoothing``, as for `tlnb.find_rates`.

        Raises
        ------
        TlnbError
            If the control was not given images.
        """
        if self._images is None or isinstance(self._images, int):
            raise TlnbError(messages.why_no_test(self._images))
        self._test.start(self._network, self._images, self.recipe, self._device, **options)
        self._test_changed()

    def stop_range_test(self) -> None:
        """End the range test after the step under way."""
        self._test.stop()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the range test has ended; return whether it has."""
        return self._test.wait(seconds)

    # What a hand does. `changes` says what it makes of the recipe.

    def _do_set_rate(self, group: str, rate: Any, by_hand: bool = False, commit: bool = True) -> None:
        self._set(changes.with_rate(self.recipe, self._names, group, rate, by_hand), commit)

    def _do_set(self, name: str, value: Any, commit: bool = True) -> None:
        self._set(changes.with_setting(self.recipe, name, value), commit)

    def _do_set_schedule(self, name: str, commit: bool = True) -> None:
        self._set(self.recipe.with_(schedule=name, schedule_options=()), commit)

    def _do_follow(self, commit: bool = True) -> None:
        self._set(self.recipe.with_(rate_factors=()), commit)

    def _do_take(self, name: str, commit: bool = True) -> None:
        if self.sweep is None:
            raise TlnbError("There was no range test yet whose suggestion could be taken.")
        self._set(self.recipe.with_(learning_rate=changes.rounded(self.sweep.recipe(name).learning_rate)), commit)

    def _do_test(self, commit: bool = True) -> None:
        self.start_range_test()

    def _do_stop_test(self, commit: bool = True) -> None:
        self.stop_range_test()

    def _do_clear_ghosts(self, commit: bool = True) -> None:
        self.clear_ghosts()

    def _set(self, recipe: Recipe, commit: bool) -> None:
        self._shown(recipe).check()
        self.shared.set(recipe, commit=commit)

    # What is told.

    def _shown(self, recipe: Recipe) -> Shown:
        per_epoch = UNCOUNTED
        if self._images is not None:
            per_epoch = len(in_batches(torch.arange(self._count()), recipe.batch_size))
        learning = learning_parameters(self._network, self._groups, recipe.parameters)
        learns = frozenset(group.name for group in self._groups if not learning.isdisjoint(group.parameters))
        return Shown(recipe, self._names, learns, per_epoch)

    def _count(self) -> int:
        return UNCOUNTED * self.recipe.batch_size if self._images is None else training_count(self._images)

    def _says(self) -> str:
        return sentence(self.recipe, self._names)

    def _code(self) -> str:
        return write_rates(self.recipe, self._network, self._shown(self.recipe).per_epoch)

    def _state(self) -> dict[str, Any]:
        shown = self._shown(self.recipe)
        if self.shared.settled or not self._axes:  # axes that follow a drag run away from the hand
            swept = [rate for rate, *_ in self._test.points]
            self._axes = {"domain": shown.axis(swept), "run": shown.run()}
        more = {"counted": self._images is not None, "stale": messages.stale(self.sweep, self.recipe)}
        return {**shown.state(), **self._axes, **more}

    def _greeting(self) -> list[dict[str, Any]]:
        self._sent = ""  # whoever greets has no trace yet
        return [
            messages.greeting(self._names, messages.why_no_test(self._images)),
            messages.ghosts_message(self._ghosts),
            messages.sweep_message(self._test),
        ]

    def _tell_state(self, **answer: Any) -> None:
        try:
            super()._tell_state(**answer)
            if self._views and (self.shared.settled or self._trace_seconds < _QUICK):
                self._tell_trace()
        except TlnbError as error:  # somebody else has put a recipe in place that this model cannot have
            self.send({"kind": "error", "text": str(error), **answer})

    def _tell_trace(self) -> None:
        """Send the optimiser's own rates, unless the page has them."""
        shown = self._shown(self.recipe)
        of = shown.key
        if of == self._sent or shown.steps > MOST_STEPS:  # of which the state tells
            return
        start = time.perf_counter()
        self.send(*trace_of(self.recipe.rates(self._network, self._count()), of).message())
        self._sent, self._trace_seconds = of, time.perf_counter() - start

    def _test_changed(self) -> None:
        if not self._views:
            return
        self.send(messages.sweep_message(self._test))
        if not self._test.running:
            self._tell_state()  # the new test may fit what the old one did not

    def _picture(self) -> Figure:
        shown = self._shown(self.recipe)
        curves = self.recipe.rates(self._network, self._count())
        return picture(shown.rates, shown.starts, curves, self.sweep, self._ghosts)
