"""What brings two domains together by a distance: a loss that grows with how far their features are apart.

`MMD` and `CORAL` differ in the distance alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from tlnb.core.settings import Number, Switch
from tlnb.methods.reversal import reversal_schedule
from tlnb.training.method import MethodStep, MethodTraining

if TYPE_CHECKING:
    from tlnb.data import ImageData
    from tlnb.training.recipe import Recipe

log = logging.getLogger("tlnb")

Distance = Callable[[Tensor, Tensor, Mapping[str, Any]], Tensor]


def alignment_settings(weight: float, what: str) -> tuple[Number, Switch]:
    """Return the settings that every alignment has: its weight, and whether it grows over the run."""
    return (
        Number(
            "weight",
            0.0,
            1000.0,
            weight,
            says=f"How much {what} counts beside the loss of the classes; at 0 nothing is aligned.",
        ),
        Switch(
            "schedule",
            True,
            says="The weight grows from 0 over the run, as the reversal of DANN does; off, it counts fully at once.",
        ),
    )


def warn_if_only_the_head_trains(name: str, recipe: Recipe) -> None:
    """Say that a method which changes the body has none to change."""
    if recipe.trainable == "head" and not recipe.thaw:
        log.warning(
            f"{name} changes what the body learns, and this recipe trains the head alone: thaw some of the body "
            '(trainable=1 or "all").'
        )


class AlignmentLoss(nn.Module):
    """What an alignment adds to one training: a weighted distance of the features of source and target.

    Parameters
    ----------
    training : MethodTraining
        From the training loop.
    target : ImageData
        The other domain.
    distance : callable
        Features (n, D), features (m, D), settings -> a scalar.
    """

    tlnb_methods: ClassVar[tuple[str, ...]] = ()

    def __init__(self, training: MethodTraining, target: ImageData, distance: Distance) -> None:
        super().__init__()
        self.target, self.steps, self.distance = training.unlabelled(target), training.steps, distance

    def forward(self, step: MethodStep) -> Tensor:
        """Return the weighted distance in a pass, a scalar."""
        others = step.share(self.target.batch(step.step, step.batch))  # (m, 3, H, W)
        theirs, _ = step.forward(others)  # (m, D)
        weight = step.settings["weight"]
        if step.settings["schedule"]:
            weight *= reversal_schedule(step.step / self.steps)
        if min(len(step.features), len(theirs)) < 2:  # the last image of a set has nothing to be compared with
            return theirs.sum() * 0.0
        return weight * self.distance(step.features.float(), theirs.float(), step.settings)
