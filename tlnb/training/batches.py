"""Images in: what one model sees of a data set, in which order, batch by batch."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch

from tlnb.backbones import ModelCard
from tlnb.core.errors import RecipeError
from tlnb.data.augmentation import Augmenter
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
        self.device = device
        self.memory_format = torch.contiguous_format
        size = images.size
        self.size = size
        self.pixels = images.pixels(self.preprocessing.resize_for(size), size, self.preprocessing.interpolation)
        self.labels = images.labels
        self.splits = {name: getattr(images, name).indices for name in ("train", "valid", "test")}
        self._images, self._resize = images, self.preprocessing.resize_for(size)
        self._take(recipe)

    def _take(self, recipe: Recipe) -> None:
        classes = len(self._images.classes)
        self.recipe = recipe
        self.augmenter = Augmenter(recipe.augmentation, self.size, classes) if recipe.augmentation else None

    def by(self, recipe: Recipe) -> Batches:
        """Return batches of the same pixels by another recipe."""
        other = copy.copy(self)
        other._take(recipe)
        return other

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps of one pass over the training images."""
        return len(self.order(0))

    @property
    def key(self) -> dict[str, Any]:
        """What the pixels are made from, as plain data: equal keys, equal pixels."""
        made = [self._resize, self.size, self.preprocessing.interpolation]
        return {"set": self._images.key, "resized, cropped, by": made}

    @property
    def random(self) -> bool:
        """Whether training images differ from epoch to epoch."""
        return any(strength > 0 for _, strength in self.recipe.augmentation)

    def batch(self, epoch: int, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ``(images, labels)`` of some training images, int64 places among them, on the device.

        Images are augmented for the epoch: float32 ``(N, 3, H, W)``; labels int64 ``(N,)`` or, where they were mixed,
        float32 ``(N, classes)``.
        """
        return self.augmented(self.drawn(epoch), places)

    def drawn(self, epoch: int) -> int:
        """Return the epoch whose draws an epoch's augmentation has: its own, or one of the first with stored views."""
        return epoch % self.recipe.store_views if self.recipe.store == "views" else epoch

    def augmented(self, draw: int, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return images and labels as `batch` does, by the number of the draw."""
        batch, labels = self.changed(draw, places)
        return self.ready(batch), labels.to(self.device)

    def changed(self, draw: int, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what `augmented` does before it is normalised: pixels uint8 ``(N, C, H, W)``, on the CPU."""
        chosen = self.splits["train"][places]
        batch, labels = self.pixels[chosen], self.labels[chosen]
        if self.augmenter is not None:
            batch, labels = self.augmenter(batch, labels, seed=self.recipe.seed, epoch=draw, rows=places)
        return batch, labels

    def targets(self, places: torch.Tensor) -> torch.Tensor:
        """Return the labels alone of some training images, int64 ``(N,)``, on the device; for none that are mixed."""
        return self.labels[self.splits["train"][places]].to(self.device)

    def sizes(self, epoch: int) -> list[int]:
        """Return how many images each batch of an epoch has."""
        return [len(chosen) for chosen in self.order(epoch)]

    def evaluation(self, split: str, batch_size: int | None = None) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield ``(images, labels)`` of a split in order, never augmented; labels stay on the CPU."""
        for rows in self.rows(split, batch_size):
            yield self.unchanged(rows), self.labels[rows]

    def rows(self, split: str, batch_size: int | None = None) -> tuple[torch.Tensor, ...]:
        """Part the rows of a split, in order, into batches to evaluate."""
        # Whoever made the training batches small for want of memory wants these small too.
        return self.splits[split].split(batch_size or min(64, max(8, self.recipe.batch_size)))

    def unchanged(self, rows: torch.Tensor) -> torch.Tensor:
        """Return images as they are, by int64 rows of the data set: float32 ``(N, 3, H, W)``, on the device."""
        return self.ready(self.pixels[rows])

    def ready(self, batch: torch.Tensor) -> torch.Tensor:
        """Normalise pixels, uint8 ``(N, C, H, W)``, on the device that computes."""
        images = self.preprocessing.normalise(batch.to(self.device, non_blocking=True))
        return images.contiguous(memory_format=self.memory_format)

    def order(self, epoch: int) -> list[torch.Tensor]:
        """Return the places within the training images, batch by batch."""
        generator = torch.Generator().manual_seed(epoch_seed(self.recipe.seed, epoch))
        return in_batches(torch.randperm(len(self.splits["train"]), generator=generator), self.recipe.batch_size)


def in_batches(chosen: torch.Tensor, batch_size: int) -> list[torch.Tensor]:
    """Part the images of an epoch, ``(N,)``, into batches; a last one of one image joins the one before it.

    Batch normalisation cannot train on one image.

    Examples
    --------
    >>> [len(batch) for batch in in_batches(torch.arange(9), 4)]
    [4, 5]
    """
    batches = list(chosen.split(batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def training_count(images: ImageData | int) -> int:
    """Return how many training images there are, where a number is as good as the images.

    Raises
    ------
    RecipeError
        If there are none.
    """
    count = images if isinstance(images, int) else len(images.train)
    if isinstance(count, bool) or count < 1:
        raise RecipeError(f"images={images!r}: pass image data with training images, or how many there are.")
    return count


def epoch_seed(seed: int, epoch: int) -> int:
    """Return the seed of one epoch's order; from seed and epoch alone, so that a resumed run shuffles alike."""
    return seed * 100_003 + epoch
