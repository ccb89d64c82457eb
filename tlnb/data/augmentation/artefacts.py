"""What storing, scaling and bending do to one image.

A function here is one that a stand-alone script can quote: it needs torch, torchvision and Pillow alone. The random
numbers come from torch's global generator, on the CPU; `draws` seeds it.
"""

from __future__ import annotations

import io

import torch
from PIL import Image
from torchvision.transforms import v2


def jpeg(image: torch.Tensor, low: int, high: int) -> torch.Tensor:
    """Store it as a JPEG file, of a quality between low and high (100 is best). uint8 (C, H, W), on the CPU."""
    quality = int(torch.randint(low, high + 1, ()))
    file = io.BytesIO()
    v2.functional.to_pil_image(image).save(file, "JPEG", quality=quality)
    return v2.functional.pil_to_tensor(Image.open(file))


def elastic(image: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Bend it: 4 x 4 points move by a deviation between low and high of its side, the rest follows. uint8 (C, H, W)."""
    deviation = torch.empty(()).uniform_(low, high).item()
    moves = 2 * deviation * torch.randn(1, 2, 4, 4)  # the side of a grid is 2 long, from -1 to 1
    moves = torch.nn.functional.interpolate(moves, image.shape[1:], mode="bicubic").movedim(1, -1)
    grid = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], [1, 1, *image.shape[1:]], align_corners=False)
    bent = torch.nn.functional.grid_sample(
        image[None].float(), (grid + moves).to(image.device), padding_mode="reflection", align_corners=False
    )
    return bent[0].round().clamp(0, 255).to(torch.uint8)
