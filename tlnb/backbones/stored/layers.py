"""What layers of a network say of a set of images, in one pass, kept in the cache: to look at, and for classifiers.

A set larger than memory is streamed to the disk, and a pass that was broken off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import torch
from torch import nn

from tlnb.backbones.groups import layer_groups
from tlnb.backbones.membership import outer_modules
from tlnb.backbones.split import Capture, Point
from tlnb.backbones.stored.passes import pass_over
from tlnb.core.cache import CacheFullError, Rows, rows_bytes
from tlnb.core.errors import ModelError, did_you_mean

DTYPES = {"fp32": "float32", "fp16": "float16"}


def extract_layers(
    model: nn.Module,
    pixels: torch.Tensor,
    layers: Sequence[str],
    *,
    precision: str = "fp32",
    progress: bool = False,
    device: str | None = None,
) -> dict[str, np.ndarray]:
    """Compute what layers of a network give for every image, once: what is in the cache is read.

    The model runs in evaluation mode and without gradients; afterwards it is as it was. Pixels are normalised as the
    model's card says.

    Parameters
    ----------
    model : nn.Module
        A classifier.
    pixels : torch.Tensor
        uint8 (N, C, H, W), C = 1 or 3, already of the size that the model shall see.
    layers : sequence of str
        Names of modules as in ``model.named_modules()``, or of layer groups (`tlnb.layer_groups`), whose last module
        is meant.
    precision : {"fp32", "fp16"}
        What is kept; fp16 takes half the bytes.
    progress : bool
        Show a line of progress.
    device : str, optional
        Where to compute, as for `tlnb.fit`; by default where the model is.

    Returns
    -------
    dict of str to ndarray
        Layer to ``(N, ...)``: ``(N, channels, height, width)`` for maps. Memory-mapped where they are in a file, so
        that only what is looked at is read; copy what you want to change.

    Raises
    ------
    ModelError
        If the model has no such layer, does not come by it, or it gives something else than one tensor.
    CacheFullError
        If neither the disk of the cache nor memory has room for them.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> found = extract_layers(model, torch.zeros(5, 1, 64, 64, dtype=torch.uint8), ["stage1", "layer4.1.bn2"])
    >>> {name: array.shape for name, array in found.items()}
    {'stage1': (5, 64, 16, 16), 'layer4.1.bn2': (5, 512, 2, 2)}
    """
    if precision not in DTYPES:
        raise ModelError(f"precision={precision!r} is not one of {', '.join(map(repr, DTYPES))}.")
    points = list(dict.fromkeys(_points(model, layers)))

    def made(image: torch.Tensor) -> Capture:
        return Capture(model, _called(model, image, layers))

    def no_room(count: int, shapes: list[tuple[int, ...]], dtype: str) -> Rows:
        size = rows_bytes(count, shapes, dtype)
        raise CacheFullError(
            f"{', '.join(layers)} of {count:,} images take {size / 1e9:.1f} GB, for which the cache has no room: "
            'ask for fewer or later layers, precision="fp16", or set TLNB_CACHE_LIMIT to more.'
        )

    groups = [group.name for group in layer_groups(model)]
    rows = pass_over(model, pixels, made, groups, no_room, dtype=DTYPES[precision], progress=progress, device=device)
    arrays = dict(zip(points, rows.arrays(), strict=True))
    found = {layer: arrays[point] for layer, point in zip(layers, _points(model, layers), strict=True)}
    return {layer: np.moveaxis(array, -1, 1) if array.ndim == 4 else array for layer, array in found.items()}


def _points(model: nn.Module, layers: Sequence[str]) -> list[Point]:
    """Return the point of each layer."""
    modules = dict(model.named_modules())
    groups = outer_modules(model, layer_groups(model))
    points = []
    for layer in layers:
        name = layer if layer in modules and layer else None
        if name is None and groups.get(layer):
            name = groups[layer][-1]
        if name is None:
            known = [*groups, *(n for n in modules if n)]
            raise ModelError(
                f"This model has no layer {layer!r}; its groups are {', '.join(groups)}.{did_you_mean(layer, known)}"
            )
        points.append(Point(name))
    return points


def _called(model: nn.Module, image: torch.Tensor, layers: Sequence[str]) -> list[Point]:
    """Return the points of layers, each once; all of them are known to be come by."""
    points = _points(model, layers)
    for layer, point in zip(layers, points, strict=True):
        with suppress(KeyError):
            Capture(model, [point])(image)
            continue
        raise ModelError(
            f"The network does not call {layer!r}, or it gives no tensor: name a layer above it, or inside it."
        )
    return list(dict.fromkeys(points))
