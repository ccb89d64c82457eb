"""Maps of any layer: which layers of a network give maps, and what they give for images."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tlnb.backbones.blocks import Anatomy, anatomy
from tlnb.backbones.cards import model_card
from tlnb.backbones.dry_run import DryRun, empty_images, possible_channels
from tlnb.backbones.groups import layer_groups
from tlnb.backbones.map_forms import NO_MAP, as_maps, maps_shape
from tlnb.backbones.membership import outer_modules
from tlnb.backbones.modes import evaluating
from tlnb.backbones.split import Capture, Point
from tlnb.backbones.split.forwards import replaced
from tlnb.backbones.split.points import rewired
from tlnb.backbones.structure import weightless_copy
from tlnb.core.errors import ModelError, did_you_mean

_NOT_CALLED = "The network does not call {!r}, or it gives no tensor: choose a layer above it, or inside it."
_WHY_NOT = "did not run, or gives tokens that stand in no square: there is no map to draw"


@dataclass(frozen=True)
class MapLayer:
    """A layer, or the output of a layer group, of which there may be maps.

    Attributes
    ----------
    name : str
        The group's, or the module's as in ``model.named_modules()``.
    module : str
        The module whose output it is.
    group : str
        The layer group that it belongs to.
    kind : str
        In plain words; ``"output"`` for a group's.
    shape : tuple of int or None
        (channels, height, width) of its maps, for one image; None where it gives none.
    reason : str
        Why there are none; else empty.
    """

    name: str
    module: str
    group: str
    kind: str
    shape: tuple[int, int, int] | None
    reason: str = ""


def map_layers(model: nn.Module, size: int | None = None, parts: Anatomy | None = None) -> tuple[MapLayer, ...]:
    """List what a network gives maps of, input to head: each layer group's output, and the layers in it.

    Tokens of a transformer are maps too where they stand in a square: each number of a token is a channel.

    Parameters
    ----------
    model : nn.Module
        A classifier; nothing is computed.
    size : int, optional
        Side of the images, in pixels; by default what the model's card names, else 224.
    parts : Anatomy, optional
        From `anatomy`, where it is known already.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet10t", 2, weights="random")
    >>> [(layer.name, layer.shape) for layer in map_layers(model, 64)][:3]
    [('stem', (64, 32, 32)), ('conv1.0', (24, 32, 32)), ('conv1.1', (24, 32, 32))]
    >>> map_layers(model, 64)[-1].reason
    'gives one vector an image, and no map'
    """
    found = parts or anatomy(model, size)
    shapes = _output_shapes(model, found.size)
    outer = outer_modules(model, layer_groups(model))

    def listed(name: str, module: str, group: str, kind: str) -> MapLayer:
        given = shapes.get(module)
        shape = None if given is None else maps_shape(given)
        one_place = given is not None and (len(given) < 2 or given[-2:] == (1, 1))
        reason = "" if shape else NO_MAP if one_place else _WHY_NOT
        return MapLayer(name, module, group, kind, shape, reason)

    layers: list[MapLayer] = []
    for block in found.blocks:
        inside = [listed(layer.name, layer.name, block.name, layer.kind) for layer in block.layers]
        ends = [name for name in reversed(outer.get(block.name, ())) if maps_shape(shapes.get(name, ()))]
        last = ends[0] if ends else next((layer.module for layer in reversed(inside) if layer.shape), "")
        if last:
            layers.append(listed(block.name, last, block.name, "output"))
        layers += inside
    return tuple(layers)


def layer_maps(model: nn.Module, pixels: Tensor, layer: str) -> Tensor:
    """Return the maps of one layer for some images.

    Parameters
    ----------
    model : nn.Module
        A classifier; evaluated only, and left as it was.
    pixels : Tensor
        uint8 ``(N, C, H, W)``, prepared by the model's own preprocessing. A few: everything is kept in memory.
    layer : str
        A layer group (`tlnb.layer_groups`), or a module as in ``model.named_modules()``; see `map_layers`.

    Returns
    -------
    Tensor
        float32 ``(N, channels, height, width)``, on the CPU. Tokens come as maps too, those without a place (the class
        token) left out.

    Raises
    ------
    ModelError
        If there is no such layer, the network does not come by it, or it gives no maps.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> layer_maps(model, torch.zeros(1, 3, 64, 64, dtype=torch.uint8), "layer2.0.conv1").shape
    torch.Size([1, 128, 8, 8])
    """
    device = next(model.parameters()).device
    images = model_card(model).preprocessing.normalise(pixels.to(device))
    try:
        (given,) = Capture(model, [Point(module_of(model, layer))])(images)
    except KeyError as missing:
        raise ModelError(_NOT_CALLED.format(layer)) from missing
    return as_maps(given, layer).float().cpu()


def maps_and_logits(model: nn.Module, pixels: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """Return the maps of one layer for some images, as `layer_maps`, and the logits ``(N, classes)``, in one pass.

    Raises
    ------
    ModelError
        As `layer_maps`.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> maps, logits = maps_and_logits(model, torch.zeros(1, 3, 64, 64, dtype=torch.uint8), "layer1")
    >>> tuple(maps.shape), tuple(logits.shape)
    ((1, 64, 16, 16), (1, 2))
    """
    kept: list[Tensor] = []

    def keep(_: Point, given: Tensor) -> Tensor:
        kept.append(given.clone())  # an activation may change it in place
        return given

    images = model_card(model).preprocessing.normalise(pixels.to(next(model.parameters()).device))
    forwards = rewired(model, [Point(module_of(model, layer))], keep)
    with evaluating(model), torch.inference_mode(), replaced(forwards):
        logits = model(images)
    if not kept:
        raise ModelError(_NOT_CALLED.format(layer))
    return as_maps(kept[0], layer).float().cpu(), logits.float().cpu()


def modules_of(model: nn.Module, layers: Sequence[str]) -> dict[str, str]:
    """Return the module whose output each layer's is: itself, or the last of a layer group that gives maps.

    Raises
    ------
    ModelError
        If there is no such layer.
    """
    names = {name for name, _ in model.named_modules() if name}
    others = [layer for layer in layers if layer not in names]
    if not others:
        return {layer: layer for layer in layers}
    groups = [group.name for group in layer_groups(model)]
    for layer in others:
        if layer not in groups:
            raise ModelError(
                f"This model has no layer {layer!r}; its groups are {', '.join(groups)}."
                f"{did_you_mean(layer, [*groups, *names])}"
            )
    ends = {known.name: known.module for known in map_layers(model)}
    for layer in others:
        if layer not in ends:
            raise ModelError(f"{layer!r} {NO_MAP}: choose an earlier layer.")
    return {layer: layer if layer in names else ends[layer] for layer in layers}


def module_of(model: nn.Module, layer: str) -> str:
    """Return the module of one layer, see `modules_of`."""
    return modules_of(model, [layer])[layer]


def _output_shapes(model: nn.Module, size: int) -> dict[str, tuple[int, ...]]:
    """Return what each module gives for one image, for those that give one tensor; found without data."""
    shapes: dict[str, tuple[int, ...]] = {}
    for channels in possible_channels(model):
        twin = weightless_copy(model).eval()
        found: dict[str, tuple[int, ...]] = {}
        for name, module in twin.named_modules():
            module.register_forward_hook(_keeper(found, name))
        with contextlib.suppress(Exception), torch.no_grad(), DryRun():
            twin(empty_images(twin, 1, channels, size))
        shapes = max(shapes, found, key=len)
        if "" in shapes:
            break
    return shapes


def _keeper(found: dict[str, tuple[int, ...]], name: str) -> Callable[..., None]:
    def keep(_module: nn.Module, _inputs: object, given: object) -> None:
        tensor = given[0] if isinstance(given, (tuple, list)) and given else given
        if isinstance(tensor, Tensor):
            found.setdefault(name, tuple(tensor.shape[1:]))

    return keep
