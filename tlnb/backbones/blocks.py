"""A network as it can be drawn: blocks from input to head, the layers in them, and what skips over them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from torch import nn

from tlnb.backbones.dry_run import usual_size
from tlnb.backbones.following import Followed, follow
from tlnb.backbones.groups import layer_groups
from tlnb.backbones.kinds import kind_of, layers_in, map_shape
from tlnb.backbones.membership import keeps_statistics, modules_and_groups
from tlnb.core.tables import Table


@dataclass(frozen=True)
class Layer:
    """An innermost module that holds parameters.

    Attributes
    ----------
    name : str
        As in ``model.named_modules()``.
    kind : str
        In plain words: ``"depthwise convolution 3x3"``, ``"batch normalisation"``, ``"linear"``; else its class.
    parameters : int
        How many numbers it holds.
    shape : tuple of int or None
        What it gives for one image: (C, H, W) where that is a map; None where it did not run.
    """

    name: str
    kind: str
    parameters: int
    shape: tuple[int, ...] | None

    @property
    def map_shape(self) -> tuple[int, int, int] | None:
        """(C, H, W) where it gives a map, else None."""
        return self.shape if self.shape is not None and len(self.shape) == 3 else None


@dataclass(frozen=True)
class Block:
    """A layer group, to be drawn.

    Attributes
    ----------
    name : str
        The group's.
    parameters : int
        How many numbers it holds: those of its layers, and what lies between them (a layer scale, a class token).
    shape : tuple of int or None
        (C, H, W) of the map that the last of its layers gives, before pooling to one pixel; None where none does.
    statistics : bool
        Whether there is anything with running statistics in it, as batch normalisation has.
    layers : tuple of Layer
        In the order in which they run.
    """

    name: str
    parameters: int
    shape: tuple[int, int, int] | None
    statistics: bool
    layers: tuple[Layer, ...]


class Arc(NamedTuple):
    """A residual connection, between two places of `Anatomy.layers`: what it skips lies between them.

    Attributes
    ----------
    source : int
        The layer where it leaves; -1 for the images themselves.
    target : int
        The layer whose answer it is added to.
    """

    source: int
    target: int


@dataclass(frozen=True, repr=False)
class Anatomy(Table):
    """A network from input to head. Shows itself as a table.

    Attributes
    ----------
    blocks : tuple of Block
        One for each layer group.
    layers : tuple of Layer
        All of them, in the order in which they run.
    arcs : tuple of Arc
        Where two maps (or two sets of tokens) are added of which one skipped layers.
    size : int
        Side of the images, in pixels, that the shapes are for.
    reason : str
        Why there are no shapes and arcs: the network could not be followed without data. Else empty.
    """

    blocks: tuple[Block, ...]
    layers: tuple[Layer, ...]
    arcs: tuple[Arc, ...]
    size: int
    reason: str = ""

    @property
    def parameters(self) -> int:
        """How many numbers the network holds."""
        return sum(block.parameters for block in self.blocks)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        rows = [
            [b.name, f"{len(b.layers)}", f"{b.parameters:,}", "x".join(map(str, b.shape or ()))] for b in self.blocks
        ]
        return ["block", "layers", "parameters", f"gives, of {self.size} px"], rows


def anatomy(model: nn.Module, size: int | None = None) -> Anatomy:
    """Take a network apart for a drawing. Nothing is computed, nothing is drawn, and the model is not changed.

    Residual connections are found by following the tensors of one pass on the meta device, so that an architecture
    need not be known: any classifier of timm, of torchvision or of your own will do.

    Parameters
    ----------
    model : nn.Module
        A classifier.
    size : int, optional
        Side of the images in pixels; by default what the model's card names, else 224.

    Returns
    -------
    Anatomy
        Where the network cannot be followed without data, or not with images of this size, its blocks and layers come
        in the order of their definition, without shapes and arcs, and `reason` says why.

    Raises
    ------
    ModelError
        If the model has no head.
    ValueError
        If `size` is less than 1.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> found = anatomy(resnet18(num_classes=2))
    >>> [(block.name, block.shape, len(block.layers)) for block in found.blocks][:2]
    [('stem', (64, 112, 112), 2), ('stage1', (64, 56, 56), 8)]
    >>> len(found.arcs), [found.layers[place].name for place in found.arcs[0]]
    (8, ['bn1', 'layer1.0.bn2'])
    """
    if size is not None and size < 1:
        raise ValueError(f"size={size}: images have a side of at least 1 pixel. Leave it out for {usual_size(model)}.")
    size = size or usual_size(model)
    modules = dict(layers_in(model))
    seen = follow(model, modules, size)
    order = [*seen.order, *(name for name in modules if name not in set(seen.order))]
    layers = {name: _layer(name, modules[name], seen) for name in order}
    arcs = tuple(Arc(*arc) for arc in seen.arcs)
    return Anatomy(_blocks(model, modules, layers), tuple(layers.values()), arcs, size, seen.reason)


def _layer(name: str, module: nn.Module, seen: Followed) -> Layer:
    shape = seen.shapes.get(name)
    parameters = sum(parameter.numel() for parameter in module.parameters())
    return Layer(name, kind_of(module), parameters, map_shape(module, shape) or shape)


def _blocks(model: nn.Module, modules: dict[str, nn.Module], layers: dict[str, Layer]) -> tuple[Block, ...]:
    groups = layer_groups(model)
    by_name = dict(model.named_parameters())
    group_of = {id(by_name[name]): group.name for group in groups for name in group.parameters}
    members: defaultdict[str, list[Layer]] = defaultdict(list)
    for name, layer in layers.items():
        members[group_of[id(next(modules[name].parameters()))]].append(layer)
    keeping = {name for module, own in modules_and_groups(model, groups) if keeps_statistics(module) for name in own}
    blocks = []
    for group in groups:
        own = members[group.name]
        maps = [layer.map_shape for layer in own if layer.map_shape is not None]
        blocks.append(
            Block(
                group.name,
                sum(by_name[name].numel() for name in group.parameters),
                _last_map(maps),
                group.name in keeping,
                tuple(own),
            )
        )
    return tuple(blocks)


def _last_map(maps: Sequence[tuple[int, int, int]]) -> tuple[int, int, int] | None:
    """Return the last of some maps' (C, H, W) that has more than one pixel; the last of all where none has."""
    wide = [shape for shape in maps if shape[1] * shape[2] > 1]
    return next(iter(reversed(wide or maps)), None)
