"""CORAL: source and target features brought together by making their covariances alike.

Sun & Saenko, "Deep CORAL: Correlation Alignment for Deep Domain Adaptation", 2016.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from tlnb.core.settings import Switch
from tlnb.methods.alignment import AlignmentLoss, alignment_settings
from tlnb.methods.target import TargetMethod
from tlnb.training.method import MethodTraining

SETTINGS = (
    *alignment_settings(1.0, "the difference of the covariances"),
    Switch("means", False, says="Whether the means are aligned as well; in the paper they are not."),
)


class CORAL(TargetMethod):
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

    name = "CORAL"
    declared = SETTINGS
    measures = "distance of the features' covariances"

    def _loss(self, training: MethodTraining) -> nn.Module:
        return AlignmentLoss(training, self.target, correlation_distance)


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
