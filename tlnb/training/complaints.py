"""What can go wrong before and during a training, said so that the mend is plain."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import nn

from tlnb.backbones import head_module
from tlnb.backbones.heads import class_count
from tlnb.core.errors import DataError, ModelError
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.optimisation import LARS, PLAIN_STEPS
from tlnb.training.recipe import Recipe

if TYPE_CHECKING:
    from tlnb.data import ImageData


def check_fit(model: nn.Module, images: ImageData) -> None:
    """Raise an error that names the mend if this model cannot be trained on these images.

    Raises
    ------
    ModelError
        If the head has another number of outputs than there are classes.
    DataError
        If there are no training images.
    """
    outputs, classes = class_count(head_module(model)), len(images.classes)
    if outputs != classes:
        few = ", ".join(images.classes[:5]) + ("…" if classes > 5 else "")
        raise ModelError(
            f"The model's head has {outputs} outputs, and the images have {classes} classes ({few}). "
            "Make the model with create_model(name, images)."
        )
    if len(images.train) == 0:
        raise DataError("There are no training images; make the shares of test and valid smaller.")


def explain_loss(
    value: float, step: int, steps: int, plan: LayerPlan, rates: Mapping[str, float], recipe: Recipe
) -> str:
    """Say where a loss that is not finite may come from: the step, the group with the largest gradient, its rate."""
    where = f"The loss became {value} at step {step} of {steps}."
    norms = _gradient_norms(plan)
    if not norms:
        return f"{where} No step was taken yet: the model's weights or the images hold values that are not finite."
    # A gradient that is not a number counts as the largest.
    worst = max(norms, key=lambda name: math.inf if math.isnan(norms[name]) else norms[name])
    return (
        f"{where} The largest gradient of the step before was in group {worst!r} (norm {norms[worst]:.3g}), whose "
        f"learning rate was {rates[worst]:.3g}. Lower it (recipe.with_(learning_rate={recipe.learning_rate / 10:g})) "
        "or bound the gradient (recipe.with_(clip_norm=1.0))."
        + (f" Of {recipe.optimizer}: {PLAIN_STEPS}" if recipe.optimizer in LARS else "")
    )


def _gradient_norms(plan: LayerPlan) -> dict[str, float]:
    norms = {}
    for name in plan.names:
        found = [p.grad.norm() for _, p in plan.parameters(name) if p.grad is not None]
        if found:
            norms[name] = float(torch.stack(found).norm())
    return norms
