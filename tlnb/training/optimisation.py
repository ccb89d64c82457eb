"""The optimiser of a recipe: every parameter in it from the start, a peak rate for each layer group."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Protocol

import torch
from torch import nn

from tlnb.core.errors import RecipeError, did_you_mean
from tlnb.training.group_counters import count_own_steps
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.checks import TORCH_OPTIMIZERS
from tlnb.training.recipe.selection import check_group

log = logging.getLogger(__name__)
LARS = ("lars", "nlars")  # their trust ratios make rates usual that a plain step does not survive
PLAIN_STEPS = (
    "it adapts only what has weight decay; biases and normalisation have none and take plain steps at the full rate, "
    "which can explode. Warm up (warmup_epochs=1), bound the gradient (clip_norm=1.0), or lower the rate."
)


class Grouped(Protocol):
    """Parameters in layer groups, as a `LayerPlan` has them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The groups, input to head."""

    def parameters(self, group: str) -> Iterator[tuple[str, nn.Parameter]]:
        """Yield name and parameter of one group."""


def group_rates(recipe: Recipe, names: tuple[str, ...]) -> dict[str, float]:
    """Return the peak learning rate of each layer group.

    Parameters
    ----------
    recipe : Recipe
        Gives ``learning_rate``, ``rate_ratio`` and ``layer_decay``, and ``rate_factors``, which come before these two.
    names : tuple of str
        The groups, input to head.

    Returns
    -------
    dict of str to float
        Input to head.

    Raises
    ------
    RecipeError
        If ``rate_factors`` names a group that is not among them.

    Examples
    --------
    >>> recipe = Recipe(learning_rate=0.1, rate_ratio=0.5, layer_decay=0.1)
    >>> {name: round(rate, 4) for name, rate in group_rates(recipe, ("stem", "stage1", "head")).items()}
    {'stem': 0.005, 'stage1': 0.05, 'head': 0.1}
    """
    below_head = {name: len(names) - 2 - i for i, name in enumerate(names[:-1])}
    rates = {name: recipe.learning_rate * recipe.rate_ratio * recipe.layer_decay**d for name, d in below_head.items()}
    named = {check_group(name, names): recipe.learning_rate * factor for name, factor in recipe.rate_factors}
    return {**rates, names[-1]: recipe.learning_rate, **named}


def make_optimizer(
    recipe: Recipe, plan: Grouped, added: Mapping[str, Iterable[nn.Parameter]] | None = None
) -> torch.optim.Optimizer:
    """Return the optimiser over every parameter of the plan's model, frozen ones included.

    Parameters are gathered by identity, one or two parameter groups a layer group: weights, and those that weight
    decay must not touch (biases, normalisation). Each carries its layer group's name as ``"group"``, its peak rate as
    ``"peak"``, and as ``"decay"`` the weight decay that the recipe means for it: where that pulls to the pre-trained
    weights, the optimiser's own is 0.

    Parameters
    ----------
    recipe : Recipe
        Gives kind, rates, momentum and weight decay.
    plan : Grouped
        Gives the groups: a `LayerPlan`.
    added : mapping of str to iterable of nn.Parameter, optional
        What is not the model's and trains beside it at the head's rate, by a group's name of its own.

    Raises
    ------
    RecipeError
        If timm cannot make that optimiser here.
    """
    groups = []
    rates = group_rates(recipe, plan.names)
    members = {name: [parameter for _, parameter in plan.parameters(name)] for name in rates}
    for name, theirs in (added or {}).items():
        rates[name], members[name] = recipe.learning_rate, list(theirs)
    for name, rate in rates.items():
        own = members[name]
        pulled = recipe.decay_to == "pretrained" and name in plan.names[:-1]
        weights, spared = [p for p in own if p.ndim > 1], [p for p in own if p.ndim <= 1]
        for parameters, decay in ((weights, recipe.weight_decay), (spared, 0.0)):
            if parameters:
                groups.append(
                    {
                        "params": parameters,
                        "lr": rate,
                        "weight_decay": 0.0 if pulled else decay,
                        "group": name,
                        "peak": rate,
                        "decay": decay,
                    }
                )
    if recipe.optimizer == "sgd":
        nesterov = recipe.momentum > 0
        return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=nesterov)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(recipe.momentum, 0.999))
    if recipe.optimizer == "rmsprop":
        return torch.optim.RMSprop(groups, lr=recipe.learning_rate, momentum=recipe.momentum)
    return _from_timm(recipe, groups)


def set_rates(
    optimizer: torch.optim.Optimizer,
    factor: float,
    momentum: float | None = None,
    scales: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Give every parameter group its rate for the next step, and its momentum where the schedule moves that.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        From `make_optimizer`.
    factor : float
        The schedule's share of every group's own peak.
    momentum : float, optional
        In [0, 1).
    scales : mapping of str to float, optional
        What steering multiplies layer groups by.

    Returns
    -------
    dict of str to float
        Each layer group's rate.
    """
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor * (scales or {}).get(group["group"], 1.0)
        if momentum is not None:
            _set_momentum(group, momentum)
    return {group["group"]: group["lr"] for group in optimizer.param_groups}


def _set_momentum(group: dict[str, Any], momentum: float) -> None:
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    elif "momentum" in group:
        group["momentum"] = momentum


def check_optimizer(name: str) -> None:
    """Raise RecipeError unless there is an optimiser of that name that trains in plain steps."""
    if name in TORCH_OPTIMIZERS:
        return
    known = timm_optimizers()
    if not isinstance(name, str) or name not in known:
        raise RecipeError(
            f"optimizer={name!r} is not one of {', '.join(map(repr, TORCH_OPTIMIZERS))}, nor of timm's: "
            f"{', '.join(known)}.{did_you_mean(str(name), [*TORCH_OPTIMIZERS, *known])}"
        )


@cache
def timm_optimizers() -> tuple[str, ...]:
    """Return the names of timm's optimisers that a recipe takes.

    Left out are those that need packages of their own and a GPU (apex, bitsandbytes), second derivatives (AdaHessian),
    or whose state does not come back from a checkpoint as it was (Kron, the Big Vision Adafactor).

    Examples
    --------
    >>> {"lars", "lamb", "lion"} <= set(timm_optimizers())
    True
    """
    from timm.optim import get_optimizer_info, list_optimizers

    return tuple(
        name
        for name in list_optimizers(exclude_filters=["bnb*", "fused*", "kron*", "*adafactorbv*"])
        if name not in TORCH_OPTIMIZERS and not get_optimizer_info(name).second_order
    )


def _from_timm(recipe: Recipe, groups: Collection[dict[str, Any]]) -> torch.optim.Optimizer:
    """Make one of timm's optimisers: LARS (You et al., 2017), LAMB (You et al., 2020) and many more."""
    from timm.optim import create_optimizer_v2

    highest = max(group["peak"] for group in groups)
    if recipe.optimizer in LARS and highest > 1:
        log.warning("A learning rate of %g with %s: %s", highest, recipe.optimizer, PLAIN_STEPS)
    try:
        optimizer: torch.optim.Optimizer = create_optimizer_v2(
            list(groups), opt=recipe.optimizer, lr=recipe.learning_rate, momentum=recipe.momentum
        )
    except Exception as error:  # each of them has requirements of its own
        raise RecipeError(f"timm cannot make optimizer={recipe.optimizer!r} with this recipe: {error}") from error
    for group in optimizer.param_groups:
        _set_momentum(group, recipe.momentum)
    count_own_steps(optimizer)  # torch's own count for each parameter
    return optimizer
