"""Real photographs to change: noise and blur do nothing measurable to random pixels."""

from __future__ import annotations

import pytest
import torch

from tlnb.data import load_data


@pytest.fixture(scope="session")
def photographs(cache):
    """Seven photographs, uint8 (7, 3, 64, 64)."""
    pixels = load_data("photos", size=64, progress=False).pixels(64, 64)
    return torch.as_tensor(pixels[torch.arange(7)]).expand(-1, 3, -1, -1).contiguous()


@pytest.fixture(scope="session")
def grey(photographs):
    """Take their colour away, uint8 (7, 1, 64, 64)."""
    return photographs.float().mean(1, keepdim=True).byte()
