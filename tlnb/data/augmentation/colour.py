"""Colour and intensity of one image, as instruments and laboratories change them.

A function here is one that a stand-alone script can quote: it needs torch alone. The random numbers come from torch's
global generator, on the CPU; `draws` seeds it.
"""

from __future__ import annotations

import torch


def stain(image: torch.Tensor, most: float) -> torch.Tensor:
    """Change how much of each stain (haematoxylin, eosin, DAB) there is. uint8 (C, H, W); grey stays as it is."""
    if len(image) == 1:
        return image
    # What a unit of each stain absorbs of red, green and blue: Ruifrok & Johnston, 2001.
    colours = torch.tensor([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
    colours = (colours / colours.norm(dim=1, keepdim=True)).T
    factors, shifts = torch.empty(2, 3).uniform_(-most, most)
    # Taken apart into stains, each changed, and put together again: one 3 x 3 matrix.
    change = (colours @ torch.diag(1 + factors) @ torch.linalg.inv(colours)).to(image.device)
    more = (colours @ shifts).to(image.device)[:, None]
    absorbed = -(image.flatten(1).clamp(min=1) / 255).log()  # (3, H * W)
    left = 255 * (-(change @ absorbed + more)).exp()
    return left.round().clamp(0, 255).to(torch.uint8).view_as(image)


def intensity(image: torch.Tensor, gamma: float, gain: float, offset: float) -> torch.Tensor:
    """Change the response curve, its slope and its black level, each by up to so much. uint8 (C, H, W)."""
    curve, slope, level = torch.empty(3).uniform_(-1, 1).tolist()
    values = (image / 255) ** (1 + gamma) ** curve
    return (255 * (values * (1 + gain * slope) + offset * level)).round().clamp(0, 255).to(torch.uint8)
