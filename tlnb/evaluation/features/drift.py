"""How far training has moved what a network says of images: the drift of its features, layer group by layer group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlnb.core.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor, nn


def feature_drift(before: nn.Module, after: nn.Module, pixels: Tensor, groups: Sequence[str]) -> dict[str, float]:
    """Measure how far the outputs of layer groups lie from where they were: ``||f_after - f_before|| / ||f_before||``.

    Both networks run in evaluation mode, as they would on new images. Weights that are equal do not make equal
    features: batch normalisation has statistics besides, and moves them without any gradient.

    Parameters
    ----------
    before, after : nn.Module
        The same architecture twice.
    pixels : Tensor
        uint8 ``(N, C, H, W)``; a few dozen are enough, and everything is kept in memory.
    groups : sequence of str
        Names of layer groups, see `tlnb.layer_groups`.

    Returns
    -------
    dict of str to float
        Group to relative distance: 0 is no drift, 1 as far as from zero.

    Raises
    ------
    ModelError
        If a group is unknown, or the two give outputs of different shapes.

    Examples
    --------
    >>> import copy, tlnb, torch
    >>> before = tlnb.create_model("resnet10t", 2, weights="random")
    >>> pixels = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
    >>> feature_drift(before, copy.deepcopy(before), pixels, ["stem"])
    {'stem': 0.0}
    """
    from tlnb.backbones import activations

    old, new = (activations(model, pixels, groups) for model in (before, after))
    drift = {}
    for group in groups:
        if old[group].shape != new[group].shape:
            raise ModelError(
                f"{group!r} gives {tuple(old[group].shape)} before and {tuple(new[group].shape)} after: "
                "drift is measured between two models of one architecture."
            )
        drift[group] = float((new[group] - old[group]).norm() / old[group].norm())
    return drift
