"""The control: what can be done to a run by code and by buttons, and which run is shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from tlnb.controls.following import FollowedMethod
from tlnb.controls.monitor import folders, words
from tlnb.controls.monitor.alerts import Alert
from tlnb.controls.monitor.listeners import Listeners
from tlnb.controls.monitor.page import Page
from tlnb.controls.monitor.past import PastRun
from tlnb.controls.monitor.picture import picture
from tlnb.controls.monitor.running import WatchedRun
from tlnb.controls.monitor.stored import StoredOutput
from tlnb.controls.monitor.watch import RunWatch
from tlnb.controls.shared_recipe import shared
from tlnb.controls.untested import untested
from tlnb.core.errors import TlnbError
from tlnb.core.figures import Figure
from tlnb.training import Recipe, Run, start
from tlnb.training.complaints import check_fit
from tlnb.training.method import Method

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData

log = logging.getLogger("tlnb")

_GHOSTS = 4
_monitors: WeakValueDictionary[str, TrainingMonitor] = WeakValueDictionary()


class TrainingMonitor(Page):
    """Starts, shows, steers and compares trainings; each goes in a thread, so that the page stays alive.

    While one is under way, what changes in the recipe acts at its next step: groups that now train thaw, those that
    no longer do freeze, and peak rates are scaled. Runs are compared on the validation images, by AUC for two classes
    and else by accuracy. The test images stay out of reach: many tries are a choice. Ask
    ``run.evaluate(images, "test")`` once, at the very end.

    Parameters
    ----------
    model : nn.Module
        As for `tlnb.fit`; never changed.
    images : ImageData
        With validation images.
    recipe : Recipe, SharedRecipe or control
        What to train by; a control, such as a FreezeMap, shares its recipe.
    baseline : float, optional
        A validation score to beat, in [0, 1].
    device : str
        As for `tlnb.fit`.
    checkpoint : str or Path, optional
        A folder; each run has one in it for its checkpoints, and can be resumed.
    method : Method, optional
        As for `tlnb.fit`; what is set of it meanwhile counts from the next step. `MethodControls` shows it.
    name : str
        Of two monitors with one name, the later one stops the run of the first: a cell may be run again.

    Attributes
    ----------
    metric : {"AUC", "accuracy"}
        The score.
    expected : dict of int to float
        The curve that is expected of the next run, epoch to score; see `expect`.

    Raises
    ------
    TlnbError
        If the model does not fit the images, or the baseline is no score.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> monitor = TrainingMonitor(model, images, tlnb.Recipe(epochs=2), name="an example")
    >>> monitor.start()
    >>> run = monitor.run.result()  # in a notebook rather: run = await monitor.run
    >>> monitor, monitor.runs[0].stopped
    (TrainingMonitor('an example', metric='AUC', runs=1), 'finished')
    """

    def __init__(
        self,
        model: nn.Module,
        images: ImageData,
        recipe: Any,
        *,
        baseline: float | None = None,
        device: str = "auto",
        checkpoint: str | Path | None = None,
        method: Method | None = None,
        name: str = "monitor",
    ) -> None:
        check_fit(model, images)
        if baseline is not None and not (isinstance(baseline, (int, float)) and 0 <= baseline <= 1):
            raise TlnbError(f"baseline={baseline!r} is no score: give the AUC or accuracy to beat, from 0 to 1.")
        self.model, self.images, self.baseline, self.device, self.name = model, images, baseline, device, name
        self.method = method
        self.metric = "AUC" if len(images.classes) == 2 else "accuracy"
        self.expected: dict[int, float] = {}
        self._checkpoint = None if checkpoint is None else Path(checkpoint)
        self._untested = untested(images)
        self._past: list[PastRun] = []
        self._begins, self._ends = Listeners("at the begin of a run"), Listeners("at the end of a run")
        self._stored = StoredOutput()
        super().__init__(shared(recipe), self.metric)
        if method is not None:
            method.settings.observe(self._settings_changed)
        earlier = _monitors.get(name)
        if earlier is not None and earlier._running():
            log.info("Stopping the run of the earlier monitor %r: another one takes its place.", name)
            earlier.stop()
        _monitors[name] = self

    @property
    def run(self) -> WatchedRun:
        """The run under way, or the last one: ``await`` it, or ask for its ``result()``.

        Raises
        ------
        TlnbError
            If nothing has been started.
        """
        if self._watch is None or self._watch.background is None:
            raise TlnbError("Nothing has been started. Call monitor.start() first, or press Start.")
        return WatchedRun(self._watch.background, self._show_whole)

    @property
    def runs(self) -> tuple[PastRun, ...]:
        """The runs that have ended: recipe, history, metrics."""
        return tuple(self._past)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """What the run shown gives cause to say."""
        watch = self._watch
        return () if watch is None or watch.history is None else tuple(alert for _, alert in watch.history.alerts)

    def start(self) -> None:
        """Train by the recipe as it is now; returns at once. A run still under way is stopped first."""
        number, folder = self._last_number() + 1, None
        if self._checkpoint is not None:
            number = max(number, folders.next_number(self._checkpoint))
            folder = folders.folder(self._checkpoint, number)
        self._begin(self._new_watch(number, self.recipe, self.recipe), folder)

    def resume(self) -> None:
        """Go on with the run that was stopped last, from its last checkpoint; also after the kernel was restarted.

        Raises
        ------
        TlnbError
            If there is no such run, or no checkpoints.
        """
        watch = self._watch
        if self._checkpoint is None:
            raise TlnbError('Only a run with checkpoints can be resumed: TrainingMonitor(..., checkpoint="runs/mine").')
        if watch is not None and watch.status not in ("stopped", "failed"):
            mend = "call go_on() if it is paused" if watch.under_way else "start() begins another"
            raise TlnbError(f"Run {watch.number} is {watch.status}: there is nothing to resume; {mend}.")
        if watch is None:
            folder, recipe, applied = folders.last_folder(self._checkpoint), self.recipe, self.recipe
        else:
            folder = folders.folder(self._checkpoint, watch.number)
            recipe, applied = watch.recipe, watch.applied
        later = self._new_watch(folders.number_of(folder), recipe, applied)
        if watch is not None:
            later.history, later.expected, later.method = watch.history, watch.expected, watch.method
        self._begin(later, folder, resume=True)

    def on_end(self, callback: Callable[[Run], None]) -> Callable[[], None]:
        """Call back with the run whenever one has ended, in the training's thread; return how to stop that."""
        return self._ends.add(callback)

    def on_begin(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever a run is begun, in the thread that does it; return how to stop that."""
        return self._begins.add(callback)

    def picture(self) -> Figure:
        """Draw the run shown, as far as it is."""
        with self._lock:
            watch = self._watch
            ghosts = [run for run in self._past if watch is None or run.number != watch.number][-_GHOSTS:]
            expected = self.expected if watch is None else watch.expected
            history = None if watch is None else watch.history
            return picture(history, self._says(), self.metric, self.baseline, expected, ghosts, self.method)

    def _new_watch(self, number: int, recipe: Recipe, applied: Recipe) -> RunWatch:
        watch = RunWatch(number, recipe, applied, self.metric, self._lock, self._told)
        watch.expected = dict(self.expected)
        watch.method = None if self.method is None else FollowedMethod(self.method.settings)
        return watch

    def _begin(self, watch: RunWatch, folder: Path | None, *, resume: bool = False) -> None:
        options: dict[str, Any] = {"device": self.device, "checkpoint": folder, "resume": resume, "name": self.name}
        if self.method is not None and watch.method is not None:
            options["method"] = watch.method.as_begun(self.method)
        hands: dict[str, Any] = {"steering": watch.hand, "stop": watch.stop, "on_event": watch.hear}
        earlier, self._watch = self._watch, watch
        try:
            background = start(self.model, self._untested, watch.recipe, **options, **hands)
        except BaseException:
            self._watch = earlier
            raise
        watch.background = background
        background.add_done_callback(lambda run, error: self._ended(watch, run, error))
        self._tell_begin(watch)
        self._begins.call()

    def _ended(self, watch: RunWatch, run: Run | None, error: BaseException | None) -> None:
        watch.ended(run, error)
        with self._lock:
            self._past = [*(one for one in self._past if one.number != watch.number), watch.past()]
        if run is not None:
            self._ends.call(run)
        self._tell_end(watch)

    def _last_number(self) -> int:
        return max([run.number for run in self._past] + ([self._watch.number] if self._watch else []), default=0)

    def _says(self) -> str:
        watch = self._watch
        if watch is None:
            name = getattr(getattr(self.model, "tlnb_card", None), "name", type(self.model).__name__)
            counts = len(self.images.train), len(self.images.valid)
            return words.before(name, self.recipe, counts[0], self.metric, self.baseline, counts[1])
        return words.sentence(watch.number, watch.status, watch.history, self.metric, self.baseline)

    def _picture(self) -> Figure:
        return self.picture()

    def __repr__(self) -> str:
        return f"TrainingMonitor({self.name!r}, metric={self.metric!r}, runs={self._last_number()})"

    def _ipython_display_(self) -> None:
        self._stored.show(*self._repr_mimebundle_())

    def _show_whole(self) -> None:
        if self._stored and not self._views:  # a page draws by itself
            self._stored.replace(*self._repr_mimebundle_())
