"""What an augmentation step is, and the check of a list of them. No torch: a recipe asks this at import."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tlnb.core.errors import RecipeError, did_you_mean
from tlnb.data.augmentation.calls import Call


@dataclass(frozen=True)
class Augmentation:
    """A step of augmentation, with a strength from 0 (no change) to 1 (the most that makes sense).

    Attributes
    ----------
    name : str
        As a recipe has it.
    title : str
        As the field calls it.
    kind : {"geometry", "colour", "occlusion", "policy", "mixing", "domain"}
        What it changes. A ``"policy"`` chooses among many changes; ``"domain"`` is what instruments do.
    summary : str
        What it does, in a sentence.
    paper : str
        Where it comes from; empty if it is everyone's.
    reach : callable
        A strength above 0 to what it means in units, as a phrase.
    call : callable
        Strength and image size in pixels to the transform.
    needs_colour : bool
        Whether it leaves images of one channel as they are.
    on_cpu : bool
        Whether it runs on the CPU alone.

    Examples
    --------
    >>> from tlnb.data.augmentation import AUGMENTATIONS
    >>> AUGMENTATIONS["rotation"].describe(0.5)
    'rotation: by up to 22 degrees either way'
    """

    name: str
    title: str
    kind: str
    summary: str
    reach: Callable[[float], str]
    call: Callable[[float, int], Call]
    paper: str = ""
    needs_colour: bool = False
    on_cpu: bool = False

    @property
    def mixes(self) -> bool:
        """Whether it mixes the images of a batch, and their labels with them."""
        return self.kind == "mixing"

    def describe(self, strength: float) -> str:
        """Say what a strength means, in units."""
        return f"{self.title}: {self.reach(strength) if strength else 'off'}"


def check_steps(steps: Iterable[Any]) -> tuple[tuple[str, float], ...]:
    """Return steps in their plain form, or say what is wrong with them.

    Parameters
    ----------
    steps : iterable of (str, float)
        Names of augmentations, each once, with strengths from 0 to 1.

    Returns
    -------
    tuple of (str, float)
        In the order given, those of strength 0 too.

    Raises
    ------
    RecipeError
        An unknown name, one given twice, or a strength that is not a number from 0 to 1.

    Examples
    --------
    >>> check_steps([["flip", 1], ("rotation", 0.25)])
    (('flip', 1.0), ('rotation', 0.25))
    """
    from tlnb.data.augmentation.table import AUGMENTATIONS

    checked: dict[str, float] = {}
    for name, strength in _pairs(steps):
        if not isinstance(name, str) or name not in AUGMENTATIONS:
            raise RecipeError(
                f"There is no augmentation {name!r}; there are {', '.join(AUGMENTATIONS)}."
                f"{did_you_mean(str(name), AUGMENTATIONS)}"
            )
        if not _is_strength(strength):
            raise RecipeError(f"augmentation {name!r} has strength {strength!r}; give a number from 0 to 1.")
        if name in checked:
            raise RecipeError(
                f"augmentation {name!r} is given twice, with strengths {checked[name]!r} and {strength!r}; keep one."
            )
        checked[name] = float(strength)
    return tuple(checked.items())


def _is_strength(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value <= 1  # type: ignore[operator, arg-type]


def _pairs(steps: Iterable[Any]) -> list[tuple[Any, Any]]:
    form = '(name, strength), for example ("flip", 0.5)'
    if isinstance(steps, str) or not isinstance(steps, Iterable):
        raise RecipeError(f"augmentation={steps!r} is not a sequence of {form}.")
    entries = list(steps)
    for entry in entries:
        if not (isinstance(entry, (tuple, list)) and len(entry) == 2):
            raise RecipeError(f"augmentation holds {entry!r}; each entry is {form}.")
    return [(name, strength) for name, strength in entries]
