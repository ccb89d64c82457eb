"""What brings two domains together by a distance: a loss that grows with how far their features are apart.

`MMD` and `CORAL` differ in the distance alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from tlnb.core.settings import Number, Switch
from tlnb.methods.target import schedule_setting, scheduled, target_features
from tlnb.training.method import MethodStep, MethodTraining

if TYPE_CHECKING:
    from tlnb.data import ImageData

Distance = Callable[[Tensor, Tensor, Mapping[str, Any]], Tensor]


def alignment_settings(weight: float, what: str) -> tuple[Number, Switch]:
    """Return the settings that every alignment has: its weight, and whether it grows over the run."""
    return (
        Number(
            "weight",
            0.0,
            1000.0,
            weight,
            log=True,
            slider=(0.1, 100.0),
            says=f"How much {what} counts beside the loss of the classes; at 0 nothing is aligned.",
        ),
        schedule_setting("weight"),
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

    def __init__(self, training: MethodTraining, target: ImageData, distance: Distance) -> None:
        super().__init__()
        self.target, self.steps, self.distance = training.unlabelled(target), training.steps, distance

    def forward(self, step: MethodStep) -> Tensor:
        """Return the weighted distance in a pass, a scalar."""
        theirs = target_features(step, self.target)  # (m, D)
        if min(len(step.features), len(theirs)) < 2:  # the last image of a set has nothing to be compared with
            return theirs.sum() * 0.0
        weight = scheduled(step, "weight", self.steps)
        distance = self.distance(step.features.float(), theirs.float(), step.settings)
        self.measured = distance.detach()
        return weight * distance
