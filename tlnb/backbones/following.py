"""Follows a network's tensors from layer to layer, without data: in which order layers run, where maps are added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import torch
from torch import Tensor, nn

from tlnb.backbones.dry_run import DryRun, empty_images, possible_channels
from tlnb.backbones.split.forwards import tensors_in
from tlnb.backbones.structure import weightless_copy

_ADDS = (torch.ops.aten.add, torch.ops.aten.add_)
_LEAST_DIMENSIONS = 3  # (N, tokens, D) or (N, C, H, W): sums of vectors are no residual connections


@dataclass(frozen=True)
class Made:
    """Where a tensor comes from.

    Attributes
    ----------
    latest : int
        The layer that ran last of all that it was computed from, by its place in the order; -1 for the images.
    sources : int
        A bit for each layer that it was computed from, by place in the order plus one; the lowest for the images.
    """

    latest: int
    sources: int


IMAGES, NOWHERE = Made(-1, 1), Made(-1, 0)


@dataclass
class Followed:
    """What one pass showed.

    Attributes
    ----------
    order : list of str
        Layers in the order of their first calls.
    shapes : dict of str to tuple of int
        What each gave at its first call, without the batch; for layers that gave one tensor.
    arcs : list of (int, int)
        From which layer a connection skips (-1: the images) to which it is added to, by place in the order.
    reason : str
        Why the network could not be followed to its end; empty if it was.
    """

    order: list[str] = field(default_factory=list)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    arcs: list[tuple[int, int]] = field(default_factory=list)
    reason: str = ""


def follow(model: nn.Module, layers: Mapping[str, nn.Module], size: int) -> Followed:
    """Run a copy of a model in evaluation mode, without data, and say what its layers do.

    Parameters
    ----------
    model : nn.Module
        Not changed.
    layers : mapping of str to nn.Module
        Those to look at, by name; none of them in another.
    size : int
        Side of the images, in pixels.
    """
    twin = weightless_copy(model).eval()
    reasons = []
    for channels in possible_channels(model):
        found = Followed()
        follower = _Follower(found)
        handles = [h for name in layers for h in follower.watch(name, twin.get_submodule(name))]
        try:
            with torch.no_grad(), follower:
                images = empty_images(twin, 1, channels, size)
                follower.note(images, IMAGES)
                twin(images)
            found.arcs = list(dict.fromkeys(found.arcs))
            return found
        except Exception as error:  # whatever a network of one's own does with values that are not there
            reasons.append(f"{type(error).__name__}: {error}".splitlines()[0])
        finally:
            for handle in handles:
                handle.remove()
    return Followed(reason=reasons[0])


class _Follower(DryRun):
    """Notes of each tensor where it comes from.

    What an operation gives comes from whatever its arguments come from: so activations, also in place, stochastic
    depth and layer scale leave a tensor with the layer that made it.
    """

    def __init__(self, found: Followed) -> None:
        super().__init__()
        self.found = found
        # By identity; the tensors are held, so that no other can get the same. They have no memory.
        self._made: dict[int, tuple[Made, Tensor]] = {}
        self._places: dict[str, int] = {}
        self._owners: dict[int, str] = {}
        self._inside = 0  # a layer: what it adds by itself is its own affair

    def watch(self, name: str, layer: nn.Module) -> tuple[Any, Any]:
        """Have a layer say when it runs, and what it gives; return the handles of its hooks."""
        self._owners.update((id(parameter), name) for parameter in layer.parameters())

        def before(_module: nn.Module, _inputs: Any) -> None:
            self._place(name)
            self._inside += 1

        def after(_module: nn.Module, _inputs: Any, output: Any) -> None:
            self._inside -= 1
            place, given = self._place(name), tensors_in(output)
            for tensor in given:
                self.note(tensor, Made(place, self._of(tensor).sources | 1 << place + 1))
            if len(given) == 1:
                self.found.shapes.setdefault(name, tuple(given[0].shape[1:]))

        return layer.register_forward_pre_hook(before), layer.register_forward_hook(after)

    def seen(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: Any) -> None:
        sources = [self._of(tensor) for tensor in _tensors((*args, *kwargs.values()))]
        if func.overloadpacket in _ADDS and not self._inside:
            self._add(*args[:2])
        bits = reduce(or_, (made.sources for made in sources), 0)
        latest = max((made.latest for made in sources), default=-1)
        made = Made(latest, bits | (1 << latest + 1 if bits else 0))
        for tensor in _tensors(given if isinstance(given, (tuple, list)) else (given,)):
            self.note(tensor, made)

    def _add(self, one: Any, other: Any) -> None:
        if not isinstance(one, Tensor) or not isinstance(other, Tensor):
            return
        if one.shape != other.shape or one.ndim < _LEAST_DIMENSIONS:
            return
        first, last = sorted((self._of(one), self._of(other)), key=lambda made: made.latest)
        common = first.sources & last.sources  # none where a table of positions is added, say
        if common and first.latest < last.latest:
            # The branches part at the last layer that both were computed from.
            self.found.arcs.append((common.bit_length() - 2, last.latest))

    def _of(self, tensor: Tensor) -> Made:
        known = self._made.get(id(tensor))
        if known:
            return known[0]
        # Some modules compute with their children's weights themselves, and the children never run.
        owner = self._owners.get(id(tensor))
        return NOWHERE if owner is None else Made(self._place(owner), 0)

    def _place(self, name: str) -> int:
        if name not in self._places:
            self._places[name] = len(self.found.order)
            self.found.order.append(name)
        return self._places[name]

    def note(self, tensor: Tensor, made: Made) -> None:
        """Keep where a tensor comes from."""
        self._made[id(tensor)] = made, tensor


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors that an operation takes or gives, alone or in lists; a general search takes far longer."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (tensor for tensor in value if isinstance(tensor, Tensor))
