"""Computes a network no farther than it has to, for the tensors at some of its points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import torch
from torch import nn

from tlnb.backbones.modes import evaluating
from tlnb.backbones.split.forwards import replaced
from tlnb.backbones.split.points import Point, rewired

Compute = Callable[[torch.Tensor], torch.Tensor]


class _ReachedError(Exception):
    """All tensors that are wanted are there: the pass need not go on."""


class Capture:
    """What a network says at some points, for images.

    Parameters
    ----------
    model : nn.Module
        Not changed.
    points : sequence of Point
        Where.
    compute : callable, optional
        What computes the network, where not the network itself (mixed precision).

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    >>> capture = Capture(model, [Point("0"), Point("2")])
    >>> [tuple(tensor.shape) for tensor in capture(torch.rand(2, 3, 8, 8))]
    [(2, 5, 6, 6), (2, 5, 1, 1)]
    """

    def __init__(self, model: nn.Module, points: Sequence[Point], compute: Compute | None = None) -> None:
        self.model, self.points, self.compute = model, tuple(points), compute or model

    def of(self, model: nn.Module) -> Capture:
        """Return the same of another model of the same form, computed by itself."""
        return type(self)(model, self.points)

    def __call__(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Compute images, float32 (N, 3, H, W), normalised; in evaluation mode and without gradients.

        Raises
        ------
        KeyError
            If the network does not come by a point.
        """
        found: dict[Point, torch.Tensor] = {}

        def keep(point: Point, tensor: torch.Tensor) -> torch.Tensor:
            last = len(found) + 1 == len(self.points)
            # A copy, unless nothing is computed after it: activations change what they are given.
            found[point] = tensor.detach() if last else tensor.detach().clone()
            if last:
                raise _ReachedError
            return tensor

        forwards = rewired(self.model, self.points, keep)
        with evaluating(self.model), torch.no_grad(), replaced(forwards), suppress(_ReachedError):
            self.compute(images)
        return tuple(found[point] for point in self.points)
