"""Descent on a surface whose optima are known: what a schedule does when nothing else is in the way.

One number ``x`` and the loss ``x ** 2 / 4 + 0.2 (1 - cos(2 pi x))``: a bowl with ripples, whose valleys lie close to
the whole numbers from -2 to 2, the deepest at 0. Gradients carry noise, as those of small batches do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tlnb.training import Recipe

FARTHEST = 4.0  # where a descent begins, at most
RIPPLE = 0.2
LARGEST_RATE = 2 / (0.5 + RIPPLE * 4 * math.pi**2)  # from here on steps in the deepest valley grow: 0.24


@dataclass(frozen=True, eq=False)
class Descent:
    """Where a descent went.

    Attributes
    ----------
    places : ndarray
        float64 (steps + 1,): ``x`` before each step, and at the end.
    rates : ndarray
        float64 (steps,): the learning rate of each step.
    """

    places: np.ndarray
    rates: np.ndarray

    @property
    def end(self) -> float:
        """Where it ended."""
        return float(self.places[-1])


def loss(x: np.ndarray | float) -> np.ndarray | float:
    """Return the loss at a place.

    Examples
    --------
    >>> float(loss(0.0)), round(float(loss(2.0)), 3)
    (0.0, 1.0)
    """
    return np.square(x) / 4 + RIPPLE * (1 - np.cos(2 * math.pi * np.asarray(x)))


def slope(x: float) -> float:
    """Return the gradient of the loss at a place."""
    return x / 2 + RIPPLE * 2 * math.pi * math.sin(2 * math.pi * x)


def descend(recipe: Recipe, seed: int, *, steps_per_epoch: int = 20, noise: float = 1.0) -> Descent:
    """Go down the surface at the rates of a recipe.

    Parameters
    ----------
    recipe : Recipe
        Gives peak rate, schedule, warm-up and epochs; nothing else of it counts.
    seed : int
        Of the start, drawn evenly from -4 to 4, and of the noise: equal for all recipes.
    steps_per_epoch : int
        Steps in each epoch.
    noise : float
        Standard deviation of the noise in each gradient; the slope itself is at most 3.3.

    Examples
    --------
    >>> from tlnb.training import Recipe
    >>> went = descend(Recipe(learning_rate=0.1, epochs=10), seed=0, noise=0.0)
    >>> bool(abs(slope(went.end)) < 1e-3)  # in a valley, if not in the deepest
    True
    """
    rates, draw = _rates(recipe, steps_per_epoch), np.random.default_rng(seed)
    places = [draw.uniform(-FARTHEST, FARTHEST)]
    for rate, drawn in zip(rates, draw.standard_normal(len(rates)), strict=True):
        places.append(places[-1] - rate * (slope(places[-1]) + noise * drawn))
    return Descent(np.array(places), np.array(rates))


@lru_cache(maxsize=64)
def _rates(recipe: Recipe, steps_per_epoch: int) -> tuple[float, ...]:
    from tlnb.training.schedules import RateClock

    clock = RateClock(recipe, recipe.epochs * steps_per_epoch, steps_per_epoch)
    rates = []
    for _ in range(recipe.epochs * steps_per_epoch):
        rates.append(recipe.learning_rate * clock.factor)
        clock.step()
    return tuple(rates)
