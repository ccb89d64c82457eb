"""What optimisers keep for a parameter between steps: found by letting the real one take a step."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import torch
from torch import nn

from tlnb.backbones.split.forwards import tensors_in
from tlnb.core.errors import RecipeError
from tlnb.training.optimisation import make_optimizer
from tlnb.training.recipe import Recipe

_TINY = 2  # side of a stand-in


class _Alone:
    """One parameter in the place of a layer plan's."""

    names = ("head",)

    def __init__(self, parameter: nn.Parameter) -> None:
        self._parameter = parameter

    def parameters(self, group: str) -> Iterator[tuple[str, nn.Parameter]]:
        """Yield it."""
        yield group, self._parameter


@lru_cache(maxsize=4096)
def state_bytes(optimizer: str, momentum: float, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> int:
    """Count the bytes that an optimiser keeps for one parameter once it has taken a step.

    Parameters
    ----------
    optimizer : str
        A recipe's name for it.
    momentum : float
        In [0, 1), as in a recipe: without it, SGD keeps nothing.
    shape, dtype : tuple of int, torch.dtype
        Of the parameter.

    Raises
    ------
    RecipeError
        If there is no such optimiser, or timm cannot make it here.

    Examples
    --------
    >>> state_bytes("sgd", 0.9, (100, 10)), state_bytes("sgd", 0.0, (100, 10)), state_bytes("adamw", 0.9, (100, 10))
    (4000, 0, 8004)
    """
    recipe = Recipe(optimizer=optimizer, momentum=momentum)
    try:
        return sum(_bytes(tensor) for tensor in _kept(recipe, torch.zeros(shape, dtype=dtype, device="meta")))
    except RecipeError:
        raise
    except Exception:  # a few look at their numbers: those get some, in a tensor of few
        small = torch.zeros([min(side, _TINY) for side in shape], dtype=dtype)
    share = math.prod(shape) // small.numel() if small.numel() else 0
    return sum(_bytes(tensor) * (share if tensor.shape == small.shape else 1) for tensor in _kept(recipe, small))


def _kept(recipe: Recipe, values: torch.Tensor) -> list[torch.Tensor]:
    parameter = nn.Parameter(values)
    optimizer = make_optimizer(recipe, _Alone(parameter))
    parameter.grad = torch.zeros_like(values)
    optimizer.step()
    return tensors_in(dict(optimizer.state[parameter]))


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()
