"""Optimiser and schedule of a recipe: a rate for each layer group, one shape over the steps for all of them."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from tlnb.training.layer_plan import LayerPlan
from tlnb.training.recipe import Recipe
from tlnb.training.selection import check_group


def group_rates(recipe: Recipe, names: tuple[str, ...]) -> dict[str, float]:
    """Return the peak learning rate of each layer group.

    Parameters
    ----------
    recipe : Recipe
        Gives ``learning_rate``, ``rate_ratio`` and ``layer_decay``, and ``rates``, which come before these two.
    names : tuple of str
        The groups, input to head.

    Returns
    -------
    dict of str to float
        Input to head.

    Raises
    ------
    RecipeError
        If ``rates`` names a group that is not among them.

    Examples
    --------
    >>> recipe = Recipe(learning_rate=0.1, rate_ratio=0.5, layer_decay=0.1)
    >>> {name: round(rate, 4) for name, rate in group_rates(recipe, ("stem", "stage1", "head")).items()}
    {'stem': 0.005, 'stage1': 0.05, 'head': 0.1}
    """
    below_head = {name: len(names) - 2 - i for i, name in enumerate(names[:-1])}
    rates = {name: recipe.learning_rate * recipe.rate_ratio * recipe.layer_decay**d for name, d in below_head.items()}
    named = {check_group(name, names): recipe.learning_rate * factor for name, factor in recipe.rates}
    return {**rates, names[-1]: recipe.learning_rate, **named}


def make_optimizer(recipe: Recipe, plan: LayerPlan) -> torch.optim.Optimizer:
    """Return the optimiser over every parameter of the plan's model, frozen ones included.

    Parameters are gathered by identity, one or two parameter groups a layer group: weights, and those that weight
    decay must not touch (biases, normalisation). Each carries its layer group's name as ``"group"``.

    Parameters
    ----------
    recipe : Recipe
        Gives kind, rates, momentum and weight decay.
    plan : LayerPlan
        Gives the groups.
    """
    decays: dict[str, list[nn.Parameter]] = {name: [] for name in plan.names}
    spared: dict[str, list[nn.Parameter]] = {name: [] for name in plan.names}
    for name in plan.names:
        for _, parameter in plan.parameters(name):
            (spared if parameter.ndim <= 1 else decays)[name].append(parameter)
    groups = []
    for name, rate in group_rates(recipe, plan.names).items():
        for parameters, decay in ((decays[name], recipe.weight_decay), (spared[name], 0.0)):
            if parameters:
                groups.append({"params": parameters, "lr": rate, "weight_decay": decay, "group": name})
    if recipe.optimizer == "sgd":
        nesterov = recipe.momentum > 0
        return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=nesterov)
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(recipe.momentum, 0.999))


def rate_shape(schedule: str, steps: int, warmup_steps: int) -> Callable[[int], float]:
    """Return the factor on every group's rate as a function of the step.

    Parameters
    ----------
    schedule : {"constant", "cosine"}
        After the warm-up: 1 throughout, or half a cosine from 1 to 0 (Loshchilov & Hutter, "SGDR", 2017).
    steps : int
        Steps of the whole run.
    warmup_steps : int
        Linear rise from 0.01 to 1 over so many steps (Goyal et al., "Accurate, Large Minibatch SGD", 2017).

    Returns
    -------
    callable
        ``step -> factor`` in [0, 1], for steps from 0 to ``steps``.

    Examples
    --------
    >>> shape = rate_shape("cosine", steps=100, warmup_steps=0)
    >>> [round(shape(step), 2) for step in (0, 50, 100)]
    [1.0, 0.5, 0.0]
    """

    def shape(step: int) -> float:
        if step < warmup_steps:
            return 0.01 + 0.99 * step / warmup_steps
        if schedule == "constant":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(1, steps - warmup_steps)))

    return shape


def make_scheduler(recipe: Recipe, optimizer: torch.optim.Optimizer, steps: int, steps_per_epoch: int) -> LRScheduler:
    """Return torch's scheduler for the recipe; it multiplies each group's own rate, so their ratios stay.

    Parameters
    ----------
    recipe : Recipe
        Gives schedule and warm-up.
    optimizer : torch.optim.Optimizer
        From `make_optimizer`.
    steps, steps_per_epoch : int
        Optimiser steps of the whole run and of one epoch.
    """
    warmup_steps = round(recipe.warmup_epochs * steps_per_epoch)
    if recipe.schedule != "one_cycle":
        return LambdaLR(optimizer, rate_shape(recipe.schedule, steps, warmup_steps))
    # Smith, "A disciplined approach to neural network hyper-parameters", 2018.
    # One step is no cycle: torch would divide by zero.
    peaks = [group["lr"] for group in optimizer.param_groups]
    rise = warmup_steps / steps if warmup_steps else 0.3
    return OneCycleLR(optimizer, peaks, total_steps=max(2, steps) + 1, pct_start=rise, cycle_momentum=False)
