"""What sets have in common whose images are made instead of read from files."""

from __future__ import annotations

import numpy as np


def pillow_maker(version: int) -> str:
    """Say what resizes the images: pixels that another Pillow made are not taken for the same."""
    import PIL

    return f"{version} with Pillow {PIL.__version__}"


def enlarge(images: np.ndarray, resize: int, crop: int, interpolation: str) -> np.ndarray:
    """Resize and crop as `load_data` does with files. (N, H, W) or (N, H, W, 3) -> uint8 (N, C, crop, crop)."""
    from tlnb.data.decode import read_pixels

    channels = 1 if images.ndim == 3 else images.shape[3]
    out = np.empty((len(images), channels, crop, crop), np.uint8)
    for row, image in enumerate(images):
        out[row] = read_pixels(image, resize, crop, interpolation, channels)
    return out
