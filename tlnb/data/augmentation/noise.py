"""Noise on one image: read noise, counted photons, speckle, dead and hot pixels.

A function here is one that a stand-alone script can quote: it needs torch alone. Each draws from torch's global
generator, on the CPU, so that a GPU's images get the same noise; `draws` seeds it. With ``low == high`` the strength is
fixed: augmentations and corruptions share one function.
"""

from __future__ import annotations

import torch


def gaussian_noise(image: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Add Gaussian noise, of a deviation between low and high (1 is white). uint8 (C, H, W)."""
    deviation = torch.empty(()).uniform_(low, high).item()
    noise = torch.randn(image.shape).to(image.device)
    return (image + 255 * deviation * noise).round().clamp(0, 255).to(torch.uint8)


def poisson_noise(image: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Count photons, so few that white has a deviation between low and high (1 is white). uint8 (C, H, W)."""
    deviation = torch.empty(()).uniform_(low, high).item()
    photons_at_white = 1 / max(deviation, 1e-3) ** 2
    photons = torch.poisson(image / 255 * photons_at_white)
    return (photons * (255 / photons_at_white)).round().clamp(0, 255).to(torch.uint8)


def speckle(image: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Multiply by noise around 1, of a deviation between low and high. uint8 (C, H, W)."""
    deviation = torch.empty(()).uniform_(low, high).item()
    noise = torch.randn(image.shape).to(image.device)
    return (image * (1 + deviation * noise)).round().clamp(0, 255).to(torch.uint8)


def impulse_noise(image: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Turn a share of the values between low and high black or white. uint8 (C, H, W)."""
    share = torch.empty(()).uniform_(low, high).item()
    chance = torch.rand(image.shape).to(image.device)
    return image.masked_fill(chance < share / 2, 0).masked_fill(chance > 1 - share / 2, 255)
