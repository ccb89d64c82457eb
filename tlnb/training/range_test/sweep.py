"""What a range test found: the curve, and the rates that it suggests, as numbers, as text and as a figure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.errors import RecipeError, did_you_mean
from tlnb.core.tables import Table
from tlnb.training.range_test.suggestions import READING
from tlnb.training.recipe import Recipe

if TYPE_CHECKING:
    from tlnb.core.figures import Figure


@dataclass(frozen=True)
class RateSuggestion:
    """A rate that a range test suggests.

    Attributes
    ----------
    name : {"steepest", "valley", "tenth"}
        How it was read off the curve.
    multiplier : float
        What it multiplies every group's rate by.
    learning_rate : float
        The head's rate with it: what `Recipe.learning_rate` would be.
    says : str
        How to read it.
    """

    name: str
    multiplier: float
    learning_rate: float
    says: str


@dataclass(frozen=True, eq=False, repr=False)
class RateSweep(Table):
    """What `tlnb.find_rates` gives; shows itself as a table, and `plot` draws it.

    Attributes
    ----------
    given : Recipe
        Whose rates were swept.
    multipliers : ndarray
        float64 (n,): what every group's rate was multiplied by in each step done.
    losses, smoothed : ndarray
        float64 (n,): each step's training loss in nats, and its moving average.
    groups : tuple of str
        The layer groups, input to head.
    rates : ndarray
        float64 (n, groups): the rate that each group had in each step; 0 if it is frozen at the recipe's start.
    stopped : {"finished", "diverged", "stopped"}
        Whether the sweep came to its end, the loss diverged, or you stopped it.
    diverged_at : float or None
        The multiplier of the step at which the loss had diverged.
    suggestions : tuple of RateSuggestion
        None of them where the curve does not bear one; `notes` then says why.
    notes : tuple of str
        What to know before trusting the suggestions.
    seconds : float
        What the steps took.
    """

    given: Recipe
    multipliers: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    groups: tuple[str, ...]
    rates: np.ndarray
    stopped: str
    diverged_at: float | None
    suggestions: tuple[RateSuggestion, ...]
    notes: tuple[str, ...]
    seconds: float

    def __len__(self) -> int:
        return len(self.losses)

    def recipe(self, name: str = "valley") -> Recipe:
        """Return the recipe that was given, at the rate of a suggestion; the groups keep their ratios.

        Parameters
        ----------
        name : {"valley", "steepest", "tenth"}
            Which suggestion.

        Raises
        ------
        RecipeError
            If there is no such suggestion, or this curve does not bear it.
        """
        if name not in READING:
            raise RecipeError(
                f"There is no suggestion {name!r}; there can be {', '.join(READING)}.{did_you_mean(name, READING)}"
            )
        for suggestion in self.suggestions:
            if suggestion.name == name:
                return self.given.with_(learning_rate=suggestion.learning_rate)
        raise RecipeError(f"This range test does not suggest {name!r}. {' '.join(self.notes)}")

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows: a row a suggestion."""
        trains = self.rates[0][self.rates[0] > 0] / self.multipliers[0]
        several = trains.max() > trains.min() * (1 + 1e-9)
        rows = [
            [
                s.name,
                f"{s.multiplier:.2g}",
                f"{s.learning_rate:.2g}",
                *([f"{s.multiplier * trains.min():.2g}"] if several else []),
            ]
            for s in self.suggestions
        ]
        return ["suggestion", "multiplier", "head's rate", *(["lowest group's"] if several else [])], rows

    def explain(self) -> tuple[str, ...]:
        """Return in sentences what each suggestion means, and what to know before trusting them."""
        return (*(f"{s.name}: {s.says}." for s in self.suggestions), *self.notes)

    def plot(self) -> Figure:
        """Draw the loss over the head's rate, with the suggestions marked."""
        from tlnb.training.range_test.plot import plot_sweep

        return plot_sweep(self)

    def __repr__(self) -> str:
        return "\n".join([*([super().__repr__()] if self.suggestions else []), *self.explain()])

    def _repr_html_(self) -> str:
        table = super()._repr_html_() if self.suggestions else ""
        return table + "".join(f"<div>{escape(sentence)}</div>" for sentence in self.explain())
