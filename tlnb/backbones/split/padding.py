"""TensorFlow's "same" padding without a padded copy of the maps, for passes over images of one size.

It pads an even map of a convolution with stride 2 on two sides only, which PyTorch's convolutions cannot: timm copies
the map into a larger one first. A kernel with a row and a column of zeros more, and plain padding, give the same.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import nn
from torch.nn.functional import pad
from torch.nn.utils import skip_init

Pair = tuple[int, int]


def is_same_padded(module: nn.Module) -> bool:
    """Say whether a module is timm's convolution with "same" padding, of a kind that can be written plainly."""
    return type(module).__name__ == "Conv2dSame" and isinstance(module, nn.Conv2d) and set(module.dilation) == {1}


def with_plain_padding(convolution: nn.Conv2d, size: Pair) -> nn.Conv2d:
    """Return a plain convolution that gives the same for maps of one size.

    Parameters
    ----------
    convolution : nn.Conv2d
        timm's Conv2dSame, without dilation.
    size : (int, int)
        Height and width of the maps that it takes.

    Examples
    --------
    >>> from timm.layers import Conv2dSame
    >>> own, maps = Conv2dSame(2, 3, 3, stride=2), torch.rand(1, 2, 8, 8)
    >>> plain = with_plain_padding(own, (8, 8))
    >>> plain.kernel_size, bool(torch.allclose(plain(maps), own(maps), atol=1e-6))
    ((4, 4), True)
    """
    kernel, stride = cast(Pair, convolution.kernel_size), cast(Pair, convolution.stride)
    before, after = [], []
    for side, length, step in zip(size, kernel, stride, strict=True):
        missing = max((-(-side // step) - 1) * step + length - side, 0)
        before.append(missing // 2)
        after.append(missing - missing // 2)
    more = [low - high for low, high in zip(after, before, strict=True)]  # rows and columns of zeros, in front
    weight = pad(convolution.weight.detach(), (more[1], 0, more[0], 0))
    plain = skip_init(  # nothing is drawn: whoever trains next must not notice
        nn.Conv2d,
        convolution.in_channels,
        convolution.out_channels,
        (weight.shape[2], weight.shape[3]),
        stride,
        (after[0], after[1]),
        groups=convolution.groups,
        bias=convolution.bias is not None,
    )
    plain.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), requires_grad=False)
    if convolution.bias is not None:
        plain.bias = nn.Parameter(convolution.bias.detach(), requires_grad=False)
    return plain.eval()
