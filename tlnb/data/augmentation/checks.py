"""The checks of images that augmentation, views and corruptions share."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from tlnb.core.errors import DataError


def check_images(images: torch.Tensor, size: int | None = None) -> None:
    """Raise DataError for what is not a batch of uint8 images, or not of a size."""
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
        raise DataError(
            f"images are {images.dtype} {tuple(images.shape)}; give uint8 (N, C, H, W), of one channel or three, "
            "before they are normalised."
        )
    if size is not None and images.shape[-2:] != (size, size):
        raise DataError(f"images are {images.shape[-2]} x {images.shape[-1]} pixels, and the steps are for {size}.")


def row_numbers(images: torch.Tensor, rows: torch.Tensor | Sequence[int] | None) -> list[int]:
    """Return each image's row as an int (0, 1, 2... for None), or raise DataError.

    Examples
    --------
    >>> row_numbers(torch.zeros(2, 1, 4, 4), torch.tensor([7, 3]))
    [7, 3]
    """
    if rows is None:
        return list(range(len(images)))
    given = rows.tolist() if isinstance(rows, torch.Tensor) else rows
    numbers = [int(row) for row in given]  # plain ints: a key must not depend on how a row was given
    if len(numbers) != len(images):
        raise DataError(f"{len(numbers)} rows for {len(images)} images: give each image its row.")
    return numbers
