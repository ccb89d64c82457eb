"""Features: what the body of a network says of an image, just before the head turns it into logits."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tlnb.backbones.cards import model_card
from tlnb.backbones.heads import head_module
from tlnb.backbones.modes import evaluating
from tlnb.core.allocator import raise_allocator_thresholds, return_memory
from tlnb.core.devices import resolve_device
from tlnb.core.used import note


def extract_features(
    model: nn.Module, pixels: Tensor, batch: int = 32, progress: bool = False, *, device: str | None = None
) -> Tensor:
    """Compute the input of a model's head for every image.

    The model runs in evaluation mode and without gradients; afterwards it is as it was, the mode of each module
    included. Pixels are normalised as the model's card says.

    Parameters
    ----------
    model : nn.Module
        A classifier.
    pixels : Tensor
        uint8 of shape (N, C, H, W), C = 1 or 3, already of the size that the model shall see.
    batch : int
        Images at a time.
    progress : bool
        Show a line of progress.
    device : str, optional
        Where to compute, as for `tlnb.fit`; by default where the model is.

    Returns
    -------
    Tensor
        float32 of shape (N, D), on the CPU. For a convolutional head, that of the maps' mean over all places.

    Raises
    ------
    ValueError
        If the pixels are not uint8 of that shape, or `batch` is less than 1.

    Examples
    --------
    >>> from tlnb.backbones import create_model
    >>> model = create_model("test_resnet", 2, weights="random")
    >>> extract_features(model, torch.zeros(5, 1, 32, 32, dtype=torch.uint8)).shape
    torch.Size([5, 96])
    """
    if batch < 1:
        raise ValueError(f"batch={batch}: at least one image at a time.")
    from tlnb.core.progress import Progress

    normalise = model_card(model).preprocessing.normalise
    head = head_module(model)
    home = next(head.parameters()).device
    place = home if device is None else resolve_device(device)
    parts: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        parts.append(_pooled(inputs[0], module).float().cpu())

    if place.type == "cpu":
        raise_allocator_thresholds()
    hook = head.register_forward_pre_hook(keep)
    try:
        model.to(place)
        with evaluating(model), torch.inference_mode(), Progress(len(pixels), "Extracting features", progress) as shown:
            for part in pixels.split(batch):
                model(normalise(part.to(place)))
                shown.update(len(part))
    finally:
        hook.remove()
        model.to(home)
        if place.type == "cpu":
            return_memory()
    if not parts:
        return torch.empty(0, int(head.weight.shape[1]))  # type: ignore[index]
    note("method", "feature extraction")
    return torch.cat(parts).clone()  # a normal tensor: one made in inference mode cannot take part in training


def _pooled(maps: Tensor, head: nn.Module) -> Tensor:
    if isinstance(head, nn.Conv2d):
        return maps.mean((2, 3))  # (N, D, H, W) -> (N, D)
    return maps.flatten(1, -2).mean(1) if maps.ndim > 2 else maps  # (N, ..., D) -> (N, D)
