"""What stored features depend on, as plain data: whatever of it changes, they are others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from tlnb.backbones.cards import Preprocessing, model_card
from tlnb.backbones.groups import layer_groups
from tlnb.backbones.membership import modules_and_groups
from tlnb.backbones.split.points import Point

FORMAT = 1  # raise it when what is computed changes


def feature_key(
    model: nn.Module,
    points: Sequence[Point],
    groups: Iterable[str],
    images: Mapping[str, Any],
    precision: str = "fp32",
) -> dict[str, Any]:
    """Return what the values at some points of a network depend on.

    Parameters
    ----------
    model : nn.Module
        As it is now: weights and running statistics are digested.
    points : sequence of Point
        Where.
    groups : iterable of str
        The layer groups that are computed for them.
    images : mapping
        What makes the pixels: the images' own key, how they were resized, what was drawn to augment them.
    precision : str
        Of the computation.
    """
    import timm
    import torchvision

    preprocessing: Preprocessing = model_card(model).preprocessing
    return {
        "format": FORMAT,
        "images": dict(images),
        "normalised": [list(preprocessing.mean), list(preprocessing.std)],
        "network": f"{type(model).__module__}.{type(model).__qualname__}",
        "body": body_digest(model, groups),
        "points": [str(point) for point in points],
        "batch normalisation": "running statistics",  # those of a batch are refused, see `find_cut`
        "precision": precision,
        "libraries": [torch.__version__, torchvision.__version__, timm.__version__],
    }


def body_digest(model: nn.Module, groups: Iterable[str]) -> str:
    """Return a SHA-256 of all that layer groups compute with: weights, running statistics, settings of their modules.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> before = body_digest(model, ["stem", "stage1"])
    >>> with torch.no_grad():
    ...     _ = model.fc.weight.add_(1)  # the head is none of them
    >>> body_digest(model, ["stem", "stage1"]) == before
    True
    >>> model.bn1.running_mean[0] += 1
    >>> body_digest(model, ["stem", "stage1"]) == before
    False
    """
    wanted = set(groups)
    found = layer_groups(model)
    digest = hashlib.sha256()
    parameters = dict(model.named_parameters())
    for group in found:
        for name in group.parameters if group.name in wanted else ():
            _add(digest, name, parameters[name])
    names = {module: name for name, module in model.named_modules()}
    for module, own in modules_and_groups(model, found):
        if own <= wanted:
            digest.update(f"{names[module]} {type(module).__qualname__}({module.extra_repr()})".encode())
            for name, buffer in module.named_buffers(recurse=False):
                _add(digest, name, buffer)
    return digest.hexdigest()


def _add(digest: Any, name: str, tensor: torch.Tensor) -> None:
    digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
    digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
