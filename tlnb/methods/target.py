"""What methods of domain adaptation have in common: another domain, of which images are seen and labels are not."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from tlnb.core.setting_values import Setting, Settings
from tlnb.core.settings import Switch
from tlnb.methods.reversal import reversal_schedule
from tlnb.training.method import MethodStep, MethodTraining
from tlnb.training.unlabelled import Unlabelled

if TYPE_CHECKING:
    from tlnb.data import ImageData

log = logging.getLogger("tlnb")
GUESSING = (math.log(2), "guessing")  # the cross-entropy of telling two domains by a coin, in nats


class TargetMethod:
    """Base of methods that take another domain; a subclass has a name, declares settings, and makes the loss.

    Parameters
    ----------
    target : ImageData
        The other domain, of the source's size; its training images are used, and no label.
    **settings
        Values for what is declared.

    Raises
    ------
    SettingError
        If there is no such setting, or it cannot have that value.
    """

    name: ClassVar[str]
    declared: ClassVar[tuple[Setting, ...]]
    measures: ClassVar[str]
    level: ClassVar[tuple[float, str] | None] = None

    def __init__(self, target: ImageData, **settings: Any) -> None:
        self.target = target
        self.settings = Settings(self.declared, **settings)

    def start(self, training: MethodTraining) -> nn.Module:
        """Make what one training adds."""
        recipe = training.recipe
        if recipe.trainable == "head" and not recipe.thaw:
            log.warning(
                f"{self.name} changes what the body learns, and this recipe trains the head alone: thaw some of the "
                'body (trainable=1 or "all").'
            )
        return self._loss(training)

    def _loss(self, training: MethodTraining) -> nn.Module:
        raise NotImplementedError

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"{type(self).__name__}({self.target!r}, {settings})"


def schedule_setting(what: str) -> Switch:
    """Declare whether something grows from 0 over the run."""
    return Switch(
        "schedule", True, says=f"The {what} grows from 0 over the run, as DANN's paper has it; off, it counts at once."
    )


def scheduled(step: MethodStep, weight: str, steps: int) -> float:
    """Return a setting as it counts in a step of so many: times `reversal_schedule` where ``schedule`` is on."""
    value: float = step.settings[weight]
    return value * reversal_schedule(step.step / steps) if step.settings["schedule"] else value


def target_features(step: MethodStep, target: Unlabelled) -> Tensor:
    """Compute as many images of the target as the pass has of the source: their features, (m, D), with the graph."""
    features, _ = step.forward(step.share(target.batch(step.step, step.batch)))
    return features
