"""Residual adapters: small new layers beside the spatial convolutions of a network that itself stays as it is.

Rebuffi, Bilen & Vedaldi, "Learning multiple visual domains with residual adapters", 2017, and "Efficient
parametrization of multi-domain deep neural networks", 2018, which puts them in parallel, as here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tlnb.core.errors import ModelError
from tlnb.methods.convolutions import (
    AddedConv2d,
    add_to,
    body_convolutions,
    copy_without_additions,
    drawn,
    pointwise,
)
from tlnb.training.recipe.selection import Selector


class AdaptedConv2d(AddedConv2d):
    """A convolution with a bottleneck beside it: ``down`` (w, C_in, 1, 1), ReLU, ``up`` (C_out, w, 1, 1)."""

    tlnb_method: ClassVar[str] = "adapters"

    def forward(self, images: Tensor) -> Tensor:
        """Convolve, (N, C_in, H, W) -> (N, C_out, H', W')."""
        beside = F.conv2d(F.relu(pointwise(images, self.down, self.stride)), self.up)
        return self._conv_forward(self.padded(images), self.weight, self.bias) + beside


def add_adapters(
    model: nn.Module, width: int = 8, groups: Selector | Sequence[str] | None = None, *, seed: int = 0
) -> nn.Module:
    """Put a small adapter beside each spatial convolution of a body; it computes what it did before until they learn.

    An adapter sees one place at a time: a 1 x 1 convolution to `width` channels, a ReLU, and a 1 x 1 convolution back,
    which starts at zero. The papers' adapters are one full 1 x 1 convolution; the bottleneck keeps them small beside
    wide layers. Because of the ReLU they cannot be folded in, and cost a little at every inference. Spatial are
    convolutions larger than 1 x 1, depthwise ones too, that pad so that a map keeps its size (over the stride); others
    are left alone, and so is the head. Train with ``Recipe(trainable="all", parameters="added")``: the body's batch
    normalisation then stays frozen, unlike the papers', which have one for each task.

    Parameters
    ----------
    model : nn.Module
        A classifier; it is not changed.
    width : int
        Channels inside an adapter, at least 1; fewer beside a layer that has fewer itself.
    groups : str, int or sequence of str, optional
        Which layer groups, as `Recipe.trainable`; by default all below the head.
    seed : int
        Draws the adapters' first halves. The global random state is not touched.

    Returns
    -------
    nn.Module
        A copy with two parameters more in each such convolution, ``down`` and ``up``; all others keep their names.

    Raises
    ------
    ModelError
        If nothing can be added, or something was added before.
    RecipeError
        If the model has no such group.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet10t", 2, weights="random")
    >>> adapted = add_adapters(model)
    >>> adapted.layer1[0].conv1
    AdaptedConv2d(64, 64, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False, width=8)
    """
    if isinstance(width, bool) or not isinstance(width, int) or width < 1:
        raise ModelError(f"width={width!r} is not a whole number of at least 1.")
    own = copy_without_additions(model)
    generator = torch.Generator().manual_seed(seed)
    chosen = [layer for layer in body_convolutions(own, groups) if _is_spatial(layer) and _keeps_size(layer)]
    for layer in chosen:
        inner = min(width, layer.in_channels, layer.out_channels)
        down = drawn((inner, layer.in_channels, 1, 1), generator)
        add_to(layer, AdaptedConv2d, down, torch.zeros(layer.out_channels, inner, 1, 1))
    if not chosen:
        raise ModelError("These layer groups have no spatial convolution that an adapter fits beside: choose others.")
    return own


def _is_spatial(layer: nn.Conv2d) -> bool:
    return max(layer.kernel_size) > 1


def _keeps_size(layer: nn.Conv2d) -> bool:
    """Whether a 1 x 1 convolution of the same stride, without padding, gives maps of the same size."""
    if type(layer) is not nn.Conv2d or layer.padding == "same":  # TensorFlow's padding is made for that
        return True
    if isinstance(layer.padding, str):
        return False
    return all(
        2 * pad == reach * (side - 1)
        for pad, reach, side in zip(layer.padding, layer.dilation, layer.kernel_size, strict=True)
    )
