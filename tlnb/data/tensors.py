"""Image data from pixels that are there already: checked once, here."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch

from tlnb.core.errors import DataError
from tlnb.data.cards import DataCard
from tlnb.data.images import ImageData
from tlnb.data.plan import SplitPlan
from tlnb.data.store import TensorStore


def images_from_tensors(
    images: torch.Tensor, labels: Any, classes: tuple[str, ...], columns: dict[str, Any], plan: SplitPlan
) -> ImageData:
    """Check pixels and labels, and divide them; see :meth:`ImageData.from_tensors`."""
    images, labels = torch.as_tensor(images).detach().cpu(), torch.as_tensor(labels).detach().cpu()
    shape, n = tuple(images.shape), len(images)
    if images.dtype != torch.uint8 or len(shape) != 4 or shape[1] not in (1, 3) or shape[2] != shape[3]:
        raise DataError(f"images are {images.dtype} of shape {shape}: pass uint8 (N, C, S, S), C = 1 or 3.")
    if labels.is_floating_point() or labels.dtype == torch.bool or labels.shape != (n,) or not n:
        raise DataError(f"labels are {labels.dtype} of shape {tuple(labels.shape)}: pass {n} integers, at least 1.")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise DataError(f"labels go from {labels.min()} to {labels.max()}, for {len(classes)} classes.")
    kept = {name: np.asarray(values) for name, values in columns.items()}
    for name, values in kept.items():
        if len(values) != n:
            raise DataError(f"column {name!r} has {len(values)} values for {n} images: pass one for each.")
    # Copies: the key must stay true when the caller writes into their own tensors.
    images, labels = images.clone(memory_format=torch.contiguous_format), labels.to(torch.int64, copy=True)
    digest = hashlib.sha256(images.numpy().data).hexdigest()
    return ImageData(
        size=shape[3],
        labels=labels,
        classes=classes,
        columns=kept,
        splits=plan.draw(labels.numpy(), kept, classes),
        plan=plan,
        card=DataCard("tensors", "Images made from tensors", "not stated", "memory", images.numel(), digest),
        problems=(),
        store=TensorStore(images),
    )
