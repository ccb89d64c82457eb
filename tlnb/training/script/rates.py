"""The part of a script that sets the rates: parameter groups, optimiser and scheduler, for any model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from tlnb.backbones import layer_groups
from tlnb.backbones.groups import LayerGroup
from tlnb.training.optimisation import group_rates
from tlnb.training.preview import thaw_epochs
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.checks import TORCH_OPTIMIZERS
from tlnb.training.recipe.schedule_options import SCHEDULES
from tlnb.training.schedules import scheduler_arguments, warmup_steps
from tlnb.training.script.lines import optimizer_lines
from tlnb.training.script.templates import template


def write_rates(recipe: Recipe, model: nn.Module, steps_per_epoch: int) -> str:
    """Write a recipe's rates for one model as plain PyTorch: the lines of `Recipe.to_code` that set them.

    Parameters
    ----------
    recipe : Recipe
        What to write.
    model : nn.Module
        Any classifier.
    steps_per_epoch : int
        Optimiser steps of one epoch.

    Returns
    -------
    str
        Python source, which takes the network as ``model``.

    Raises
    ------
    RecipeError
        If the recipe names a group that the model does not have, or a length in epochs is less than a step.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> code = write_rates(tlnb.Recipe(schedule="step"), model, steps_per_epoch=40)
    >>> "torch.optim.lr_scheduler.StepLR(number, **{'step_size': 40, 'gamma': 0.1})" in code
    True
    """
    timm = [] if recipe.optimizer in TORCH_OPTIMIZERS else ["import timm.optim"]
    return str(
        template("rates").render(
            recipe=recipe,
            imports=[*timm, "import torch"],
            per_epoch=steps_per_epoch,
            **rate_fields(recipe, layer_groups(model), [name for name, _ in model.named_parameters()], steps_per_epoch),
        )
    )


def rate_fields(
    recipe: Recipe, groups: Sequence[LayerGroup], everything: Sequence[str], steps_per_epoch: int
) -> dict[str, Any]:
    """Return what the templates of groups, optimiser and clock take, beside the recipe.

    Parameters
    ----------
    recipe : Recipe
        What to write.
    groups : sequence of LayerGroup
        The model's, input to head.
    everything : sequence of str
        The names of all its parameters.
    steps_per_epoch : int
        Optimiser steps of one epoch.
    """
    names = tuple(group.name for group in groups)
    starts, rates = thaw_epochs(recipe, names), group_rates(recipe, names)
    warmup = warmup_steps(recipe, steps_per_epoch)
    steps = max(1, recipe.epochs * steps_per_epoch - warmup)
    scheduler, arguments = scheduler_arguments(recipe, steps, steps_per_epoch)
    return {
        "groups": [
            {
                "name": g.name,
                "prefixes": prefixes(g.parameters, everything),
                "trains_from": starts[g.name],
                "rate": rates[g.name],
            }
            for g in groups
        ],
        "optimizer": optimizer_lines(recipe),
        "pulls": recipe.decay_to == "pretrained" and recipe.weight_decay > 0,
        "warmup": warmup,
        "scheduler": scheduler,
        "scheduler_arguments": arguments,
        "moves_momentum": SCHEDULES[recipe.schedule].moves_momentum,
    }


def prefixes(own: Sequence[str], everything: Sequence[str]) -> tuple[str, ...]:
    """Return the shortest beginnings of names that cover a group's parameters and no others.

    Examples
    --------
    >>> prefixes(["stem.conv.weight", "stem.bn.weight"], ["stem.conv.weight", "stem.bn.weight", "head.weight"])
    ('stem.',)
    """
    taken: set[str] = set()  # beginnings that others have too
    for name in set(everything) - set(own):
        pieces = name.split(".")
        taken.update(".".join(pieces[:i]) + "." for i in range(1, len(pieces)))
        taken.add(name)
    found: dict[str, None] = {}
    for name in own:
        pieces = name.split(".")
        starts = [".".join(pieces[:i]) + "." for i in range(1, len(pieces))]
        found[next((start for start in starts if start not in taken), name)] = None
    return tuple(found)
