"""What freezing changes, counted without data: parameters that learn, bytes kept for the backward pass, operations.

Each pattern of what learns is counted once for a network and a size, in a copy without memory; asked for again, it is
known. Nothing of the model is changed, nothing is drawn, and another thread may train meanwhile.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import nn

from tlnb.backbones.cost import kept_for_backward
from tlnb.backbones.counting import Multiplications
from tlnb.backbones.dry_run import empty_images
from tlnb.backbones.structure import weightless_copy
from tlnb.training.drops import set_drop_path, set_dropout
from tlnb.training.layer_plan import LayerPlan, release
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.selection import fixed_groups

log = logging.getLogger("tlnb")

_MOST = 512  # patterns of one network and size
_SIZES = 4
_ANY_RATE = 0.1  # dropout keeps the same bytes at any rate above 0


class Pattern(NamedTuple):
    """What decides a count: which groups train and how, what drops out, and how many images make a batch."""

    training: tuple[str, ...]
    fixed_statistics: tuple[str, ...]
    parameters: str
    dropout: float | None
    drop_path: float | None
    batch: int


@dataclass(frozen=True)
class Counts:
    """What was counted for one pattern.

    Attributes
    ----------
    learns : dict of str to float
        Groups of which anything learns, input to head, to the share of their weights (biases left out) that does.
    parameters : int
        Numbers that learn.
    tensors : tuple of ((torch.Size, torch.dtype), int)
        Shapes and kinds of the parameters that learn, and how many there are of each.
    activation_bytes : int or None
        Kept for the backward pass of a batch; None where the network cannot be followed without data.
    forward_macs, backward_macs : int or None
        Multiplications with addition of one step.
    """

    learns: dict[str, float]
    parameters: int
    tensors: tuple[tuple[tuple[torch.Size, torch.dtype], int], ...]
    activation_bytes: int | None
    forward_macs: int | None
    backward_macs: int | None


class FreezeCounts:
    """Counts for one network and one size of images.

    Parameters
    ----------
    model : nn.Module
        A classifier; its shapes are kept, not the model.
    size : int
        Side of the images, in pixels.

    Examples
    --------
    >>> import tlnb
    >>> counts = FreezeCounts(tlnb.create_model("resnet18", 2, weights="random"), 64)
    >>> patterns = [pattern_of(tlnb.Recipe(), groups, counts.names, batch=8) for groups in (("head",), counts.names)]
    >>> probe, full = map(counts.of, patterns)
    >>> probe.parameters, full.parameters
    (1026, 11177538)
    >>> probe.activation_bytes, full.activation_bytes > 100 * probe.activation_bytes
    (16384, True)
    """

    def __init__(self, model: nn.Module, size: int) -> None:
        self._shapes, self.size = weightless_copy(model), size
        self._plans: dict[tuple[str, float | None, float | None], LayerPlan] = {}
        self._known: OrderedDict[Pattern, Counts] = OrderedDict()
        self._lock = threading.Lock()  # the copies' modes are changed for each count
        release(self._shapes)
        self.names = LayerPlan(self._shapes).names

    def of(self, pattern: Pattern) -> Counts:
        """Count, or remember.

        Raises
        ------
        RecipeError
            If the body has no parameters of the kind that shall learn, or the network no place for dropout.
        """
        with self._lock:
            if pattern not in self._known:
                self._known[pattern] = self._count(pattern)
                if len(self._known) > _MOST:
                    self._known.popitem(last=False)
            return self._known[pattern]

    def _plan(self, pattern: Pattern) -> LayerPlan:
        key = (pattern.parameters, pattern.dropout, pattern.drop_path)
        if key not in self._plans:
            twin = weightless_copy(self._shapes)
            if pattern.dropout is not None:
                set_dropout(twin, pattern.dropout)
            if pattern.drop_path is not None:
                set_drop_path(twin, pattern.drop_path)
            self._plans[key] = LayerPlan(twin, pattern.parameters)
        return self._plans[key]

    def _count(self, pattern: Pattern) -> Counts:
        plan = self._plan(pattern)
        plan.keep_training(pattern.training, fixed_statistics=pattern.fixed_statistics)
        plan.train()
        learning = {name: _share(plan, name) for name in plan.trainable()}
        tensors = [p for name in learning for _, p in plan.parameters(name) if p.requires_grad]
        kept = forward = backward = None
        images = empty_images(plan.model, pattern.batch, 3, self.size)
        try:
            with Multiplications() as counted:
                kept = kept_for_backward(plan.model, images)
            forward, backward = counted.forward, counted.backward
        except Exception as error:  # whatever a network of one's own does with values that are not there
            log.info("What %s keeps for training cannot be counted: %s", type(plan.model).__name__, error)
        shapes = Counter((p.shape, p.dtype) for p in tensors)
        return Counts(learning, sum(p.numel() for p in tensors), tuple(shapes.items()), kept, forward, backward)


def pattern_of(recipe: Recipe, training: tuple[str, ...], names: tuple[str, ...], batch: int) -> Pattern:
    """Return the pattern of a recipe while some layer groups train; the network has the groups `names`."""
    fixed = [name for name in fixed_groups(names, recipe.fixed_statistics) if name in training]
    dropout, drop_path = (rate and _ANY_RATE for rate in (recipe.dropout, recipe.drop_path))
    return Pattern(training, tuple(fixed), recipe.parameters, dropout, drop_path, batch)


def counts_of(model: nn.Module, size: int) -> FreezeCounts:
    """Return the counts of a model, made now or before in this process; anew where its layers are others than then."""
    described = _described(model)
    with _lock:
        known = _known.get(model)
        if known is None or known[0] != described:
            known = _known[model] = (described, OrderedDict())
        if size not in known[1]:
            known[1][size] = FreezeCounts(model, size)
            if len(known[1]) > _SIZES:
                known[1].popitem(last=False)
        return known[1][size]


_known: WeakKeyDictionary[nn.Module, tuple[int, OrderedDict[int, FreezeCounts]]] = WeakKeyDictionary()
_lock = threading.Lock()


def _described(model: nn.Module) -> int:
    """Digest kinds of modules and shapes of parameters; names would take too long for a call at each click."""
    found: list[object] = []
    waiting = [model]
    while waiting:
        module = waiting.pop()
        found.append(type(module))
        found.extend(parameter.shape for parameter in module._parameters.values() if parameter is not None)
        waiting.extend(child for child in module._modules.values() if child is not None)
    return hash(tuple(found))


def _share(plan: LayerPlan, group: str) -> float:
    """Return the share of a group's weights that learn; of all its parameters where it has none but vectors."""
    own = [parameter for _, parameter in plan.parameters(group)]
    weights = [parameter for parameter in own if parameter.ndim > 1] or own
    return sum(p.numel() for p in weights if p.requires_grad) / max(1, sum(p.numel() for p in weights))
