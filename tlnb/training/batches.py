"""Images in: what one model sees of a data set, in which order, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from tlnb.backbones import ModelCard
from tlnb.training.augment import make_augmentation
from tlnb.training.recipe import Recipe

if TYPE_CHECKING:
    from tlnb.data import ImageData


class Batches:
    """Batches of normalised images of one data set for one model.

    Parameters
    ----------
    images : ImageData
        Where the pixels, labels and splits come from.
    card : ModelCard
        Gives the preprocessing that the weights were trained with.
    recipe : Recipe
        Gives batch size, seed and augmentation.
    device : torch.device
        Where batches go.
    """

    def __init__(self, images: ImageData, card: ModelCard, recipe: Recipe, device: torch.device) -> None:
        self.preprocessing = card.preprocessing
        self.recipe, self.device = recipe, device
        self.memory_format = torch.contiguous_format
        size = images.size
        self.pixels = images.pixels(self.preprocessing.resize_for(size), size, self.preprocessing.interpolation)
        self.labels = images.labels
        self.splits = {name: getattr(images, name).indices for name in ("train", "valid", "test")}
        self._augment = make_augmentation(recipe.augmentation, size) if recipe.augmentation else None

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps of one pass over the training images."""
        return len(self._order(0))

    def training(self, epoch: int, first: int = 0) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield ``(images, labels)`` of one epoch, shuffled, augmented: float32 ``(N, 3, H, W)``, int64 ``(N,)``.

        With `first`, the batches before it are passed over; the others are the same as without.
        """
        for step, chosen in list(enumerate(self._order(epoch)))[first:]:
            batch = self.pixels[chosen]
            if self._augment is not None:
                batch = self._augment(batch, batch_seed(self.recipe.seed, epoch, step))
            yield self._ready(batch), self.labels[chosen].to(self.device)

    def sizes(self, epoch: int) -> list[int]:
        """Return how many images each batch of an epoch has."""
        return [len(chosen) for chosen in self._order(epoch)]

    def evaluation(self, split: str, batch_size: int | None = None) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield ``(images, labels)`` of a split in order, never augmented; labels stay on the CPU."""
        # Whoever made the training batches small for want of memory wants these small too.
        for chosen in self.splits[split].split(batch_size or min(64, max(8, self.recipe.batch_size))):
            yield self._ready(self.pixels[chosen]), self.labels[chosen]

    def _ready(self, batch: torch.Tensor) -> torch.Tensor:
        images = self.preprocessing.normalise(batch.to(self.device, non_blocking=True))
        return images.contiguous(memory_format=self.memory_format)

    def _order(self, epoch: int) -> list[torch.Tensor]:
        train = self.splits["train"]
        generator = torch.Generator().manual_seed(epoch_seed(self.recipe.seed, epoch))
        chosen = list(train[torch.randperm(len(train), generator=generator)].split(self.recipe.batch_size))
        if len(chosen) > 1 and len(chosen[-1]) == 1:
            # Batch normalisation cannot train on one image: it joins the batch before.
            chosen[-2:] = [torch.cat(chosen[-2:])]
        return chosen


def epoch_seed(seed: int, epoch: int) -> int:
    """Return the seed of one epoch's order; from seed and epoch alone, so that a resumed run shuffles alike."""
    return seed * 100_003 + epoch


def batch_seed(seed: int, epoch: int, step: int) -> int:
    """Return the seed of one batch's augmentation."""
    return epoch_seed(seed, epoch) * 100_003 + step
