"""One part of a data set: training, validation or test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from tlnb.data.images import ImageData


@dataclass(frozen=True, eq=False, repr=False)
class Subset:
    """The images of one part: ``images.train``, ``images.valid`` or ``images.test``.

    Parameters
    ----------
    parent : ImageData
        The whole.
    indices : torch.Tensor
        int64 (n,), sorted rows of the whole.
    """

    parent: ImageData
    indices: torch.Tensor

    @property
    def images(self) -> torch.Tensor:
        """uint8 (n, C, H, W), copied on access: keep it in a variable if you need it twice."""
        return self.parent.images[self.indices]

    @property
    def labels(self) -> torch.Tensor:
        """int64 (n,) class indices."""
        return self.parent.labels[self.indices]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.parent.classes

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """What else is known of each image."""
        return {name: values[self.indices.numpy()] for name, values in self.parent.columns.items()}

    @property
    def per_class(self) -> dict[str, int]:
        """How many images of each class there are."""
        counts = torch.bincount(self.labels, minlength=len(self.classes)).tolist()
        return dict(zip(self.classes, counts, strict=True))

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n:,} {name}" for name, n in self.per_class.items())
        return f"Subset({len(self):,} images: {counts})"
