"""The forms in which networks give maps: channels first or last, or as tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from tlnb.core.errors import ModelError

NO_MAP = "gives one vector an image, and no map"


def as_maps(given: Tensor, layer: str = "the layer") -> Tensor:
    """Bring what a layer gives into the form of maps, ``(N, C, H, W)``.

    Channels may come last, and tokens ``(N, T, D)`` may stand in a square, after at most eight without a place.

    Raises
    ------
    ModelError
        If it cannot be maps.

    Examples
    --------
    >>> import torch
    >>> as_maps(torch.zeros(2, 197, 8)).shape, as_maps(torch.zeros(2, 7, 7, 96)).shape
    (torch.Size([2, 8, 14, 14]), torch.Size([2, 96, 7, 7]))
    """
    shape = maps_shape(tuple(given.shape[1:]))
    if shape is None:
        told = NO_MAP if given.ndim < 3 else f"gives {tuple(given.shape[1:])}, which is no set of maps"
        raise ModelError(f"{layer} {told}: choose an earlier layer.")
    if given.ndim == 4:
        return given if tuple(given.shape[1:]) == shape else given.permute(0, 3, 1, 2)
    tokens = given[:, given.shape[1] - shape[1] * shape[2] :]  # (N, H * W, D)
    return tokens.transpose(1, 2).unflatten(2, shape[1:])


def maps_shape(shape: Sequence[int]) -> tuple[int, int, int] | None:
    """Return (C, H, W) of the maps that an output ``(N, *shape)`` is; None where it is none.

    Images are square, so that of three numbers the two equal ones are height and width.

    Examples
    --------
    >>> maps_shape((64, 8, 8)), maps_shape((8, 8, 64)), maps_shape((50, 64)), maps_shape((1000,)), maps_shape((9, 1, 1))
    ((64, 8, 8), (64, 8, 8), (64, 7, 7), None, None)
    """
    if len(shape) == 3:
        first, second, third = shape
        last = first == second != third
        maps = (third, first, second) if last else (first, second, third)
    elif len(shape) == 2:
        side = math.isqrt(shape[0])
        maps = (shape[1], side, side)
        if shape[0] - side * side > 8:
            return None
    else:
        return None
    return maps if maps[1] * maps[2] > 1 else None
