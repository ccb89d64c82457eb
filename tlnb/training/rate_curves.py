"""Every group's rate at every step of a run, read from the optimiser that would train."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from tlnb.backbones import layer_groups
from tlnb.core.tables import Table
from tlnb.training.batches import in_batches, training_count
from tlnb.training.learning import learning_parameters
from tlnb.training.optimisation import make_optimizer, set_rates
from tlnb.training.preview import thaw_steps
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.selection import fixed_groups
from tlnb.training.schedules import RateClock

if TYPE_CHECKING:
    from tlnb.core.figures import Figure
    from tlnb.data import ImageData


@dataclass(frozen=True, eq=False, repr=False)
class RateCurves(Table):
    """What `Recipe.rates` gives; shows itself as a table, and `plot` draws it.

    Attributes
    ----------
    groups : tuple of str
        The layer groups, input to head.
    steps_per_epoch : int
        Optimiser steps of one epoch.
    rates : ndarray
        float64 (steps, groups): the rate that each group has in each step; 0 while it is frozen.
    momentum : ndarray or None
        float64 (steps,), where the schedule moves it.
    """

    groups: tuple[str, ...]
    steps_per_epoch: int
    rates: np.ndarray
    momentum: np.ndarray | None

    def __len__(self) -> int:
        return len(self.rates)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows: of each group, its rate in the first step that it trains, its highest, its last."""
        rows = []
        for name, rates in zip(self.groups, self.rates.T, strict=True):
            trains = np.flatnonzero(rates)
            if not len(trains):
                rows.append([name, "frozen", "", "", ""])
                continue
            first = trains[0]
            told = [f"{rates[first]:.2g}", f"{rates.max():.2g}", f"{rates[-1]:.2g}"]
            rows.append([name, f"{first / self.steps_per_epoch:.2g}", *told])
        return ["group", "from epoch", "first rate", "highest", "last"], rows

    def plot(self) -> Figure:
        """Draw every group's rate over the epochs, on a logarithmic scale."""
        from tlnb.training.plots import plot_rates

        return plot_rates(self)


def rate_curves(recipe: Recipe, model: nn.Module, images: ImageData | int) -> RateCurves:
    """Move a recipe's optimiser and clock through a whole run, with no images and no gradients; see `Recipe.rates`."""
    per_epoch = len(in_batches(torch.arange(training_count(images)), recipe.batch_size))
    steps = recipe.epochs * per_epoch
    twin = _Twin(model, recipe.parameters)
    fixed_groups(twin.names, recipe.fixed_statistics)  # nothing to a rate, and still an error if it is no group
    starts = thaw_steps(recipe, twin.names, per_epoch)
    first = [steps if start is None or name not in twin.learns else start for name, start in starts.items()]
    optimizer = make_optimizer(recipe, twin)
    peaks_aside = recipe.with_(learning_rate=1.0, rate_ratio=1.0, layer_decay=1.0, rate_factors=())
    factors, momentum = _told_by_the_clock(peaks_aside, steps, per_epoch)
    rates = np.zeros((steps, len(twin.names)))
    for step in range(steps):
        found = set_rates(optimizer, factors[step], momentum[step])
        rates[step] = [found[name] for name in twin.names]  # its step would move nothing: there are no gradients
    rates[np.arange(steps)[:, None] < np.array(first)] = 0.0
    moved = None if momentum[0] is None else np.array(momentum, np.float64)
    return RateCurves(twin.names, per_epoch, rates, moved)


class _Twin:
    """A model's layer groups with one number for all weights of a group and one for all its biases.

    No rate goes by how many there are, and a copy of the model would take longer than all the rest.
    """

    def __init__(self, model: nn.Module, learning: str) -> None:
        groups = layer_groups(model)
        names = learning_parameters(model, groups, learning)
        dimensions = {name: parameter.ndim for name, parameter in model.named_parameters()}
        self.names = tuple(group.name for group in groups)
        self.learns = {group.name for group in groups if not names.isdisjoint(group.parameters)}
        kinds = {g.name: {min(2, max(1, dimensions[name])) for name in g.parameters} for g in groups}
        self._parameters = {
            group: [(f"{group}.{kind}", nn.Parameter(torch.zeros((1,) * kind))) for kind in sorted(found)]
            for group, found in kinds.items()
        }

    def parameters(self, group: str) -> Iterator[tuple[str, nn.Parameter]]:
        yield from self._parameters[group]


@lru_cache(maxsize=32)  # who drags a rate changes nothing that the clock goes by
def _told_by_the_clock(recipe: Recipe, steps: int, per_epoch: int) -> tuple[list[float], list[float | None]]:
    """Return each step's share of the peak rates, and its momentum."""
    clock = RateClock(recipe, steps, per_epoch)
    factors, momentum = [], []
    for _ in range(steps):
        factors.append(clock.factor)
        momentum.append(clock.momentum)
        clock.step()
    return factors, momentum
