"""Steering a training that is under way: from another thread, at the next step, kept so that it can be done again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tlnb.core.setting_values import Settings
from tlnb.training.recipe.selection import check_group
from tlnb.training.steered import ACTIONS, CHANGES, PAUSES, Steered, check_steered, checked_setting

__all__ = ["ACTIONS", "CHANGES", "PAUSES", "Steered", "Steering"]

log = logging.getLogger("tlnb")
_GLANCE = 0.1  # seconds between two looks at the stop event, which cannot wake whoever waits here


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
            check_steered(event)
        self._ahead = [event for event in self._replay if event.action in CHANGES]
        self._asked: list[Steered] = []
        self._names: tuple[str, ...] = ()
        self._settings: Settings | None = None
        self._pause_at: int | None = None  # after how many steps it is to wait, or waits
        self._paused = self._ended = False
        self._heard = threading.Condition()

    @property
    def paused(self) -> bool:
        """Whether the training waits."""
        return self._paused

    @property
    def settings(self) -> Settings | None:
        """The settings by which the training's method goes now; None where none is under way, or it has no method."""
        return None if self._ended else self._settings

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

    def set(self, name: str, value: Any) -> None:
        """Set one of the method's settings from the next step on; of several values until then, the last counts.

        Parameters
        ----------
        name, value : str, object
            One of the method's settings, and a value that it can have.
        """
        self._ask("set", name=name, value=value)

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
            self._names, self._settings, self._ended = (), None, False

    def bind(self, names: tuple[str, ...], settings: Settings | None = None) -> None:
        """Say which layer groups and settings there are, so that wrong names are told to whoever gives them.

        Raises
        ------
        RecipeError
            If a group that was named before is not among them.
        SettingError
            If a setting that was named before is not, or cannot have that value.
        """
        with self._heard:
            self._names, self._settings, self._ended = names, settings, False
            self._replay = tuple(self._fitting(event) for event in self._replay)
            self._asked = [self._fitting(ask) for ask in self._asked]

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
        check_steered(ask)
        with self._heard:
            ask = self._fitting(ask) if self._names else ask
            if not self._ended:
                # Of a drag only the last value before a step counts, and only that is kept.
                self._asked = [one for one in self._asked if ask.action != "set" or one.name != ask.name]
                self._asked.append(ask)
                self._heard.notify_all()
                return
        _tell_late(action)

    def _fitting(self, event: Steered) -> Steered:
        """Return an event as this training can take it, or tell what it cannot."""
        for group in event.groups:
            check_group(group, self._names)
        return checked_setting(event, self._settings) if event.action == "set" else event


def _tell_late(action: str) -> None:
    log.warning("%s came too late: the training has ended. Nothing was done.", action)
