"""Tent: a trained network made surer of images without labels, by its normalisation layers alone.

Wang, Shelhamer, Liu, Olshausen & Darrell, "Tent: Fully Test-Time Adaptation by Entropy Minimization", 2021; the
diversity is that of Liang, Hu & Feng, "Do We Really Need to Access the Source Data?" (SHOT), 2020.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from torch import Tensor, nn

from tlnb.core.setting_values import Settings
from tlnb.core.settings import Number
from tlnb.training.method import MethodStep, MethodTraining

SETTINGS = (
    Number(
        "diversity",
        0.0,
        5.0,
        0.0,
        log=True,
        slider=(0.05, 5.0),
        says="How much it counts that all classes are used; without it, a network may become sure that all is one.",
    ),
)


class Tent:
    r"""Adaptation without the source, for `tlnb.fit`: the images that it is given are the target's.

    .. math:: L = \frac{1}{n} \sum_i H(p(x_i)) - \delta \, H\left(\frac{1}{n} \sum_i p(x_i)\right)

    :math:`H` is the entropy of the classes' probabilities, :math:`p(x_i)` what the network says of an image, and
    :math:`\delta` the diversity, 0 in the paper. This loss stands in the place of the cross-entropy, and the head is
    held still. The paper trains the scales and shifts of normalisation layers:
    ``Recipe(trainable="all", parameters="norms", learning_rate=1e-3)``; batch normalisation then takes the target's
    statistics as well.

    The labels of the training images are not learnt from. Those of validation images would be, by whoever chooses an
    epoch by their scores: give images without any, ``target.resplit(valid=0)``.

    Parameters
    ----------
    **settings
        ``diversity``, which can be steered while it trains.

    Raises
    ------
    SettingError
        If there is no such setting, or it cannot have that value.

    Examples
    --------
    >>> import torch, tlnb
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> target = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"], valid=0)
    >>> model = tlnb.create_model("resnet10t", target, weights="random")
    >>> recipe = tlnb.Recipe(trainable="all", parameters="norms", epochs=1, batch_size=10)
    >>> run = tlnb.fit(model, target, recipe, method=Tent(), progress=False)
    >>> run.losses == run.method.losses
    True
    """

    name: ClassVar[str] = "Tent"
    measures: ClassVar[str] = "entropy of the predictions (nats)"
    alone: ClassVar[bool] = True

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(SETTINGS, **settings)

    def start(self, training: MethodTraining) -> nn.Module:
        """Make the loss of one training."""
        return EntropyLoss(training.held_head)

    def __repr__(self) -> str:
        return f"Tent(diversity={self.settings['diversity']!r})"


class EntropyLoss(nn.Module):
    """What Tent trains by.

    Parameters
    ----------
    held_head : callable
        Features (n, D) -> logits (n, classes), by a head that stays as it is.
    """

    def __init__(self, held_head: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.held_head = held_head

    def forward(self, step: MethodStep) -> Tensor:
        """Return the entropy of a pass, a scalar in nats, less the weighted diversity."""
        logs = self.held_head(step.features).float().log_softmax(1)  # (n, classes)
        each = -(logs.exp() * logs).sum(1).mean()
        self.measured = each.detach()
        together = logs.exp().mean(0).clamp_min(1e-12)
        return each + step.settings["diversity"] * (together * together.log()).sum()
