"""One pass over a set of images, for what points of a network say of each: only what the cache lacks is computed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from tlnb.backbones.cards import model_card
from tlnb.backbones.split import Capture
from tlnb.backbones.stored.features import AT_ONCE, StoredFeatures, stored_shape
from tlnb.backbones.stored.key import feature_key
from tlnb.core.allocator import raise_allocator_thresholds, return_memory
from tlnb.core.cache import Rows, open_rows
from tlnb.core.devices import resolve_device
from tlnb.core.progress import Progress
from tlnb.core.used import note

FOLDED_FROM = 500  # images: from there on a copy of the network with batch normalisation folded away pays

Otherwise = Callable[[int, list[tuple[int, ...]], str], Rows]


def pass_over(
    model: nn.Module,
    pixels: torch.Tensor,
    made: Callable[[torch.Tensor], Capture],
    groups: Sequence[str],
    otherwise: Otherwise,
    *,
    dtype: str = "float32",
    batch: int = AT_ONCE,
    progress: bool = False,
    device: str | None = None,
    on_batch: Callable[[int, int], None] | None = None,
) -> Rows:
    """Return rows that hold what a network says of every image; see `tlnb.extract_layers`.

    Parameters
    ----------
    model : nn.Module
        As it was, afterwards.
    pixels : torch.Tensor
        uint8 (N, C, H, W), N > 0.
    made : callable
        Gives what is to be captured; it gets the first image, float32 (1, 3, H, W), normalised, on the device.
    groups : sequence of str
        The layer groups that it depends on.
    otherwise : callable
        Gives the rows, or an error, where the cache has no room: from their count, shapes and dtype.
    dtype : str
        Of what is kept.
    batch : int
        Images that are computed at a time, at most.
    progress, device : bool, str
        As for `tlnb.extract_layers`.
    on_batch : callable, optional
        Called after each batch with how many of the missing images are done, and how many there were; what it raises
        ends the pass, which goes on from there the next time.
    """
    home = next(model.parameters()).device
    place = home if device is None else resolve_device(device)
    normalise = model_card(model).preprocessing.normalise
    if place.type == "cpu":
        raise_allocator_thresholds()
    try:
        model.to(place)
        first = normalise(pixels[:1].to(place))
        capture = made(first)
        shapes = [stored_shape(tuple(value.shape[1:])) for value in capture(first)]
        digest = hashlib.sha256(np.ascontiguousarray(pixels.cpu().numpy()).data).hexdigest()
        key = feature_key(model, capture.points, groups, {"pixels": digest, "shape": list(pixels.shape)})
        rows = open_rows("features", key, len(pixels), shapes, dtype) or otherwise(len(pixels), shapes, dtype)
        fast = len(pixels) >= FOLDED_FROM
        stored = StoredFeatures(capture, rows, lambda of: normalise(pixels[of].to(place)), fast)
        missing = stored.missing(torch.arange(len(pixels)))
        with Progress(len(missing), "Extracting features", progress and len(missing) > 0) as shown:
            for some in missing.split(min(batch, AT_ONCE)):
                stored.fill(some)
                shown.update(len(some))
                if on_batch is not None and len(some):
                    on_batch(shown.done, len(missing))
    finally:
        model.to(home)
        if place.type == "cpu":
            return_memory()
    note("method", "feature extraction")
    return rows
