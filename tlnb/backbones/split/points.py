"""Points of a network, and a cut through it at some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch import nn

from tlnb.backbones.split.forwards import with_tensors


@dataclass(frozen=True)
class Point:
    """A tensor of the network: what a module takes or gives.

    Attributes
    ----------
    module : str
        Its name, as in ``model.named_modules()``.
    call : int
        At which of its calls, from 0.
    leaf : int
        Which of the tensors that it takes or gives there, from 0.
    taken : bool
        Whether the module takes it; else it gives it.
    """

    module: str
    call: int = 0
    leaf: int = 0
    taken: bool = False

    def __str__(self) -> str:
        more = f" ({self.call}, {self.leaf})" if self.call or self.leaf else ""
        return f"{'into' if self.taken else 'out of'} {self.module}{more}"


@dataclass(frozen=True)
class Cut:
    """Where a network is cut, and which of its modules are passed over beyond it.

    Attributes
    ----------
    points : tuple of Point
        The tensors that are kept.
    shapes : tuple of tuple of int
        Of each, for one image.
    passed : dict of str to tuple
        Module that is not computed beyond the cut, to what each of its calls gives: an example, on the meta device.
    batch : int
        How many images the examples are of.
    changed_in_place : bool
        Whether the network writes into the tensors at the cut, as activations may.
    """

    points: tuple[Point, ...]
    shapes: tuple[tuple[int, ...], ...]
    passed: dict[str, tuple[Any, ...]]
    batch: int
    changed_in_place: bool = False

    @property
    def numbers(self) -> int:
        """How many numbers are kept of one image."""
        return sum(torch.Size(shape).numel() for shape in self.shapes)

    def __str__(self) -> str:
        return ", ".join(map(str, self.points))


def rewired(
    model: nn.Module, points: Iterable[Point], change: Callable[[Point, torch.Tensor], torch.Tensor]
) -> dict[nn.Module, Callable[..., Any]]:
    """Return forward functions in which the tensors at some points are changed on their way; see `replaced`."""
    wanted: dict[str, set[Point]] = {}
    for point in points:
        wanted.setdefault(point.module, set()).add(point)
    return {
        module: _rewired(module.forward, name, there, change)
        for name, there in wanted.items()
        for module in [model.get_submodule(name)]
    }


def _rewired(
    own: Callable[..., Any], name: str, there: set[Point], change: Callable[[Point, torch.Tensor], torch.Tensor]
) -> Callable[..., Any]:
    calls = count()
    sides = {point.taken for point in there}

    def changed(values: Any, call: int, taken: bool) -> Any:
        def at(leaf: int, tensor: torch.Tensor) -> torch.Tensor:
            point = Point(name, call, leaf, taken)
            return change(point, tensor) if point in there else tensor

        return with_tensors(values, at) if taken in sides else values

    def forward(*args: Any, **options: Any) -> Any:
        call = next(calls)
        args, options = changed((args, options), call, True)
        return changed(own(*args, **options), call, False)

    return forward
