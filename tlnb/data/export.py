"""Pixels and labels in one file, for a script that runs without tlnb."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from tlnb.core.files import atomic_path
from tlnb.data.splits import NAMES

if TYPE_CHECKING:
    from tlnb.data.images import ImageData


def save_images(images: ImageData, pixels: torch.Tensor, path: Path) -> Path:
    """Write a safetensors file, whole or not at all; see :meth:`ImageData.save`."""
    from safetensors.torch import save_file

    tensors = {}
    for name in NAMES:
        part = images.subset(name)
        tensors[f"{name}_images"], tensors[f"{name}_labels"] = pixels[part.indices], part.labels
    facts = {
        "classes": json.dumps(images.classes),
        "key": images.key,
        "licence": images.card.licence,
        "attribution": images.card.attribution,
    }
    with atomic_path(path) as temporary:
        save_file(tensors, str(temporary), metadata=facts)
    return path
