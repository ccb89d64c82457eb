"""Receptive fields: which pixels of the image a place in a layer's map depends on, found exactly.

Not by gradients, which are zero where a unit is silent or another one won the pooling, but by following a pass of the
network: each operation says from which places of what it takes the places of what it gives are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from tlnb.backbones.dry_run import DryRun, empty_images, possible_channels, usual_size
from tlnb.backbones.map_forms import as_maps
from tlnb.backbones.maps import map_layers, module_of
from tlnb.backbones.receptive_rules import Extent, everything, extents_of
from tlnb.backbones.structure import weightless_copy
from tlnb.core.errors import ModelError


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """What each place of a layer's maps sees of the image.

    Attributes
    ----------
    boxes : Tensor
        int16 ``(height, width, 4)``: of each place the first and last row, and the first and last column, of the
        pixels that it depends on, both counted in. A place that depends on none has its last before its first.
    size : int
        Side of the image, in pixels.
    """

    boxes: Tensor
    size: int

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Return first row, last row, first column and last column that a place sees."""
        top, bottom, left, right = self.boxes[row, column].tolist()
        return top, bottom, left, right

    @property
    def sides(self) -> tuple[int, int]:
        """Rows and columns that the largest of the fields has."""
        top, bottom, left, right = self.boxes.int().unbind(-1)
        return int((bottom - top).max()) + 1, int((right - left).max()) + 1

    @property
    def whole(self) -> bool:
        """Whether every place sees the whole image."""
        return bool((self.boxes == torch.tensor([0, self.size - 1, 0, self.size - 1])).all())


def receptive_fields(
    model: nn.Module, layers: Sequence[str] | None = None, size: int | None = None
) -> dict[str, ReceptiveField]:
    """Find the receptive field of every place in layers' maps, exactly as the network's form has it.

    What a trained network really uses of it may be less, and is mostly its middle (Luo et al., "Understanding the
    Effective Receptive Field in Deep Convolutional Neural Networks", 2016).

    Parameters
    ----------
    model : nn.Module
        A classifier; nothing is computed with its weights.
    layers : sequence of str, optional
        Layer groups, or modules as in ``model.named_modules()``; by default all that give maps (`map_layers`)
        and can be followed.
    size : int, optional
        Side of the images, in pixels; by default what the model's card names, else 224.

    Returns
    -------
    dict of str to ReceptiveField
        By layer. The box around them where fields are no rectangle, and never too small: of an operation that is not
        known, each place is taken to depend on all places.

    Raises
    ------
    ModelError
        If the network cannot be followed without data, or a layer gives no maps.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> fields = receptive_fields(resnet18(), ["conv1", "layer1"], size=224)
    >>> fields["conv1"].sides, fields["layer1"].sides
    ((7, 7), (43, 43))
    >>> fields["layer1"].box(0, 0)
    (0, 21, 0, 21)
    """
    size = size or usual_size(model)
    if layers is None:
        modules = {layer.name: layer.module for layer in map_layers(model, size) if layer.shape}
    else:
        modules = {layer: module_of(model, layer) for layer in layers}
    found, reason = _followed(model, set(modules.values()), size)
    fields = {}
    for layer, module in modules.items():
        if module not in found and layers is None:
            continue
        if module not in found:
            raise ModelError(f"What {layer!r} depends on cannot be found: {reason or 'it did not run'}.")
        fields[layer] = ReceptiveField(_boxes(found[module], layer), size)
    return fields


def _followed(model: nn.Module, modules: set[str], size: int) -> tuple[dict[str, Extent], str]:
    twin = weightless_copy(model).eval()
    reasons = []
    for channels in possible_channels(model):
        found: dict[str, Extent] = {}
        follower = _Follower()
        handles = [
            twin.get_submodule(name).register_forward_hook(_keeper(found, name, follower)) for name in sorted(modules)
        ]
        try:
            with torch.no_grad(), follower:
                images = empty_images(twin, 1, channels, size)
                follower.extents[images] = _of_images(channels, size)
                twin(images)
            return found, ""
        except Exception as error:  # whatever a network of one's own does with values that are not there
            reasons.append(f"{type(error).__name__}: {error}".splitlines()[0])
            if found:  # it was followed a part of the way
                return found, reasons[-1]
        finally:
            for handle in handles:
                handle.remove()
    return {}, reasons[0]


def _keeper(found: dict[str, Extent], name: str, follower: _Follower) -> Any:
    def keep(_module: nn.Module, _inputs: Any, given: Any) -> None:
        tensor = given[0] if isinstance(given, (tuple, list)) and given else given
        if isinstance(tensor, Tensor) and tensor in follower.extents:
            found.setdefault(name, follower.extents[tensor])

    return keep


class _Follower(DryRun):
    """Notes of each tensor what its numbers depend on, for as long as the tensor lives."""

    def __init__(self) -> None:
        super().__init__()
        self.extents: Any = WeakTensorKeyDictionary()

    def seen(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: Any) -> None:
        outputs = [one for one in (given if isinstance(given, (tuple, list)) else (given,)) if isinstance(one, Tensor)]
        taken = [self.extents.get(one) for one in _tensors((*args, *kwargs.values()))]
        if not outputs or all(extent is None for extent in taken):
            return  # made of weights alone
        made = extents_of(func, args, kwargs, self.extents.get, outputs)
        if made is None:
            made = [everything([extent for extent in taken if extent is not None], one.shape) for one in outputs]
        for tensor, extent in zip(outputs, made, strict=False):
            self.extents[tensor] = extent


def _tensors(values: Any) -> list[Tensor]:
    found = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += _tensors(value)
    return found


def _of_images(channels: int, size: int) -> Extent:
    """Each pixel depends on itself: first row, minus the last, first column, minus the last."""
    place = torch.arange(size, dtype=torch.float32)
    rows, columns = place[:, None], place[None, :]
    return tuple(one.expand(1, channels, size, size) for one in (rows, -rows, columns, -columns))


def _boxes(extent: Extent, layer: str) -> Tensor:
    first_row, last_row, first_column, last_column = (as_maps(one, layer).amin((0, 1)) for one in extent)
    boxes = torch.stack([first_row, -last_row, first_column, -last_column], -1)
    empty = torch.tensor([0.0, -1.0, 0.0, -1.0])
    return torch.where(boxes.isinf(), empty, boxes).to(torch.int16)
