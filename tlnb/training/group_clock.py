"""The time of training steps, parted among layer groups by hooks on the layers of a copy."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
from torch import nn

from tlnb.backbones import layer_groups
from tlnb.backbones.membership import modules_and_groups
from tlnb.backbones.split.forwards import tensors_in

ROUNDS = 3


class GroupClock:
    """Parts the time of a pass among layer groups.

    A group has the time from the end of the layer before, to that of its own; backward, from when the gradient of what
    a layer gave is there until the next one's is.

    Parameters
    ----------
    model : nn.Module
        Gets hooks: a copy, to be thrown away.
    device : torch.device
        Where it is.
    """

    def __init__(self, model: nn.Module, device: torch.device) -> None:
        self._device, self._watching = device, True
        groups = layer_groups(model)
        self.names = tuple(group.name for group in groups)
        self._forward: list[tuple[float, str]] = []
        self._backward: list[tuple[float, str]] = []
        for module, own in modules_and_groups(model, groups):
            if not list(module.children()):
                self._watch(module, min(own, key=self.names.index))

    def _watch(self, module: nn.Module, group: str) -> None:
        def after(_module: nn.Module, _inputs: object, output: object) -> None:
            if self._watching:
                self._forward.append((self._now(), group))
                for tensor in tensors_in(output):
                    if tensor.requires_grad:
                        tensor.register_hook(lambda _gradient: self._backward.append((self._now(), group)))

        module.register_forward_hook(after)

    def begin(self) -> None:
        """Start the forward pass."""
        self._forward, self._backward, self._began = [], [], self._now()

    def turn(self) -> None:
        """End it, and start the backward pass."""
        self._turned = self._now()

    def end(self) -> None:
        """End both."""
        self._ended = self._now()

    def medians(self, run: Callable[[], None]) -> tuple[dict[str, float], dict[str, float]]:
        """Return each group's seconds forward and backward: the medians of some rounds, after one to warm up."""
        found: list[defaultdict[str, list[float]]] = [defaultdict(list), defaultdict(list)]
        totals: list[list[float]] = [[], []]
        for turn in range(ROUNDS + 1):
            run()
            if turn:
                for kept, seconds in zip(found, self._parted(), strict=True):
                    for name in self.names:
                        kept[name].append(seconds.get(name, 0.0))
        parts = [{name: statistics.median(kept[name]) for name in self.names} for kept in found]
        if self._device.type == "cpu":
            return parts[0], parts[1]
        # Waiting after every layer makes such a device slow: the time without is shared out as the parts have it.
        self._watching = False
        for _ in range(ROUNDS):
            run()
            totals[0].append(self._turned - self._began)
            totals[1].append(self._ended - self._turned)
        self._watching = True
        scaled = [_scaled(part, statistics.median(total)) for part, total in zip(parts, totals, strict=True)]
        return scaled[0], scaled[1]

    def _parted(self) -> tuple[dict[str, float], dict[str, float]]:
        forward: defaultdict[str, float] = defaultdict(float)
        backward: defaultdict[str, float] = defaultdict(float)
        last = self._began
        for now, group in [*self._forward, (self._turned, self.names[-1])]:
            forward[group] += now - last
            last = now
        events = [(self._turned, self.names[-1]), *self._backward, (self._ended, "")]
        for (now, group), (then, _) in pairwise(events):
            backward[group] += then - now
        return forward, backward

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        elif self._device.type == "mps":
            torch.mps.synchronize()
        return time.perf_counter()


def _scaled(parts: Mapping[str, float], total: float) -> dict[str, float]:
    whole = sum(parts.values())
    return {name: total * seconds / whole if whole else 0.0 for name, seconds in parts.items()}
