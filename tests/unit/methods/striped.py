"""Images of stripes, in domains that differ by light and contrast, and a small network with batch normalisation."""

from __future__ import annotations

import torch
from torch import nn

import tlnb


def network(seed=0):
    torch.manual_seed(seed)
    first = (nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.5))
    second = (nn.Conv2d(8, 8, 3, stride=2), nn.BatchNorm2d(8, momentum=0.2), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(8, 2))


def stripes(seed, contrast=1.0, light=0, n=160, side=16):
    """Make images of stripes along one axis or the other."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    wave = (torch.arange(side) // 2 % 2 * 2 - 1).float()
    drawn = torch.stack([wave.expand(side, side), wave.expand(side, side).T])[labels][:, None]
    pixels = 128 + light + contrast * (40 * drawn + 30 * torch.randn(n, 3, side, side, generator=generator))
    pixels = pixels.clamp(0, 255).to(torch.uint8)
    return tlnb.ImageData.from_tensors(pixels, labels, ["columns", "rows"], test=0.25, valid=0.1)
