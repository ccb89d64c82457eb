"""What a hand may do to a training, as plain data: told as an event, kept by the run, done again on a replay."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from tlnb.core.errors import RecipeError, SettingError
from tlnb.core.setting_values import Settings

CHANGES = ("thaw", "freeze", "scale_rate", "set", "stop")  # these decide the losses, and are replayed
PAUSES = ("pause", "step", "go_on")  # these cost time alone
ACTIONS = (*CHANGES, *PAUSES)


@dataclass(frozen=True)
class Steered:
    """What was done to a training by hand; an event, and an entry of ``run.steering``.

    Attributes
    ----------
    step : int
        The first step that it counted for, from 1.
    action : {"thaw", "freeze", "scale_rate", "set", "stop", "pause", "step", "go_on"}
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
    name : str or None
        Of a ``"set"``: which of the method's settings.
    value : object
        What that was set to: a number, True or False, a word, or a tuple of numbers.
    """

    kind: ClassVar[str] = "steered"
    step: int
    action: str
    groups: tuple[str, ...] = ()
    factor: float | None = None
    steps: int | None = None
    fixed_statistics: bool | None = None
    name: str | None = None
    value: Any = None

    @classmethod
    def from_plain(cls, fields: Mapping[str, Any]) -> Steered:
        """Make it from what JSON has kept of it, which knows no tuples."""
        value = fields.get("value")
        tuples = {"groups": tuple(fields["groups"]), "value": tuple(value) if isinstance(value, list) else value}
        return cls(**{**fields, **tuples})


def check_steered(event: Steered) -> None:
    """Raise RecipeError unless an event makes sense, whatever the training."""
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
    if action == "set" and not (isinstance(event.name, str) and event.name):
        raise RecipeError(f"set({event.name!r}, …): name one of the method's settings.")


def checked_setting(event: Steered, settings: Settings | None) -> Steered:
    """Return a ``"set"`` with its value as the setting keeps it.

    Raises
    ------
    SettingError
        If the training has no such setting, it cannot have that value, or cannot have another one in its middle.
    """
    name = event.name or ""
    if settings is None:
        raise SettingError(f"{name!r} cannot be set: this training has no method. Give it one: fit(..., method=...).")
    if not settings.setting(name).while_training:
        raise SettingError(
            f"{name!r} cannot be set in the middle of a training. Set it on the method, for the next one: "
            f"method.settings[{name!r}] = {event.value!r}."
        )
    return replace(event, value=settings.check(name, event.value))
