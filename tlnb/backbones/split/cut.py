"""Where a network can be cut: the tensors that carry all that the frozen part says to the rest.

Found by running a copy of the network on a few images, and proved there: what is computed from the tensors at the cut
must be what the whole network computes, in training mode and in evaluation mode.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from torch import nn

from tlnb.backbones.modes import evaluating
from tlnb.backbones.split.forwards import replaced
from tlnb.backbones.split.network import SplitNetwork
from tlnb.backbones.split.observation import Observation, observe
from tlnb.backbones.split.points import Cut, Point, rewired
from tlnb.core.errors import ModelError
from tlnb.core.random_lock import RANDOM_LOCK

CLOSE = 1e-3  # of the largest logit: rounding is a hundred times less, a wrong cut a hundred times more


class CannotSplitError(ModelError):
    """A network cannot be cut at a frontier. Says why."""


def find_cut(model: nn.Module, images: torch.Tensor, frozen: Iterable[str]) -> Cut:
    """Find where to cut a network above its frozen layer groups.

    Parameters
    ----------
    model : nn.Module
        In the state in which it trains, on its device; not changed.
    images : torch.Tensor
        float32 (N, 3, H, W), normalised, N >= 4: a few of those that it will see, as they differ.
    frozen : iterable of str
        Layer groups, from the input on, whose modules are in evaluation mode whenever it trains.

    Returns
    -------
    Cut
        Proved on the images.

    Raises
    ------
    CannotSplitError
        If the network has none: what is frozen lies behind what trains, or is no module of its own, or says of an
        image what depends on the others in its batch.
    """
    twin = copy.deepcopy(model)
    devices = [images.device] if images.device.type == "cuda" else []
    with RANDOM_LOCK, torch.random.fork_rng(devices=devices):
        few = images[:2]  # all that they give is held meanwhile; the proof takes every one
        seen = observe(twin, few, set(frozen))
        if not seen.passed:
            raise CannotSplitError("nothing that is frozen comes before what trains")
        reasons = []
        for cut in _proposals(twin, few, seen):
            proved, reason = _proved(twin, images, cut)
            if proved is not None:
                return proved
            reasons.append(f"{cut}: {reason}")
    raise CannotSplitError("; ".join(reasons) or "no tensors were found that carry all that is frozen")


def _proposals(twin: nn.Module, images: torch.Tensor, seen: Observation) -> Iterator[Cut]:
    """Yield cuts that may do; those that keep fewest numbers, as a rule, first."""
    tried: set[tuple[Point, ...]] = set()
    for passed in dict.fromkeys((seen.passed | seen.between, seen.passed | seen.plain, seen.passed)):
        given = [Point(name, call, leaf) for name in passed for call, leaf in seen.leaves(name)]
        for taken in (*seen.first_beyond(passed), None):
            reached = _reached(twin, images, given if taken is None else [taken, *given])
            reached = [point for point in reached if taken is None or reached == [taken]]
            if reached and tuple(reached) not in tried:
                tried.add(tuple(reached))
                shapes = tuple(tuple(seen.example(point).shape[1:]) for point in reached)
                yield Cut(tuple(reached), shapes, {name: seen.examples(name) for name in passed}, len(images))


def _reached(twin: nn.Module, images: torch.Tensor, points: Sequence[Point]) -> list[Point]:
    """Return those points from which the logits can be reached without passing through another.

    None is returned where the images themselves can be.
    """
    leaves: dict[Point, torch.Tensor] = {}

    def cut_off(point: Point, tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_floating_point():
            return tensor
        leaves[point] = tensor.detach().requires_grad_()
        return leaves[point].clone()  # a leaf itself may not be changed in place, as activations do

    for parameter in twin.parameters():
        parameter.requires_grad_(False)
    start = images.detach().requires_grad_()
    with evaluating(twin), torch.enable_grad(), replaced(rewired(twin, points, cut_off)):
        logits = twin(start.clone())
    if not logits.requires_grad:
        return []
    gradients = torch.autograd.grad(logits.sum(), [start, *leaves.values()], allow_unused=True)
    if gradients[0] is not None:
        return []
    return [point for point, gradient in zip(leaves, gradients[1:], strict=True) if gradient is not None]


def _proved(twin: nn.Module, images: torch.Tensor, cut: Cut) -> tuple[Cut | None, str]:
    """Return a cut if what is computed from it is what the network computes; else None, and what is wrong with it."""
    split = SplitNetwork(twin, cut)
    try:
        values = split.prefix(images).values
        others = torch.cat([images[:1].expand(len(images) - 1, -1, -1, -1), images[-1:]])  # the last in other company
        if not _close(values[0][-1:], split.prefix(others).values[0][-1:]):
            return None, "what it says of an image depends on the others in the batch"

        def parted() -> torch.Tensor:
            return split.logits(split.meet(given, images.shape[-1]))

        for training, compute in _both_ways(twin):
            given = tuple(tensor.clone() for tensor in values)
            if not _close(compute(lambda: twin(images)), compute(parted)):
                return None, f"other logits in {'training' if training else 'evaluation'} mode"
    except Exception as error:  # a network's own code, run in a way that its author did not foresee
        return None, f"{type(error).__name__}: {error}"
    kept = all(torch.equal(one, other) for one, other in zip(values, given, strict=True))
    return dataclasses.replace(cut, changed_in_place=not kept), ""


def _both_ways(twin: nn.Module) -> Iterator[tuple[bool, Callable[[Callable[[], torch.Tensor]], torch.Tensor]]]:
    """Yield, for training and for evaluation mode, what computes with equal random numbers each time."""

    def compute(logits: Callable[[], torch.Tensor]) -> torch.Tensor:
        torch.manual_seed(1)
        with torch.no_grad():
            return logits()

    modes = [(module, module.training) for module in twin.modules()]
    for training in (True, False):
        for module, own in modes:
            module.training = own and training
        yield training, compute


def _close(one: torch.Tensor, other: torch.Tensor) -> bool:
    scale = float(one.abs().max())
    return bool(torch.isfinite(one).all()) and float((one - other).abs().max()) <= CLOSE * max(scale, 1e-6)
