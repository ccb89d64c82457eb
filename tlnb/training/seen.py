"""Training images as an epoch of a training shows them, pixel by pixel: what a preview of augmentation is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from tlnb.backbones import ModelCard
from tlnb.core.errors import RecipeError
from tlnb.data.augmentation import AUGMENTATIONS
from tlnb.training.batches import Batches
from tlnb.training.recipe import Recipe

if TYPE_CHECKING:
    from tlnb.data import ImageData


class SeenImages:
    """Some training images, as any epoch of any recipe shows them to a network, before they are normalised.

    Parameters
    ----------
    images : ImageData
        With training images.
    card : ModelCard
        Of the network: says how images are resized and cropped for its weights.
    places : sequence of int
        Which images: their numbers among the training images, as ``images.train`` has them.

    Attributes
    ----------
    untouched : torch.Tensor
        uint8 ``(n, C, size, size)``: as validation and test images are, never augmented.
    labels : torch.Tensor
        int64 ``(n,)``.

    Raises
    ------
    RecipeError
        If there is no image, or no such place.

    Examples
    --------
    >>> import tlnb
    >>> pixels = torch.randint(0, 256, (40, 3, 16, 16), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("test_resnet", images, weights="random")
    >>> seen = SeenImages(images, tlnb.model_card(model), [0, 1, 5])
    >>> changed, shares = seen.by(tlnb.Recipe(augmentation=[("rotation", 0.5), ("mixup", 0.4)]), epoch=0)
    >>> changed.shape, shares.sum(1)
    (torch.Size([3, 3, 16, 16]), tensor([1., 1., 1.]))
    """

    def __init__(self, images: ImageData, card: ModelCard, places: Sequence[int]) -> None:
        count = len(images.train)
        wrong = [place for place in places if not 0 <= place < count]
        if wrong or not len(places):
            raise RecipeError(
                f"There is no training image {wrong[0] if wrong else 'at all'}: the places of {count} training images "
                f"are 0 to {count - 1}. Give some of them."
            )
        self._batches = Batches(images, card, Recipe(), torch.device("cpu"))
        self._before: tuple[tuple[int, ...], torch.Tensor] | None = None
        self._classes = len(images.classes)
        self.places = torch.tensor(list(places), dtype=torch.int64)
        self.rows = self._batches.splits["train"][self.places]
        self.untouched = self._batches.pixels[self.rows]
        self.labels = self._batches.labels[self.rows]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def untouched_shares(self) -> torch.Tensor:
        """float32 ``(n, classes)``: all of each image's label is its own class."""
        return torch.nn.functional.one_hot(self.labels, self._classes).float()

    def by(
        self, recipe: Recipe, epoch: int = 0, which: Sequence[int] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what a training by a recipe shows in an epoch, where it shows these images.

        Parameters
        ----------
        recipe : Recipe
            Gives the steps and the seed, and, where images are mixed, who stands beside whom in a batch.
        epoch : int
            From 0, the first one.
        which : sequence of int, optional
            Some of the images, by their numbers here; all if not given.

        Returns
        -------
        tuple of torch.Tensor and torch.Tensor
            Pixels, uint8 ``(n, C, size, size)``; the share of each class in the label, float32 ``(n, classes)``.
        """
        batches = self._batches.by(recipe)
        places = self.places if which is None else self.places[list(which)]
        mixing, together = mixing_steps(recipe), places[:, None]
        if mixing:
            # Each is mixed with the one before it in the batch, and that one, by a further step, with the one before.
            before = self._neighbours(batches, epoch)
            for _ in range(mixing):
                together = torch.cat([before[together[:, :1]], together], dim=1)
        pixels, labels = batches.changed(batches.drawn(epoch), together.flatten())
        pixels, labels = pixels[mixing :: mixing + 1], labels[mixing :: mixing + 1]
        return pixels, labels if mixing else torch.nn.functional.one_hot(labels, self._classes).float()

    def evaluation(self) -> str:
        """Say what is done to images that a network is validated and tested on, before they are normalised."""
        made, size = self._batches.preprocessing, self._batches.size
        resize = made.resize_for(size)
        return f"shorter side to {resize} pixels ({made.interpolation}), and of that the centre, {size} × {size}"

    def _neighbours(self, batches: Batches, epoch: int) -> torch.Tensor:
        """Return, for each training image, the one before it in its batch; before the first is the last. int64 (N,)."""
        key = (batches.recipe.seed, batches.recipe.batch_size, epoch)
        if self._before is None or self._before[0] != key:
            before = torch.empty(len(batches.splits["train"]), dtype=torch.int64)
            for batch in batches.order(epoch):
                before[batch] = batch.roll(1)
            self._before = key, before
        return self._before[1]


def mixing_steps(recipe: Recipe) -> int:
    """Return how many steps of a recipe mix images with each other."""
    return sum(AUGMENTATIONS[name].mixes for name, strength in recipe.augmentation if strength > 0)
