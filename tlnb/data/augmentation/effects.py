"""Light, fog, cover and colour of one image, to a fixed amount: what corruptions do that no augmentation step does.

The random numbers come from torch's global generator, on the CPU; `draws` seeds it.
"""

from __future__ import annotations

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional


def brighten(image: torch.Tensor, amount: float) -> torch.Tensor:
    """Add light, of an amount where 1 is white. uint8 (C, H, W)."""
    return (image + 255 * amount).round().clamp(0, 255).to(torch.uint8)


def fade(image: torch.Tensor, left: float) -> torch.Tensor:
    """Move every value towards its channel's mean, so that this share of the contrast is left. uint8 (C, H, W)."""
    values = image.float()
    return torch.lerp(values.mean((1, 2), keepdim=True), values, left).round().to(torch.uint8)


def saturate(image: torch.Tensor, factor: float) -> torch.Tensor:
    """Multiply the distance from grey. uint8 (C, H, W); grey stays as it is."""
    changed: torch.Tensor = functional.adjust_saturation(image, factor)
    return changed


def pixelate(image: torch.Tensor, left: float) -> torch.Tensor:
    """Shrink to a share of its side, and enlarge again without smoothing. uint8 (C, H, W)."""
    size = list(image.shape[1:])
    small = functional.resize(image, [max(1, round(left * side)) for side in size])
    return functional.resize(small, size, InterpolationMode.NEAREST)


def occlude(image: torch.Tensor, share: float) -> torch.Tensor:
    """Cover a rectangle of the image's own shape, of this share of its area, with grey. uint8 (C, H, W)."""
    height, width = (max(1, round(share**0.5 * side)) for side in image.shape[1:])
    top = int(torch.rand(()) * (image.shape[1] - height + 1))
    left = int(torch.rand(()) * (image.shape[2] - width + 1))
    covered = image.clone()
    covered[:, top : top + height, left : left + width] = 127
    return covered


def fog(image: torch.Tensor, density: float) -> torch.Tensor:
    """Let light fog take the place of this share of the image's own light, in clouds. uint8 (C, H, W)."""
    clouds = torch.zeros(image.shape[1:])
    for octave in range(5):  # clouds of half the size, and half as thick, each time
        coarse = torch.rand(1, 1, 2 + 2**octave, 2 + 2**octave)
        clouds += torch.nn.functional.interpolate(coarse, image.shape[1:], mode="bicubic")[0, 0] / 2**octave
    clouds = (clouds - clouds.min()) / (clouds.max() - clouds.min()).clamp(min=1e-6)
    fogged = torch.lerp(image.float(), torch.tensor(225.0), density * (0.6 + 0.4 * clouds))
    return fogged.round().to(torch.uint8)
