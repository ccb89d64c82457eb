"""Low-rank updates of convolutions: a new task in a few thousand numbers, at no cost once they are folded in.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2022.
"""

from __future__ import annotations

import copy
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
    make_plain,
    pointwise,
)
from tlnb.training.recipe.selection import Selector


class LowRankConv2d(AddedConv2d):
    """A convolution by ``W + B A``: A is ``down`` (r, C_in, kh, kw), B is ``up`` (C_out, r, 1, 1).

    Computed as two small convolutions beside the large one, so that a frozen W needs no gradient.
    """

    tlnb_method: ClassVar[str] = "low-rank updates"

    def forward(self, images: Tensor) -> Tensor:
        """Convolve, (N, C_in, H, W) -> (N, C_out, H', W')."""
        images = self.padded(images)
        return self._conv_forward(images, self.weight, self.bias) + F.conv2d(self._narrow(images), self.up)

    def _narrow(self, images: Tensor) -> Tensor:
        if self.kernel_size == (1, 1) and self.padding in ((0, 0), "same", "valid"):
            return pointwise(images, self.down, self.stride)
        return self._conv_forward(images, self.down, None)


def add_low_rank(
    model: nn.Module, rank: int = 4, groups: Selector | Sequence[str] | None = None, *, seed: int = 0
) -> nn.Module:
    """Give the convolutions of a network's body low-rank updates; it computes what it did before until they learn.

    Each ordinary or pointwise convolution with weights W of shape (C_out, C_in, kh, kw) then computes with
    ``W + B A``, where A goes to `rank` channels with the layer's own kernel, stride and padding, and B, which starts at
    zero, comes back by a 1 x 1 convolution. Train them with ``Recipe(trainable="all", parameters="added")``. Left
    alone are depthwise and other grouped convolutions (so thin that an update would be as large as they are), linear
    layers, convolutions of other classes (such as weight-standardised ones), and the head, which always learns whole.
    There is no factor alpha: the learning rate does its part.

    Parameters
    ----------
    model : nn.Module
        A classifier; it is not changed.
    rank : int
        Channels between A and B, at least 1; fewer where the layer itself has a lower rank.
    groups : str, int or sequence of str, optional
        Which layer groups, as `Recipe.trainable`; by default all below the head.
    seed : int
        Draws A. The global random state is not touched.

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
    >>> lean = tlnb.Recipe(trainable="all", parameters="added").preview(add_low_rank(model, rank=2))
    >>> full = tlnb.Recipe(trainable="all").preview(model)
    >>> lean.trainable_parameters, full.trainable_parameters
    (35352, 4923514)
    """
    if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
        raise ModelError(f"rank={rank!r} is not a whole number of at least 1.")
    own = copy_without_additions(model)
    generator = torch.Generator().manual_seed(seed)
    chosen = [layer for layer in body_convolutions(own, groups) if layer.groups == 1]
    for layer in chosen:
        out, *inside = layer.weight.shape
        width = min(rank, out, inside[0] * inside[1] * inside[2])
        add_to(layer, LowRankConv2d, drawn((width, *inside), generator), torch.zeros(out, width, 1, 1))
    if not chosen:
        raise ModelError("These layer groups have no ordinary convolution that could be updated: choose others.")
    return own


def merge_low_rank(model: nn.Module) -> nn.Module:
    """Fold low-rank updates into the weights they update: the plain architecture again, at its own cost.

    Parameters
    ----------
    model : nn.Module
        With updates from `add_low_rank`; it is not changed.

    Returns
    -------
    nn.Module
        A copy whose outputs are the same to rounding.

    Raises
    ------
    ModelError
        If there are none.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet10t", 2, weights="random")
    >>> merged = merge_low_rank(add_low_rank(model))
    >>> list(merged.state_dict()) == list(model.state_dict())
    True
    """
    own = copy.deepcopy(model)
    layers = [module for module in own.modules() if isinstance(module, LowRankConv2d)]
    if not layers:
        raise ModelError("This model has no low-rank updates to fold in: give it some with add_low_rank.")
    with torch.no_grad():
        for layer in layers:
            update = layer.up.flatten(1) @ layer.down.flatten(1)  # (C_out, r) @ (r, C_in kh kw)
            layer.weight += update.view(layer.weight.shape)
            make_plain(layer)
    return own
