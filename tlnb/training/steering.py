"""Steering a training that is under way: from another thread, at the next step, kept so that it can be done again."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from tlnb.core.errors import RecipeError
from tlnb.training.recipe.selection import check_group

log = logging.getLogger("tlnb")

CHANGES = ("thaw", "freeze", "scale_rate", "stop")  # these decide the losses, and are replayed
PAUSES = ("pause", "step", "go_on")  # these cost time alone
ACTIONS = (*CHANGES, *PAUSES)
_GLANCE = 0.1  # seconds between two looks at the stop event, which cannot wake whoever waits here


@dataclass(frozen=True)
class Steered:
    """What was done to a training by hand; an event, and an entry of ``run.steering``.

    Attributes
    ----------
    step : int
        The first step that it counted for, from 1.
    action : {"thaw", "freeze", "scale_rate", "stop", "pause", "step", "go_on"}
        What was done. A ``"pause"`` is told when the training waits before that step; so is the one that ends a
        ``"step"``.
    groups : tuple of str
        To which layer groups; none where it is about the whole training.
    factor : float or None
        What their learning rate was multiplied by, > 0; None but for ``"scale_rate"``.
    steps : int or None
        How many steps were to be taken; None but for ``"step"``.
    fixed_statistics : bool or None
        Of a ``"thaw"``: whether the groups train with fixed running statistics; None for as the recipe says.
    """

    kind: ClassVar[str] = "steered"
    step: int
    action: str
    groups: tuple[str, ...] = ()
    factor: float | None = None
    steps: int | None = None
    fixed_statistics: bool | None = None


class Steering:
    """A hand on a training: give it to `tlnb.fit`, and call its methods from any thread while that is at work.

    What is asked for counts from the next step on, and at once while the training is paused. Before the training
    begins, it counts from the first step; once it has ended, nothing is done, and a warning says so.

    Parameters
    ----------
    replay : iterable of Steered
        What to do at which step: ``run.steering`` of a run before gives its losses again. Its pauses are left out: a
        replay waits for nobody.

    Examples
    --------
    >>> steering = Steering()
    >>> steering.scale_rate(0.5, ["head"])
    >>> [(event.step, event.action, event.groups, event.factor) for event in steering.due(0)]
    [(1, 'scale_rate', ('head',), 0.5)]
    """

    def __init__(self, replay: Iterable[Steered] = ()) -> None:
        self._replay = tuple(replay)
        for event in self._replay:
            _check(event)
        self._ahead = [event for event in self._replay if event.action in CHANGES]
        self._asked: list[Steered] = []
        self._names: tuple[str, ...] = ()
        self._pause_at: int | None = None  # after how many steps it is to wait, or waits
        self._paused = self._ended = False
        self._heard = threading.Condition()

    @property
    def paused(self) -> bool:
        """Whether the training waits."""
        return self._paused

    def thaw(self, groups: str | Iterable[str], fixed_statistics: bool | None = None) -> None:
        """Let layer groups train from the next step on; those that train already may change how.

        Parameters
        ----------
        groups : str or iterable of str
            Names of groups.
        fixed_statistics : bool, optional
            Whether batch normalisation in them, and what else has running statistics, keeps these and normalises by
            them. By default as the recipe says for each group.
        """
        self._ask("thaw", groups, fixed_statistics=fixed_statistics)

    def freeze(self, groups: str | Iterable[str]) -> None:
        """Freeze layer groups from the next step on: weights, momentum and statistics stand still.

        A thaw that the recipe plans for one of them does not happen then: a hand comes before the plan.
        """
        self._ask("freeze", groups)

    def scale_rate(self, factor: float, groups: str | Iterable[str] = ()) -> None:
        """Multiply the learning rate of layer groups, or of all, from the next step on; the schedule's shape stays.

        Parameters
        ----------
        factor : float
            > 0.
        groups : str or iterable of str
            Names of groups; none means all.
        """
        self._ask("scale_rate", groups, factor=factor)

    def stop(self) -> None:
        """End the training before the next step, also while it is paused."""
        self._ask("stop")

    def pause(self) -> None:
        """Let the training wait before its next step, until `go_on`, `step` or `stop`."""
        self._ask("pause")

    def step(self, n: int = 1) -> None:
        """Let the training take `n` steps, and then wait.

        Parameters
        ----------
        n : int
            >= 1.
        """
        self._ask("step", steps=n)

    def go_on(self) -> None:
        """Let a training that waits, or will wait after some steps, run on."""
        self._ask("go_on")

    def due(self, done: int) -> tuple[Steered, ...]:
        """Return what counts for the step after `done`, once: what is to be replayed there, and what was asked since.

        Called by the training, between two steps; `paused` then says whether it shall wait.
        """
        with self._heard:
            events = [event for event in self._ahead if event.step == done + 1]
            self._ahead = [event for event in self._ahead if event.step != done + 1]
            if self._pause_at == done and not self._paused:
                events.append(Steered(done + 1, "pause"))
            asked, self._asked = self._asked, []
            events.extend(
                replace(ask, step=done + 1) for ask in asked if ask.action not in PAUSES or self._settle(ask, done)
            )
            self._paused = self._pause_at == done
        return tuple(events)

    def wait(self, stop: threading.Event) -> None:
        """Return as soon as something is asked, or `stop` is set. Called by the training, while it is paused."""
        with self._heard:
            while not self._asked and not stop.is_set():
                self._heard.wait(_GLANCE)

    def open(self) -> None:
        """Hear what is asked for from here on: another training is about to begin, and will bind its groups."""
        with self._heard:
            self._names, self._ended = (), False

    def bind(self, names: tuple[str, ...]) -> None:
        """Say which layer groups there are, so that wrong names are told to whoever gives them.

        Raises
        ------
        RecipeError
            If a group that was named before is not among them.
        """
        with self._heard:
            self._names, self._ended = names, False
            named = [group for event in (*self._replay, *self._asked) for group in event.groups]
        for group in named:
            check_group(group, names)

    def begin(self, already: Iterable[Steered] = ()) -> None:
        """Get ready for a training: what a checkpoint says was done `already` is not done again."""
        with self._heard:
            self._ahead = [event for event in self._replay if event.action in CHANGES]
            for event in already:
                if event in self._ahead:
                    self._ahead.remove(event)

    def end(self) -> None:
        """Hear nothing more: the training has ended."""
        with self._heard:
            late, self._asked = [ask.action for ask in self._asked if ask.action != "stop"], []
            self._pause_at, self._paused, self._ended = None, False, True
        for action in late:
            _tell_late(action)

    def _settle(self, ask: Steered, done: int) -> bool:
        """Note when to wait; return whether that says anything new."""
        before = self._pause_at
        self._pause_at = None if ask.action == "go_on" else done + (ask.steps or 0)
        return ask.action == "step" or self._pause_at != before

    def _ask(self, action: str, groups: str | Iterable[str] = (), **details: Any) -> None:
        ask = Steered(0, action, (groups,) if isinstance(groups, str) else tuple(groups), **details)
        _check(ask)
        with self._heard:
            if self._names:
                for group in ask.groups:
                    check_group(group, self._names)
            if not self._ended:
                self._asked.append(ask)
                self._heard.notify_all()
                return
        _tell_late(action)


def _tell_late(action: str) -> None:
    log.warning("%s came too late: the training has ended. Nothing was done.", action)


def _check(event: Steered) -> None:
    action, factor, steps, fixed = event.action, event.factor, event.steps, event.fixed_statistics
    if action not in ACTIONS:
        raise RecipeError(f"A training cannot be steered to {action!r}; it can be {', '.join(ACTIONS)}.")
    if action in ("thaw", "freeze") and not event.groups:
        raise RecipeError(f"{action} needs the names of layer groups; run.recipe.preview(model) shows them.")
    if fixed is not None and not (action == "thaw" and isinstance(fixed, bool)):
        raise RecipeError(
            f"{action} with fixed_statistics={fixed!r}: thaw() takes True or False for all the groups that it names, "
            "or None for what the recipe says of each; the others take none."
        )
    if action == "scale_rate" and not (isinstance(factor, (int, float)) and factor > 0 and math.isfinite(factor)):
        raise RecipeError(f"A rate cannot be scaled by {factor!r}: give a factor above 0; freeze() stops a group.")
    if action == "step" and (isinstance(steps, bool) or not isinstance(steps, int) or steps < 1):
        raise RecipeError(f"step({steps!r}): give how many steps to take, 1 or more; pause() takes none.")
