"""Features: what the body of a network says of an image, just before the head turns it into logits."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tlnb.backbones.groups import layer_groups
from tlnb.backbones.heads import head_module, head_name
from tlnb.backbones.split import Capture, Point
from tlnb.backbones.stored.passes import pass_over
from tlnb.core.cache import rows_in_memory


def extract_features(
    model: nn.Module,
    pixels: Tensor,
    batch: int = 32,
    progress: bool = False,
    *,
    device: str | None = None,
    on_batch: Callable[[int, int], None] | None = None,
) -> Tensor:
    """Compute the input of a model's head for every image, once: what is in the cache is read.

    The model runs in evaluation mode and without gradients; afterwards it is as it was, the mode of each module
    included. Pixels are normalised as the model's card says.

    Parameters
    ----------
    model : nn.Module
        A classifier.
    pixels : Tensor
        uint8 of shape (N, C, H, W), C = 1 or 3, already of the size that the model shall see.
    batch : int
        Images that are computed at a time, at most 32.
    progress : bool
        Show a line of progress.
    device : str, optional
        Where to compute, as for `tlnb.fit`; by default where the model is.
    on_batch : callable, optional
        Called after each batch with how many of the missing images are done, and how many there were; what it raises
        ends the pass, and what is done stays in the cache.

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
    if not len(pixels):
        return torch.empty(0, int(head_module(model).weight.shape[1]))  # type: ignore[index]
    point = Point(head_name(model), taken=True)
    rows = pass_over(
        model,
        pixels,
        lambda _: _HeadInputs(model, [point]),
        [group.name for group in layer_groups(model)[:-1]],
        rows_in_memory,
        batch=batch,
        progress=progress,
        device=device,
        on_batch=on_batch,
    )
    return torch.from_numpy(rows.arrays()[0].copy())  # what is stored may not be written to


class _HeadInputs(Capture):
    """What the head gets of each image, as one row of numbers."""

    def __call__(self, images: Tensor) -> tuple[Tensor, ...]:
        (inputs,) = super().__call__(images)
        return (pooled(inputs, head_module(self.model)),)


def pooled(maps: Tensor, head: nn.Module) -> Tensor:
    """Make one row of numbers an image of what a head takes, ``(N, D)``: for a convolution, the maps' mean."""
    if isinstance(head, nn.Conv2d):
        return maps.mean((2, 3))  # (N, D, H, W) -> (N, D)
    return maps.flatten(1, -2).mean(1) if maps.ndim > 2 else maps  # (N, ..., D) -> (N, D)
