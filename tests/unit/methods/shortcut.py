"""Two domains of one task, of which the first alone has a shortcut, and a network that takes it."""

from __future__ import annotations

import torch
from torch import nn

import tlnb


def with_a_shortcut(seed, n=400, side=16):
    """Make two domains of faint stripes; in the source, and there alone, brightness goes with the class as well.

    Who learns brightness is right on the source and at chance on the target. But brightness also tells the domains
    apart, and the stripes do not.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    wave = (torch.arange(side) // 2 % 2 * 2 - 1).float()
    stripes = torch.stack([wave.expand(side, side), wave.expand(side, side).T])[labels][:, None]
    made = []
    for code in (40, 0):
        pixels = 128 + 25 * stripes + 45 * torch.randn(n, 3, side, side, generator=generator)
        pixels = pixels + code * (2 * labels[:, None, None, None] - 1)
        made.append((pixels.clamp(0, 255).to(torch.uint8), labels))
    return [tlnb.ImageData.from_tensors(*one, ["columns", "rows"], test=0.25, valid=0.1) for one in made]


def small_network(seed):
    torch.manual_seed(seed)
    first = (nn.Conv2d(3, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))
    second = (nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
