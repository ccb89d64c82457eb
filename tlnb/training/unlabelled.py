"""Images without labels, batch by batch, beside those that a training learns from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import torch

from tlnb.core.errors import DataError
from tlnb.data.augmentation import AUGMENTATIONS
from tlnb.data.augmentation.augmenter import Augmenter
from tlnb.training.batches import Batches, epoch_seed

if TYPE_CHECKING:
    from tlnb.data import ImageData

_SALT = 7_919  # an order of their own: theirs and that of the labelled images have one seed
_FURTHER = 1_000_003  # between the draws of a step: more than a run has steps


class Unlabelled:
    """The training images of a data set, as a network sees them; their labels are never read.

    Prepared and augmented as the labelled ones are, but for what mixes images (mixup, CutMix), which needs labels.
    The order follows from the recipe's seed and the step alone, so that a training that goes on has the same one.

    Parameters
    ----------
    images : ImageData
        Of the size of the labelled images.
    beside : Batches
        Those.

    Raises
    ------
    DataError
        If the size is another, or there are fewer than two training images.
    """

    def __init__(self, images: ImageData, beside: Batches) -> None:
        if images.size != beside.size:
            raise DataError(
                f"The images without labels have {images.size} pixels a side, the others {beside.size}: load both with "
                f"size={beside.size}."
            )
        self.used_as, self._beside, recipe = images.used_as, beside, beside.recipe
        rows = torch.from_numpy(images.splits.train)
        if len(rows) < 2:
            raise DataError(f"{len(rows)} training image(s) without labels are too few: give two or more.")
        prepared = beside.preprocessing
        pixels = images.pixels(prepared.resize_for(images.size), images.size, prepared.interpolation)
        self._pixels, self._rows = pixels, rows
        kept = [step for step in recipe.augmentation if not AUGMENTATIONS[step[0]].mixes]
        self._augmenter = Augmenter(kept, images.size) if kept else None
        digest = hashlib.sha256(f"{images.card.sha256} {images.size}".encode())
        digest.update(rows.numpy().tobytes())
        self.key = digest.hexdigest()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def random(self) -> bool:
        """Whether an image differs from draw to draw."""
        return self._augmenter is not None and any(strength > 0 for _, strength in self._augmenter.steps)

    def batch(self, step: int, size: int, draw: int = 0) -> torch.Tensor:
        """Return the images of a step, float32 ``(size, 3, H, W)``, normalised, on the device.

        Parameters
        ----------
        step : int
            Optimiser steps done before.
        size : int
            How many. Where the images come to their end, they begin anew in another order.
        draw : int
            Which view of them: the same images, augmented anew for each number from 0.
        """
        recipe, count = self._beside.recipe, len(self._rows)
        first = step * recipe.batch_size
        rounds = range(first // count, (first + size - 1) // count + 1)
        orders = torch.cat([self._order(number) for number in rounds])
        return self.augmented(orders[first - rounds[0] * count :][:size], step, draw)

    def plain(self, places: torch.Tensor) -> torch.Tensor:
        """Return some images as evaluation sees them, without augmentation: float32 (n, 3, H, W), normalised.

        Parameters
        ----------
        places : torch.Tensor
            int64 (n,), each from 0 to ``len(self) - 1``.
        """
        return self._beside.ready(self._pixels[self._rows[places]])

    def augmented(self, places: torch.Tensor, step: int, draw: int = 0) -> torch.Tensor:
        """Return some images as training sees them: float32 (n, 3, H, W), normalised, with the draws of a step."""
        batch = self._pixels[self._rows[places]]
        if self._augmenter is not None:  # by the step: each has draws of its own
            epoch = _SALT + step + draw * _FURTHER
            batch, _ = self._augmenter(batch, seed=self._beside.recipe.seed, epoch=epoch, rows=places)
        return self._beside.ready(batch)

    def _order(self, number: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(epoch_seed(self._beside.recipe.seed, number) + _SALT)
        return torch.randperm(len(self._rows), generator=generator)
