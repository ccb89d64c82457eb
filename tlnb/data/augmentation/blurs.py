"""Blur of one image: out of focus, softly or as through a lens; moved; zoomed.

A function here is one that a stand-alone script can quote: it needs torch alone. Lengths are in pixels. The random
numbers come from torch's global generator, on the CPU; `draws` seeds it.
"""

from __future__ import annotations

import math

import torch


def gaussian_blur(image: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Blur by a Gaussian of a deviation between low and high, in pixels. uint8 (C, H, W)."""
    deviation = max(torch.empty(()).uniform_(low, high).item(), 1e-3)
    reach = min(math.ceil(3 * deviation), min(image.shape[-2:]) - 1)
    kernel = torch.softmax(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * deviation**2), 0).to(image.device)
    padded = torch.nn.functional.pad(image[:, None].float(), (reach, reach, reach, reach), mode="reflect")
    blurred = torch.nn.functional.conv2d(padded, kernel.view(1, 1, 1, -1))  # along the rows, then the columns
    blurred = torch.nn.functional.conv2d(blurred, kernel.view(1, 1, -1, 1))
    return blurred[:, 0].round().clamp(0, 255).to(torch.uint8)


def defocus_blur(image: torch.Tensor, radius: float) -> torch.Tensor:
    """Blur by a disc of a radius in pixels, as a lens out of focus does. uint8 (C, H, W)."""
    reach = math.ceil(radius)
    across = torch.arange(-reach, reach + 1.0)
    # An edge one pixel wide, so that the disc grows smoothly with its radius.
    disc = (radius + 0.5 - torch.hypot(across[:, None], across)).clamp(0, 1)
    return _convolved(image, disc / disc.sum())


def motion_blur(image: torch.Tensor, length: float) -> torch.Tensor:
    """Blur along a line of a length in pixels, in a drawn direction. uint8 (C, H, W)."""
    angle = math.pi * torch.rand(()).item()
    reach = math.ceil(length / 2)
    across = torch.arange(-reach, reach + 1.0)
    along = across * math.cos(angle) + across[:, None] * math.sin(angle)
    beside = across * math.sin(angle) - across[:, None] * math.cos(angle)
    line = (1 - beside.abs()).clamp(min=0) * (length / 2 + 0.5 - along.abs()).clamp(0, 1)
    return _convolved(image, line / line.sum())


def zoom_blur(image: torch.Tensor, most: float) -> torch.Tensor:
    """Average the image with itself, enlarged by up to 1 + most, as a moving zoom lens does. uint8 (C, H, W)."""
    zooms = torch.linspace(1, 1 + most, 12)
    matrices = torch.eye(2, 3)[None] / zooms.view(-1, 1, 1)
    grid = torch.nn.functional.affine_grid(matrices, [len(zooms), len(image), *image.shape[1:]], align_corners=False)
    copies = image.float().expand(len(zooms), -1, -1, -1)
    zoomed = torch.nn.functional.grid_sample(
        copies, grid.to(image.device), padding_mode="reflection", align_corners=False
    )
    return zoomed.mean(0).round().clamp(0, 255).to(torch.uint8)


def _convolved(image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    reach = len(kernel) // 2
    # An image smaller than the kernel cannot be mirrored so far: its edge is repeated.
    mode = "reflect" if reach < min(image.shape[-2:]) else "replicate"
    padded = torch.nn.functional.pad(image[:, None].float(), (reach, reach, reach, reach), mode=mode)
    blurred = torch.nn.functional.conv2d(padded, kernel.to(image.device)[None, None])
    return blurred[:, 0].round().clamp(0, 255).to(torch.uint8)
