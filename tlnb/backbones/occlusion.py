"""What a network says of an image of which a part is covered.

Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tlnb.backbones.cards import model_card
from tlnb.backbones.modes import evaluating
from tlnb.core.errors import ModelError

AT_ONCE = 32  # images that are computed together


def occluded(pixels: Tensor, masks: Tensor) -> Tensor:
    """Cover parts of an image by its own mean colour.

    Parameters
    ----------
    pixels : Tensor
        uint8 ``(C, H, W)``.
    masks : Tensor
        bool ``(M, h, w)``, true where it is covered; a coarser grid is spread over the image.

    Returns
    -------
    Tensor
        uint8 ``(M, C, H, W)``.

    Raises
    ------
    ModelError
        If the masks are none.

    Examples
    --------
    >>> left = torch.tensor([[[True, False]]])
    >>> occluded(torch.tensor([[[0, 0, 200, 200]]], dtype=torch.uint8), left).tolist()
    [[[[100, 100, 200, 200]]]]
    """
    if masks.ndim != 3 or masks.dtype != torch.bool:
        raise ModelError(f"masks of {masks.dtype} and shape {tuple(masks.shape)}: pass bool (M, h, w).")
    height, width = pixels.shape[1:]
    rows = torch.arange(height) * masks.shape[1] // height
    columns = torch.arange(width) * masks.shape[2] // width
    whole = masks[:, rows][:, :, columns][:, None]  # (M, 1, H, W)
    colour = pixels.float().mean((1, 2)).round().to(torch.uint8)[None, :, None, None]
    return torch.where(whole, colour, pixels[None])


def occlusion_scores(model: nn.Module, pixels: Tensor, masks: Tensor) -> Tensor:
    """Return the probabilities of the classes for an image of which parts are covered.

    Parameters
    ----------
    model : nn.Module
        A classifier; evaluated only, and left as it was.
    pixels : Tensor
        uint8 ``(C, H, W)``, prepared by the model's own preprocessing.
    masks : Tensor
        bool ``(M, h, w)``, see `occluded`.

    Returns
    -------
    Tensor
        float32 ``(M, classes)``, on the CPU.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet10t", 2, weights="random")
    >>> nothing = torch.zeros(1, 1, 1, dtype=torch.bool)
    >>> occlusion_scores(model, torch.zeros(3, 32, 32, dtype=torch.uint8), nothing).shape
    torch.Size([1, 2])
    """
    covered = occluded(pixels, masks)
    device = next(model.parameters()).device
    normalise = model_card(model).preprocessing.normalise
    with evaluating(model), torch.inference_mode():
        found = [model(normalise(some.to(device))).float().softmax(1).cpu() for some in covered.split(AT_ONCE)]
    return torch.cat(found)
