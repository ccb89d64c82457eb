"""Where pixels come from that other pixels are made of: some rows of a store, or all of one in even light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from tlnb.data.store import FileStore, MadeStore, TensorStore

MEAN, DEVIATION = 0.5, 0.125  # of every image, of full white: four deviations to either side of the mean fit


@dataclass(frozen=True, eq=False)
class RowsStore:
    """Some rows of what another store gives.

    Parameters
    ----------
    whole : FileStore, MadeStore, TensorStore or another of these
        Where the pixels come from.
    rows : ndarray
        int64 (n,), in their order.
    """

    whole: FileStore | MadeStore | TensorStore | RowsStore | EvenStore
    rows: np.ndarray

    @property
    def paths(self) -> tuple[Path, ...]:
        """The file of each image; empty where there are none."""
        return tuple(self.whole.paths[row] for row in self.rows) if self.whole.paths else ()

    def pixels(self, resize: int, crop: int, interpolation: str) -> torch.Tensor:
        """Give the rows' images as uint8 (n, channels, crop, crop), copied from the whole."""
        return self.whole.pixels(resize, crop, interpolation)[torch.from_numpy(self.rows)]


@dataclass(frozen=True, eq=False)
class EvenStore:
    """What another store gives, in even light.

    Parameters
    ----------
    whole : FileStore, MadeStore, TensorStore or RowsStore
        Where the pixels come from.
    """

    whole: FileStore | MadeStore | TensorStore | RowsStore | EvenStore

    @property
    def paths(self) -> tuple[Path, ...]:
        """The file of each image; empty where there are none."""
        return self.whole.paths

    def pixels(self, resize: int, crop: int, interpolation: str) -> torch.Tensor:
        """Give all images as uint8 (N, channels, crop, crop)."""
        return torch.cat([_evened(some) for some in self.whole.pixels(resize, crop, interpolation).split(256)])


def _evened(pixels: torch.Tensor) -> torch.Tensor:
    """Shift and scale each image, uint8 (n, C, H, W); one without any contrast becomes grey."""
    values = pixels.float()
    mean = values.mean((1, 2, 3), keepdim=True)
    deviation = values.std((1, 2, 3), keepdim=True).clamp_min(1e-3)
    return ((values - mean) / deviation * DEVIATION + MEAN).mul(255).round().clamp(0, 255).to(torch.uint8)
