"""What a hand on the control makes of a recipe. Values are the page's: whatever they are, the recipe has the say."""

from __future__ import annotations

import math
from typing import Any

from tlnb.core.errors import RecipeError
from tlnb.training import Recipe
from tlnb.training.recipe.selection import check_group

FIELDS = ("learning_rate", "rate_ratio", "layer_decay", "warmup_epochs")


def with_rate(recipe: Recipe, names: tuple[str, ...], group: str, rate: Any, by_hand: bool) -> Recipe:
    """Return the recipe with another peak rate of one group.

    The head's moves all of them. The group below it sets ``rate_ratio`` and the first one ``layer_decay``, unless each
    group is set by hand.

    Parameters
    ----------
    recipe : Recipe
        What it was.
    names : tuple of str
        The model's groups, input to head.
    group : str
        One of them.
    rate : float
        Its new peak rate.
    by_hand : bool
        Whether each group has a rate of its own, in ``rate_factors``.

    Raises
    ------
    RecipeError
        If the recipe refuses it.

    Examples
    --------
    >>> names = ("stem", "stage1", "stage2", "head")
    >>> with_rate(Recipe(learning_rate=0.01), names, "stage2", 0.001, by_hand=False).rate_ratio
    0.1
    >>> with_rate(Recipe(learning_rate=0.01), names, "stem", 0.0025, by_hand=False).layer_decay
    0.5
    >>> with_rate(Recipe(learning_rate=0.01), names, "stage1", 0.002, by_hand=True).rate_factors
    (('stage1', 0.2),)
    """
    check_group(group, names)
    if not (isinstance(rate, (int, float)) and not isinstance(rate, bool) and math.isfinite(rate) and rate > 0):
        raise RecipeError(f"{rate!r} is not a rate for {group}: give a number above 0, as 0.001 or 1e-3.")
    factors = dict(recipe.rate_factors)
    if group == names[-1]:
        return recipe.with_(learning_rate=rounded(rate / factors.get(group, 1.0)))
    if by_hand:
        return recipe.with_(rate_factors={**factors, group: rounded(rate / recipe.learning_rate)})
    if group == names[-2]:
        return recipe.with_(rate_ratio=rounded(rate / recipe.learning_rate))
    further = len(names) - 2 - names.index(group)
    decay = (rate / (recipe.learning_rate * recipe.rate_ratio)) ** (1 / further)
    return recipe.with_(layer_decay=rounded(decay))


def with_setting(recipe: Recipe, name: str, value: Any) -> Recipe:
    """Return the recipe with another value of one of its `FIELDS`, or of an option of its schedule.

    Raises
    ------
    RecipeError
        If it is none of these, or the recipe refuses the value.
    """
    if name in FIELDS:
        return recipe.with_(**{name: value})
    return recipe.with_(schedule_options={**dict(recipe.schedule_options), name: value})


def rounded(value: float) -> float:
    """Round to three significant digits: more of them, no hand means.

    Examples
    --------
    >>> rounded(0.0123456), rounded(31234.0)
    (0.0123, 31200.0)
    """
    return float(f"{value:.3g}")
