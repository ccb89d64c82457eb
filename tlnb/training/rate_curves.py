"""Every group's rate at every step of a run, read from the optimiser that would train."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tlnb.core.tables import Table
from tlnb.training.batches import in_batches, training_count
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.optimisation import make_optimizer, set_rates
from tlnb.training.preview import thaw_steps
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.selection import fixed_groups
from tlnb.training.schedules import RateClock

if TYPE_CHECKING:
    from torch import nn

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
    """Step a recipe's optimiser and clock through a whole run, with no images and no gradients; see `Recipe.rates`."""
    per_epoch = len(in_batches(torch.arange(training_count(images)), recipe.batch_size))
    steps = recipe.epochs * per_epoch
    plan = LayerPlan(copy.deepcopy(model), recipe.parameters)
    plan.keep_training([])
    starts = thaw_steps(recipe, plan.names, per_epoch)
    fixed = fixed_groups(plan.names, recipe.fixed_statistics)
    optimizer, clock = make_optimizer(recipe, plan), RateClock(recipe, steps, per_epoch)
    rates, momentum = np.zeros((steps, len(plan.names))), []
    for step in range(steps):
        due = [name for name, start in starts.items() if start == step]
        if due:
            plan.let_train(due, fixed_statistics=fixed)
        found, trains = set_rates(optimizer, clock.factor, clock.momentum), plan.trainable()
        rates[step] = [found[name] if name in trains else 0.0 for name in plan.names]
        momentum.append(clock.momentum)
        optimizer.step()
        clock.step()
    moved = None if momentum[0] is None else np.array(momentum, np.float64)
    return RateCurves(plan.names, per_epoch, rates, moved)
