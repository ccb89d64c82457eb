"""One run of a monitor: hears its events in the training's thread, and follows the recipe while it goes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tlnb.backbones import layer_groups
from tlnb.controls.following import FollowedMethod
from tlnb.controls.monitor.alerts import Alert
from tlnb.controls.monitor.history import RunHistory
from tlnb.controls.monitor.past import PastRun, past_run
from tlnb.controls.monitor.statistics import FrozenStatistics
from tlnb.controls.monitor.steer import for_the_next_run, later_thaws, orders, thaws
from tlnb.controls.monitor.updates import UpdateMeter
from tlnb.core.errors import TlnbError
from tlnb.training import BackgroundRun, EpochDone, Event, Recipe, Run, Started, Steered, Steering, StepDone, Thawed

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger("tlnb")


class RunWatch:
    """A run from its start to its end.

    Parameters
    ----------
    number : int
        From 1.
    recipe : Recipe
        As it begins.
    applied : Recipe
        What it goes by: the same, unless it was steered before it was stopped and goes on now.
    metric : {"AUC", "accuracy"}
        The score that runs are compared by.
    lock : threading.RLock
        Held while its history changes; the page's side holds it while it reads.
    told : callable
        Called after each event, with it, in the training's thread.

    Attributes
    ----------
    status : str
        ``"starting"``, ``"running"``, ``"paused"``, ``"stopping"``, ``"finished"``, ``"early"``, ``"stopped"`` or
        ``"failed"``.
    history : RunHistory or None
        None before it has begun.
    background : BackgroundRun or None
        The thread that trains.
    hand, stop : Steering, threading.Event
        What steers it, and what ends it.
    expected : dict of int to float
        What was expected of it, epoch to score.
    method : FollowedMethod or None
        What it goes by of its method's settings.
    """

    def __init__(
        self,
        number: int,
        recipe: Recipe,
        applied: Recipe,
        metric: str,
        lock: threading.RLock,
        told: Callable[[RunWatch, Event], None],
    ) -> None:
        self.number, self.recipe, self.applied, self.metric = number, recipe, applied, metric
        self.status = "starting"
        self.history: RunHistory | None = None
        self.background: BackgroundRun | None = None
        self.hand, self.stop = Steering(), threading.Event()
        self.expected: dict[int, float] = {}
        self.method: FollowedMethod | None = None
        self.notes: list[str] = []  # what could not be done, in words
        self.steering: tuple[Steered, ...] = ()
        self.seconds = 0.0
        self._lock, self._told = lock, told
        self._later: dict[str, int] = {}  # thaws that a changed recipe plans
        self._updates: UpdateMeter | None = None
        self._statistics: FrozenStatistics | None = None
        self._failed_to_watch = False

    @property
    def under_way(self) -> bool:
        """Whether it has not ended."""
        return self.status in ("starting", "running", "paused", "stopping")

    @property
    def note(self) -> str:
        """What of the recipe counts for the next run only, and what could not be done, in words."""
        pending = for_the_next_run(self.recipe, self.applied) if self.under_way else ""
        return " ".join(filter(None, [pending, self.method_note, *self.notes]))

    @property
    def method_note(self) -> str:
        """What of the method's settings counts for the next run only, in words."""
        return self.method.note if self.under_way and self.method is not None else ""

    def past(self) -> PastRun:
        """Return its record."""
        history = self.history
        epochs = tuple(history.epochs) if history is not None else ()
        scores = history.score(self.metric) if history is not None else {}
        return past_run(self.number, self.recipe, epochs, scores, self.status, self.steering, self.seconds)

    def follow(self, recipe: Recipe) -> None:
        """Steer the run to go by a changed recipe, and by the method's settings, from the next step on."""
        with self._lock:
            history = self.history
            if not self.under_way or history is None:
                return  # what is changed before the first step is taken up after it
            if self.method is not None:
                self.method.follow(self.hand)
            if recipe == self.applied:
                return
            self.notes = []
            try:
                for order in orders(self.applied, recipe, history.groups, history.step, history.per_epoch):
                    order.give(self.hand)
                self._later = later_thaws(recipe, history.groups, history.step, history.per_epoch)
            except TlnbError as error:
                self.notes = [f"The run goes on as it was: {error}"]
            else:
                self.applied = recipe

    # What follows runs in the training's thread.

    def hear(self, event: Event) -> None:
        """Take in an event. An error here is told once, and never ends a training."""
        try:
            self._hear(event)
        except Exception:
            if not self._failed_to_watch:
                log.warning("The training goes on, but the monitor cannot follow it.", exc_info=True)
            self._failed_to_watch = True

    def ended(self, run: Run | None, error: BaseException | None) -> None:
        """Take in the end."""
        with self._lock:
            self._updates = self._statistics = None  # they hold the model
            if run is not None:
                self.status, self.steering, self.seconds = run.stopped, run.steering, run.cost.seconds
                return
            self.status = "failed"
            text = str(error) or type(error).__name__
            if self.history is not None:
                alert = Alert("failed", f"The run was ended by an error. {text}", "Change the recipe, and start again.")
                self.history.alerts.append((self.history.step, alert))
            else:
                self.notes = [f"It could not begin. {text}"]

    def _hear(self, event: Event) -> None:
        if isinstance(event, StepDone) and self._updates is not None:
            ratios = self._updates.after_step()
        else:
            ratios = None
        moved = self._checked(event)
        with self._lock:
            if isinstance(event, Started):
                self._begin(event)
            elif self.history is not None:
                self.history.hear(event)
                if ratios:
                    self.history.measured(ratios)
                if moved:
                    self.history.checked(moved)
                self._note_status(event)
        if isinstance(event, StepDone):
            self._thaw_later(event.step)
        self._told(self, event)

    def _begin(self, event: Started) -> None:
        if self.history is not None and self.history.step == event.done:
            self.history.goes_on(event)  # the same run, resumed
        else:
            self.history = RunHistory(event)
        self.status = "running"
        if self.method is not None and self.hand.settings is not None:
            self.method.goes_by(self.hand.settings)
        model: nn.Module | None = event.model
        if model is not None:
            groups = layer_groups(model)
            self._updates, self._statistics = UpdateMeter(model, groups), FrozenStatistics(model, groups)
            self._statistics.hold([name for name in event.groups if name not in event.trainable])

    def _checked(self, event: Event) -> dict[str, tuple[str, ...]]:
        watched = self._statistics
        if watched is None:
            return {}
        if isinstance(event, Thawed) or (isinstance(event, Steered) and event.action == "thaw"):
            watched.let_go(event.groups)
        elif isinstance(event, Steered) and event.action == "freeze":
            watched.hold(event.groups)
        elif isinstance(event, EpochDone):
            return watched.moved()
        return {}

    def _note_status(self, event: Event) -> None:
        if event.kind == "stopping" or (isinstance(event, Steered) and event.action == "stop"):
            self.status = "stopping"
        elif isinstance(event, Steered) and event.action == "pause":
            self.status = "paused"
        elif isinstance(event, Steered) and event.action in ("go_on", "step"):
            self.status = "running"

    def _thaw_later(self, step: int) -> None:
        with self._lock:
            due = tuple(name for name, at in self._later.items() if at <= step)
            self._later = {name: at for name, at in self._later.items() if at > step}
            history, applied = self.history, self.applied
        if history is not None and due:
            new = [name for name in due if name not in history.trainable]
            for order in thaws(self.recipe, applied, (), new, tuple(history.groups)):
                order.give(self.hand)
