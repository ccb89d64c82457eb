"""CORAL: source and target features brought together by making their covariances alike.

Sun & Saenko, "Deep CORAL: Correlation Alignment for Deep Domain Adaptation", 2016.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from tlnb.core.setting_values import Settings
from tlnb.core.settings import Switch
from tlnb.methods.alignment import AlignmentLoss, alignment_settings, warn_if_only_the_head_trains
from tlnb.training.method import MethodTraining

if TYPE_CHECKING:
    from tlnb.data import ImageData

SETTINGS = (
    *alignment_settings(1.0, "the difference of the covariances"),
    Switch("means", False, says="Whether the means are aligned as well; in the paper they are not."),
)


class CORAL:
    r"""Alignment of second moments, for `tlnb.fit`: labelled images of one domain, unlabelled ones of another.

    .. math:: L = L_{classes} + w \, \frac{1}{4 D^2} \lVert C^{source} - C^{target} \rVert_F^2

    :math:`C` is the covariance (D, D) of the features that the head takes, over the images of a step. A batch of fewer
    images than features gives a poor estimate of it; what is poor in both domains alike cancels on average.

    Source and target pass the network apart, as with `DANN`. Labels of the target are never read.

    Parameters
    ----------
    target : ImageData
        The other domain, of the source's size; its training images are used.
    **settings
        ``weight``, ``schedule``, ``means``; all can be steered while it trains.

    Raises
    ------
    SettingError
        If there is no such setting, or it cannot have that value.

    Examples
    --------
    >>> import torch, tlnb
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> source = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> target = tlnb.ImageData.from_tensors(255 - pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", source, weights="random")
    >>> recipe = tlnb.Recipe(trainable="all", epochs=1, batch_size=12)
    >>> run = tlnb.fit(model, source, recipe, method=CORAL(target, weight=10.0), progress=False)
    >>> min(run.method.losses) >= 0
    True
    """

    name: ClassVar[str] = "CORAL"

    def __init__(self, target: ImageData, **settings: Any) -> None:
        self.target = target
        self.settings = Settings(SETTINGS, **settings)

    def start(self, training: MethodTraining) -> nn.Module:
        """Make the loss of one training."""
        warn_if_only_the_head_trains(self.name, training.recipe)
        return AlignmentLoss(training, self.target, correlation_distance)

    def __repr__(self) -> str:
        return f"CORAL({self.target!r}, {', '.join(f'{name}={value!r}' for name, value in self.settings.items())})"


def correlation_distance(features: Tensor, others: Tensor, settings: Mapping[str, Any]) -> Tensor:
    r"""Return how far the covariances of features (n, D) and (m, D) are apart, a scalar >= 0.

    Examples
    --------
    >>> import torch
    >>> rows = torch.tensor([[0.0, 1.0], [2.0, -1.0], [1.0, 3.0]])
    >>> float(correlation_distance(rows, rows + 5, {"means": False}))
    0.0
    """
    width = features.shape[1]
    distance = (_covariance(features) - _covariance(others)).square().sum() / (4 * width**2)
    if settings["means"]:
        distance = distance + (features.mean(0) - others.mean(0)).square().sum() / (4 * width)
    return distance


def _covariance(rows: Tensor) -> Tensor:
    centred = rows - rows.mean(0)
    return centred.T @ centred / (len(rows) - 1)
