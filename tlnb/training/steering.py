"""Steering a training that is under way: from another thread, at the next step, kept so that it can be done again."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from tlnb.core.errors import RecipeError
from tlnb.training.selection import check_group

ACTIONS = ("thaw", "freeze", "scale_rate", "stop")


@dataclass(frozen=True)
class Steered:
    """What was done to a training by hand; an event, and an entry of ``run.steering``.

    Attributes
    ----------
    step : int
        The first step that it counted for, from 1.
    action : {"thaw", "freeze", "scale_rate", "stop"}
        What was done.
    groups : tuple of str
        To which layer groups; none for ``"stop"``.
    factor : float or None
        What their learning rate was multiplied by, > 0; None but for ``"scale_rate"``.
    """

    kind: ClassVar[str] = "steered"
    step: int
    action: str
    groups: tuple[str, ...] = ()
    factor: float | None = None


class Steering:
    """A hand on a training: give it to `tlnb.fit`, and call its methods from any thread while that is at work.

    Parameters
    ----------
    replay : iterable of Steered
        What to do at which step: ``run.steering`` of a run before gives its losses again.

    Examples
    --------
    >>> steering = Steering()
    >>> steering.scale_rate(0.5, ["head"])
    >>> steering.due(0)
    (Steered(step=1, action='scale_rate', groups=('head',), factor=0.5),)
    """

    def __init__(self, replay: Iterable[Steered] = ()) -> None:
        self._replay = tuple(replay)
        self._asked: list[tuple[str, tuple[str, ...], float | None]] = []
        self._names: tuple[str, ...] = ()
        self._lock = threading.Lock()
        for event in self._replay:
            _check(event.action, event.groups, event.factor)

    def thaw(self, groups: str | Iterable[str]) -> None:
        """Let layer groups train from the next step on."""
        self._ask("thaw", groups)

    def freeze(self, groups: str | Iterable[str]) -> None:
        """Freeze layer groups from the next step on: weights, momentum and statistics stand still."""
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
        self._ask("scale_rate", groups, factor)

    def stop(self) -> None:
        """End the training before the next step."""
        self._ask("stop", ())

    def due(self, done: int) -> tuple[Steered, ...]:
        """Return what counts for the step after `done`: what is to be replayed there, and what was asked since.

        Called by the training, between two steps.
        """
        with self._lock:
            asked, self._asked = self._asked, []
        replayed = (event for event in self._replay if event.step == done + 1)
        return (*replayed, *(Steered(done + 1, action, groups, factor) for action, groups, factor in asked))

    def bind(self, names: tuple[str, ...]) -> None:
        """Say which layer groups there are, so that wrong names are told to whoever gives them.

        Raises
        ------
        RecipeError
            If a group that was named before is not among them.
        """
        with self._lock:
            self._names = names
            named = [g for event in self._replay for g in event.groups] + [g for _, own, _ in self._asked for g in own]
        for group in named:
            check_group(group, names)

    def _ask(self, action: str, groups: str | Iterable[str], factor: float | None = None) -> None:
        chosen = (groups,) if isinstance(groups, str) else tuple(groups)
        _check(action, chosen, factor)
        with self._lock:
            if self._names:
                for group in chosen:
                    check_group(group, self._names)
            self._asked.append((action, chosen, factor))


def _check(action: str, groups: tuple[str, ...], factor: float | None) -> None:
    if action not in ACTIONS:
        raise RecipeError(f"A training cannot be steered to {action!r}; it can be {', '.join(ACTIONS)}.")
    if action in ("thaw", "freeze") and not groups:
        raise RecipeError(f"{action} needs the names of layer groups; run.recipe.preview(model) shows them.")
    if action == "scale_rate" and not (isinstance(factor, (int, float)) and factor > 0 and math.isfinite(factor)):
        raise RecipeError(f"A rate cannot be scaled by {factor!r}: give a factor above 0; freeze() stops a group.")
