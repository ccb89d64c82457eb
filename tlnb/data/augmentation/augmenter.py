"""Augmentation of a batch of training images: each image with its own draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from tlnb.core.errors import DataError, RecipeError
from tlnb.data.augmentation.checks import check_images, row_numbers
from tlnb.data.augmentation.draws import generator_kept, in_turn
from tlnb.data.augmentation.steps import check_steps
from tlnb.data.augmentation.table import AUGMENTATIONS


class Augmenter:
    """Changes batches of training images at random.

    Each image has its own draws. They follow the seed, the epoch, the image's row and the step's name, and nothing
    else: a smaller batch, a resumed training or a further step leaves them as they are. Only who is mixed with whom
    (mixup, CutMix) depends on the order of the batch. Never for validation or test images.

    Torch's CPU generator is seeded and given back; so that draws stay repeatable, no other thread should draw from it
    meanwhile. Images on a GPU get the same draws.

    Parameters
    ----------
    steps : iterable of (str, float)
        Names from `AUGMENTATIONS` with a strength from 0 to 1, applied in this order; what mixes images comes last.
    size : int
        Height and width of the images, in pixels.
    classes : int, optional
        How many classes there are: what mixes labels needs it.

    Attributes
    ----------
    mixes : bool
        Whether labels come back as a share for each class.

    Raises
    ------
    RecipeError
        If a step is not known, given twice or has no strength from 0 to 1, or mixes labels and `classes` is not given.

    Examples
    --------
    >>> augmenter = Augmenter([("flip", 0.5), ("mixup", 0.4)], size=8, classes=3)
    >>> images = torch.arange(192).view(3, 1, 8, 8).byte()
    >>> changed, targets = augmenter(images, torch.tensor([0, 1, 2]), seed=0, epoch=0, rows=[10, 11, 12])
    >>> changed.shape, targets.sum(1)
    (torch.Size([3, 1, 8, 8]), tensor([1., 1., 1.]))
    """

    def __init__(self, steps: Iterable[Any], size: int, classes: int | None = None) -> None:
        self.steps, self.size, self.classes = check_steps(steps), size, classes
        at_work = [(AUGMENTATIONS[name], strength) for name, strength in self.steps if strength > 0]
        # Made once: what a transform draws, it draws at each call.
        self._each = [(step, step.call(strength, size).make()) for step, strength in at_work if not step.mixes]
        self._mixing = [(step, step.call(strength, size).make()) for step, strength in at_work if step.mixes]
        if self._mixing and not classes:
            raise RecipeError(f"{self._mixing[0][0].name!r} mixes labels: give classes=, how many classes there are.")

    @property
    def mixes(self) -> bool:
        """Whether labels come back as a share for each class."""
        return bool(self._mixing)

    def __call__(
        self,
        images: torch.Tensor,
        labels: torch.Tensor | None = None,
        *,
        seed: int,
        epoch: int,
        rows: torch.Tensor | Sequence[int],
    ) -> tuple[torch.Tensor, Any]:
        """Augment a batch.

        Parameters
        ----------
        images : torch.Tensor
            uint8 ``(N, C, H, W)``, of one channel or three.
        labels : torch.Tensor, optional
            int64 ``(N,)``, or already a share for each class ``(N, classes)``.
        seed, epoch : int
            What the draws follow.
        rows : torch.Tensor or sequence of int
            Which image each is: its number among the training images.

        Returns
        -------
        tuple of torch.Tensor and torch.Tensor
            The images, uint8 ``(N, C, H, W)``; the labels, as they came or, with a step that mixes them, float32
            ``(N, classes)``. The images that came in are not changed.

        Raises
        ------
        DataError
            Images, labels or rows of another shape or dtype.
        """
        check_images(images, self.size)
        numbers = row_numbers(images, rows)
        if self._mixing:
            labels = self._targets(labels, len(images), images.device)
        if not len(images):
            return images, labels
        with generator_kept(), torch.no_grad():
            for step, transform in self._each:
                near = images.cpu() if step.on_cpu else images
                changed = [transform(near[place]) for place in in_turn(step.name, seed, epoch, numbers)]
                images = torch.stack(changed).to(images.device)
            for step, transform in self._mixing:
                images, labels = transform(images, labels, in_turn(step.name, seed, epoch, numbers))
        return images, labels

    def _targets(self, labels: torch.Tensor | None, count: int, device: torch.device) -> torch.Tensor:
        classes = self.classes or 0  # given, or __init__ had refused
        if labels is None:
            raise DataError(f"{self._mixing[0][0].name!r} mixes labels: give them with the images.")
        if labels.shape == (count, classes) and labels.is_floating_point():
            return labels.to(device, torch.float32)
        if labels.shape != (count,) or labels.dtype != torch.int64:
            raise DataError(
                f"labels are {labels.dtype} {tuple(labels.shape)}; with {count} images give int64 ({count},), or a "
                f"share for each class ({count}, {classes})."
            )
        if count and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            raise DataError(f"labels run from {labels.min()} to {labels.max()}, and there are {classes} classes.")
        return torch.nn.functional.one_hot(labels.to(device), classes).float()
