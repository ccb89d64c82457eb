"""What happens in a network while it computes: which modules are called with what, and which of it trains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tlnb.backbones.groups import layer_groups
from tlnb.backbones.membership import modules_and_groups
from tlnb.backbones.split.forwards import tensors_in, with_tensors
from tlnb.backbones.split.points import Point


@dataclass
class Called:
    """One call of a module: what it took and gave, and whether any of what it took comes from what trains."""

    taken: Any
    depends: bool
    given: Any = None


@dataclass
class Observation:
    """One pass of a network.

    Attributes
    ----------
    calls : dict of str to list of Called
        By module, in the order of their first calls.
    passed : frozenset of str
        Outermost modules that are frozen, and fed by nothing that trains.
    plain : frozenset of str
        Outermost modules beyond them without weights, fed by nothing that trains, that always answer alike: pooling.
    between : frozenset of str
        Those of them that are part of no module that trains.
    """

    calls: dict[str, list[Called]]
    passed: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    between: frozenset[str] = frozenset()

    def leaves(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield call and number of each tensor that a module gives."""
        for call, called in enumerate(self.calls[name]):
            yield from ((call, leaf) for leaf in range(len(tensors_in(called.given))))

    def example(self, point: Point) -> torch.Tensor:
        """Return the tensor at a point as it was."""
        called = self.calls[point.module][point.call]
        return tensors_in(called.taken if point.taken else called.given)[point.leaf]

    def examples(self, name: str) -> tuple[Any, ...]:
        """Return what each call of a module gave, without its numbers."""
        return tuple(with_tensors(called.given, lambda _, t: t.to("meta")) for called in self.calls[name])

    def first_beyond(self, passed: frozenset[str]) -> list[Point]:
        """Return what the first module takes that neither is passed over nor holds any that is: one tensor, or none."""
        for name, called in self.calls.items():
            if name and not _overlaps(name, passed):
                taken = tensors_in(called[0].taken)
                return [Point(name, taken=True)] if len(taken) == 1 and not called[0].depends else []
        return []


def observe(twin: nn.Module, images: torch.Tensor, frozen: set[str]) -> Observation:
    """Watch a copy of a network compute some images.

    Parameters
    ----------
    twin : nn.Module
        Its ``requires_grad`` is changed.
    images : torch.Tensor
        (N, 3, H, W).
    frozen : set of str
        Layer groups.
    """
    groups = layer_groups(twin)
    held = {module for module, own in modules_and_groups(twin, groups) if own <= frozen}
    fixed = {name for group in groups if group.name in frozen for name in group.parameters}
    for name, parameter in twin.named_parameters():
        parameter.requires_grad_(name not in fixed)
    modules = dict(twin.named_modules())
    seen = Observation(_watch(twin, modules, images))
    free = {name for name, calls in seen.calls.items() if name and not any(called.depends for called in calls)}
    seen.passed = _outermost({name for name in free if modules[name] in held and _has_state(modules[name])})
    beyond = {name for name in free if not any(_within(name, other) for other in seen.passed)}
    seen.plain = _outermost(
        {n for n in beyond if not _has_state(modules[n]) and _always_alike(modules[n], seen.calls[n])}
    )
    rest = [name for name in seen.calls if name and _has_state(modules[name]) and not _overlaps(name, seen.passed)]
    seen.between = frozenset(name for name in seen.plain if not any(_within(name, other) for other in rest))
    return seen


def _watch(twin: nn.Module, modules: dict[str, nn.Module], images: torch.Tensor) -> dict[str, list[Called]]:
    calls: dict[str, list[Called]] = {}
    handles = []

    def before(name: str) -> Any:
        def hook(module: nn.Module, args: Any, options: Any) -> None:
            tensors = tensors_in((args, options))
            plain = not _has_state(module)
            # Copies where they are needed again: activations change what they are given.
            taken = with_tensors((args, options), lambda _, t: t.detach().clone() if plain else t.detach())
            calls.setdefault(name, []).append(Called(taken, any(t.requires_grad for t in tensors)))

        return hook

    def after(name: str) -> Any:
        def hook(_module: nn.Module, _args: Any, given: Any) -> None:
            waiting = next(called for called in reversed(calls[name]) if called.given is None)
            waiting.given = with_tensors(given, lambda _, t: t.detach())

        return hook

    for name, module in modules.items():
        handles.append(module.register_forward_pre_hook(before(name), with_kwargs=True))
        handles.append(module.register_forward_hook(after(name)))
    try:
        with torch.enable_grad():
            twin(images)
    finally:
        for handle in handles:
            handle.remove()
    return calls


def _has_state(module: nn.Module) -> bool:
    return any(True for _ in module.parameters()) or any(True for _ in module.buffers())


def _always_alike(module: nn.Module, calls: list[Called]) -> bool:
    """Whether a module without weights answers alike in training and evaluation mode, whatever is drawn."""
    modes = [(part, part.training) for part in module.modules()]
    answers = []
    try:
        for training, seed in ((False, 0), (True, 1), (True, 2)):
            module.train(training)
            torch.manual_seed(seed)
            with torch.no_grad():
                given = [_again(module, called.taken) for called in calls]
            answers.append([t for one in given for t in tensors_in(one)])
    finally:
        for part, training in modes:
            part.training = training
    return all(torch.equal(a, b) for other in answers[1:] for a, b in zip(answers[0], other, strict=True))


def _again(module: nn.Module, taken: Any) -> Any:
    args, options = with_tensors(taken, lambda _, t: t.clone())
    return module(*args, **options)


def _outermost(names: set[str]) -> frozenset[str]:
    return frozenset(name for name in names if not any(name != other and _within(name, other) for other in names))


def _overlaps(name: str, others: frozenset[str]) -> bool:
    """Whether a module is one of several, inside one, or holds one."""
    return any(_within(name, other) or _within(other, name) for other in others)


def _within(name: str, other: str) -> bool:
    """Whether a module is another one, or inside it."""
    return name == other or name.startswith(f"{other}.")
