"""Stages of a network that does not name them: read from its blocks and the resolution of what they give."""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tlnb.backbones.dry_run import DryRun, empty_images, possible_channels, usual_size

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
SHRINKS = 0.7  # a stage begins where maps fall below this share of their side; missing padding takes less
STAGES = 4  # of a network whose maps never shrink


@dataclass
class Unit:
    """A block, or a layer that stands by itself, with the parameters that are in it."""

    name: str
    module: nn.Module
    parameters: list[str]

    @property
    def plain(self) -> bool:
        """Whether it is a single convolution, with or without normalisation and activation."""
        layers = [m for m in self.module.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
        return len(layers) <= 1 and not any(isinstance(m, nn.Linear) for m in layers)


def body_by_structure(model: nn.Module, head: set[str]) -> list[list[str]]:
    """Part the parameters below the head into a stem and stages.

    The model is walked down to its blocks. The stem is the plain convolutions before the first block, a stage
    ends where the feature maps shrink, and what comes after pooling belongs to the last stage.

    Parameters
    ----------
    model : nn.Module
        A classifier.
    head : set of str
        Parameters to leave out.

    Returns
    -------
    list of list of str
        Parameter names, from the input on.
    """
    units = _units(model, head)
    started, sides = _trace(model)
    # By execution where the network could be traced: the order of definition is the author's whim.
    units.sort(key=lambda unit: started.get(unit.name, len(started)))
    groups: list[list[Unit]] = []
    side = 0.0
    for unit in units:
        now = sides.get(unit.name, 0)
        ends_stem = len(groups) == 1 and groups[0][-1].plain and not unit.plain
        # Maps of one pixel, or none, come after pooling: no stage of their own.
        if not groups or (now > 1 and (ends_stem or now < SHRINKS * side)):
            groups.append([])
            side = now
        groups[-1].append(unit)
    if len(groups) < 2:
        groups = _evenly(units)
    return [[name for unit in group for name in unit.parameters] for group in groups]


def _evenly(units: list[Unit]) -> list[list[Unit]]:
    """Part a network of one resolution: its first unit is the stem, the others make even stages."""
    blocks = units[1:]
    count = min(STAGES, len(blocks))
    cuts = [round(i * len(blocks) / count) for i in range(count + 1)] if count else []
    return [units[:1], *(blocks[a:b] for a, b in itertools.pairwise(cuts))] if units else []


def _units(model: nn.Module, head: set[str]) -> list[Unit]:
    names = {id(parameter): name for name, parameter in model.named_parameters() if name not in head}
    half = sum(parameter.numel() for name, parameter in model.named_parameters() if name not in head) / 2
    units: list[Unit] = []
    for name, module in _blocks("", model, half):
        mine = [names.pop(id(parameter)) for parameter in module.parameters() if id(parameter) in names]
        if mine:
            units.append(Unit(name, module, mine))
    # What modules hold outside of any block (a class token, a position embedding) goes with the first.
    units[:1] = [Unit(unit.name, unit.module, [*names.values(), *unit.parameters]) for unit in units[:1]]
    return units


def _blocks(prefix: str, module: nn.Module, half: float) -> Iterator[tuple[str, nn.Module]]:
    """Yield the blocks of a network: opened are plain containers, and wrappers that hold most of the weights.

    A module of its own class is a block, and so is a subclass of `Sequential`: its author gave it a name.
    """
    opened = not prefix or type(module) in _CONTAINERS or sum(p.numel() for p in module.parameters()) > half
    if prefix and (not opened or Unit(prefix, module, []).plain or not list(module.children())):
        yield prefix, module
        return
    for name, child in module.named_children():
        yield from _blocks(f"{prefix}.{name}" if prefix else name, child, half)


def _trace(model: nn.Module) -> tuple[dict[str, int], dict[str, int]]:
    """Run a copy without data; return, by module name, when it started and the side of the map it gave."""
    started: dict[str, int] = {}
    sides: dict[str, int] = {}
    twin = weightless_copy(model)
    for name, module in twin.named_modules():

        def before(module: nn.Module, inputs: Any, name: str = name) -> None:
            started.setdefault(name, len(started))

        def after(module: nn.Module, inputs: Any, output: Any, name: str = name) -> None:
            if isinstance(output, Tensor) and output.ndim == 4:
                sides.setdefault(name, min(output.shape[-2:]))

        module.register_forward_pre_hook(before)
        module.register_forward_hook(after)
    for channels in possible_channels(model):
        # A network for another size of input fails at its first linear layer: what ran before is enough.
        with contextlib.suppress(Exception), torch.no_grad(), DryRun():
            twin.eval()(empty_images(twin, 1, channels, usual_size(model)))
        if sides:
            break
        started.clear()
    return started, sides


def weightless_copy(model: nn.Module) -> nn.Module:
    """Copy a model onto the meta device: shapes, but no memory. Hooks are left out."""
    memo: dict[int, Any] = {}  # what deepcopy takes for already copied
    for tensor in [*model.parameters(), *model.buffers()]:
        empty = torch.empty_like(tensor, device="meta")
        is_parameter = isinstance(tensor, nn.Parameter)
        memo[id(tensor)] = nn.Parameter(empty, tensor.requires_grad) if is_parameter else empty
    for module in model.modules():
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            memo[id(hooks)] = type(hooks)()
    return copy.deepcopy(model, memo)
