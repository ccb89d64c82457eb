"""Batch normalisation folded into the convolutions before it, for passes that need no gradient: less to compute.

In evaluation mode it is a product and a sum for each channel, and so is what a convolution ends with. The numbers are
the same but for rounding, which is proved on some images.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from tlnb.backbones.modes import evaluating
from tlnb.backbones.split.capture import Capture
from tlnb.backbones.split.padding import is_same_padded, with_plain_padding
from tlnb.backbones.split.points import Point

CLOSE = 1e-4  # of the largest value at a point
_PLAIN = ("Conv2d", "Conv2dSame")  # others, as those that normalise their weights, are not just a product and a sum


def folded(model: nn.Module, points: Sequence[Point], images: torch.Tensor) -> nn.Module:
    """Return a copy of a network that says the same of images of one size, at some points, with less to compute.

    Parameters
    ----------
    model : nn.Module
        Not changed.
    points : sequence of Point
        Where it must say the same.
    images : torch.Tensor
        float32 (N, 3, H, W), normalised: to prove it on. Of the size of all that it will see.

    Returns
    -------
    nn.Module
        In evaluation mode; the network itself, where nothing can be spared.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU())
    >>> folded(model, [Point("2")], torch.rand(2, 3, 8, 8))[1]
    Identity()
    """
    twin = copy.deepcopy(model).requires_grad_(False)
    pairs, maps = _pairs(twin, points, images)
    if not pairs and not maps:
        return model
    for convolution, norm in pairs:
        _fold(twin.get_submodule(convolution), twin.get_submodule(norm))
        _replace(twin, norm, _after(twin.get_submodule(norm)))
    for name, size in maps.items():
        _replace(twin, name, with_plain_padding(cast(nn.Conv2d, twin.get_submodule(name)), size))
    whole, less = Capture(model, points)(images), Capture(twin, points)(images)
    alike = all(_close(one, other) for one, other in zip(whole, less, strict=True))
    return twin.eval() if alike else model


def _replace(twin: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(twin.get_submodule(parent), own, module)


def _pairs(
    twin: nn.Module, points: Sequence[Point], images: torch.Tensor
) -> tuple[list[tuple[str, str]], dict[str, tuple[int, int]]]:
    """List the convolutions whose answer goes to a batch normalisation, and the sizes that padded ones take.

    Each of them is called once.
    """
    given: dict[int, tuple[str, torch.Tensor]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    pairs: list[tuple[str, str]] = []
    calls: dict[str, int] = {}
    handles = []
    for name, module in twin.named_modules():

        def after(module: nn.Module, args: tuple[torch.Tensor, ...], answer: torch.Tensor, name: str = name) -> None:
            calls[name] = calls.get(name, 0) + 1
            if is_same_padded(module):
                sizes[name] = (args[0].shape[2], args[0].shape[3])
            given[id(answer)] = (name, answer)  # held, so that no other tensor gets its number

        def before(_module: nn.Module, args: tuple[torch.Tensor, ...], name: str = name) -> None:
            calls[name] = calls.get(name, 0) + 1
            if args and id(args[0]) in given:
                pairs.append((given[id(args[0])][0], name))

        if type(module).__name__ in _PLAIN and isinstance(module, nn.Conv2d):
            handles.append(module.register_forward_hook(after))
        elif isinstance(module, nn.BatchNorm2d) and module.running_var is not None:
            handles.append(module.register_forward_pre_hook(before))
    try:
        with evaluating(twin):
            Capture(twin, points)(images)
    finally:
        for handle in handles:
            handle.remove()
    taken = {point.module for point in points}
    once = {name for name, count in calls.items() if count == 1 and name not in taken}
    return [(a, b) for a, b in pairs if {a, b} <= once], {name: sizes[name] for name in sizes if name in once}


def _fold(convolution: Any, norm: Any) -> None:
    moments = (norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias)
    weight, bias = fuse_conv_bn_weights(convolution.weight, convolution.bias, *moments)
    convolution.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), requires_grad=False)
    convolution.bias = nn.Parameter(bias, requires_grad=False)


def _after(norm: nn.Module) -> nn.Module:
    """Return what a normalisation does besides: timm's have an activation in them."""
    rest = [part for part in (getattr(norm, "drop", None), getattr(norm, "act", None)) if isinstance(part, nn.Module)]
    rest = [part for part in rest if not isinstance(part, nn.Identity)]
    return nn.Identity() if not rest else rest[0] if len(rest) == 1 else nn.Sequential(*rest)


def _close(one: torch.Tensor, other: torch.Tensor) -> bool:
    return float((one - other).abs().max()) <= CLOSE * max(float(one.abs().max()), 1e-6)
