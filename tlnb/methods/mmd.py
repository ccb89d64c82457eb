"""MMD: source and target features brought together by making their maximum mean discrepancy small.

Long, Cao, Wang & Jordan, "Learning Transferable Features with Deep Adaptation Networks" (DAN), 2015; Tzeng et al.,
"Deep Domain Confusion", 2014, with one kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from tlnb.core.settings import Choice
from tlnb.methods.alignment import AlignmentLoss, alignment_settings
from tlnb.methods.discrepancy import default_widths, linear_mmd, median_distance, squared_mmd
from tlnb.methods.target import TargetMethod
from tlnb.training.method import MethodTraining

SETTINGS = (
    *alignment_settings(1.0, "the discrepancy"),
    Choice(
        "kernels",
        ("several", "one"),
        says="Five Gaussian kernels around the median distance, as DAN, or that one alone, as deep domain confusion.",
    ),
    Choice(
        "estimate",
        ("unbiased", "biased", "linear"),
        says="Unbiased is right on average; biased is never negative; linear compares neighbours alone, and is noisy.",
    ),
)


class MMD(TargetMethod):
    r"""Alignment by the maximum mean discrepancy, for `tlnb.fit`: labelled images of one domain, unlabelled of another.

    .. math:: L = L_{classes} + w \, \widehat{MMD}^2(f^{source}, f^{target})

    :math:`f` are the features (n, D) and (m, D) that the head takes, of as many images of both; for the estimates see
    `squared_mmd`. The kernels' widths follow the median distance of each step's features, without a gradient through
    it: else the loss would fall by spreading all features rather than by bringing the domains together.

    Source and target pass the network apart, so batch normalisation that trains takes each domain's own statistics, as
    with `DANN`. DAN aligns several of the upper layers; here it is the last one below the head. Labels of the target
    are never read.

    Parameters
    ----------
    target : ImageData
        The other domain, of the source's size; its training images are used.
    **settings
        ``weight``, ``schedule``, ``kernels``, ``estimate``; all can be steered while it trains.

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
    >>> run = tlnb.fit(model, source, recipe, method=MMD(target, estimate="biased"), progress=False)
    >>> min(run.method.losses) >= 0
    True
    """

    name = "MMD"
    declared = SETTINGS
    measures = "squared MMD of the features"

    def _loss(self, training: MethodTraining) -> nn.Module:
        return AlignmentLoss(training, self.target, discrepancy)


def discrepancy(features: Tensor, others: Tensor, settings: Mapping[str, Any]) -> Tensor:
    """Return the discrepancy of features (n, D) and (m, D) as the settings say, a scalar."""
    widths = default_widths(features, others) if settings["kernels"] == "several" else median_distance(features, others)
    if settings["estimate"] == "linear":
        return linear_mmd(features, others, widths=widths.reshape(-1))
    return squared_mmd(features, others, widths=widths.reshape(-1), unbiased=settings["estimate"] == "unbiased")
