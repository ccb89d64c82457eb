"""Test-time augmentation: the same model asks several views of an image, and the mean of its answers counts.

Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012, average over
crops and their mirror images. The views of an image are fixed: neither the batch nor the time changes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch

from tlnb.core.errors import DataError, RecipeError
from tlnb.data.augmentation.augmenter import Augmenter
from tlnb.data.augmentation.checks import check_images, row_numbers
from tlnb.data.augmentation.steps import check_steps
from tlnb.data.augmentation.table import AUGMENTATIONS

# Mirrored, and a little nearer: what the weights met in their own training.
VIEW_STEPS: tuple[tuple[str, float], ...] = (("flip", 0.5), ("random_resized_crop", 0.3))


def check_view_steps(steps: Iterable[Any], views: int) -> tuple[tuple[str, float], ...]:
    """Return the steps of views in their plain form, or say what is wrong with them.

    Parameters
    ----------
    steps : iterable of (str, float)
        As for `Augmenter`, less those that mix images.
    views : int
        How many views each image has, the image itself among them.

    Returns
    -------
    tuple of (str, float)
        In the order given.

    Raises
    ------
    RecipeError
        As from `check_steps`; for a step that mixes images; for several views with nothing to tell them apart.
    """
    checked = check_steps(steps)
    for name, _ in checked:
        if AUGMENTATIONS[name].mixes:
            raise RecipeError(f"{name!r} mixes images, and a view shows one: leave it out of the views' steps.")
    if not isinstance(views, int) or isinstance(views, bool) or views < 1:
        raise RecipeError(f"views={views!r} is not a whole number of at least 1.")
    if views > 1 and not any(strength for _, strength in checked):
        raise RecipeError(f"views={views} would all be the image itself: give steps, with a strength above 0.")
    return checked


def image_views(
    images: torch.Tensor,
    views: int,
    steps: Iterable[Any] = VIEW_STEPS,
    *,
    seed: int = 0,
    rows: torch.Tensor | Sequence[int] | None = None,
) -> Iterator[torch.Tensor]:
    """Yield views of images: first the images themselves, second (if flips are among the steps) all of them mirrored.

    Parameters
    ----------
    images : torch.Tensor
        uint8 ``(N, C, H, W)``, square.
    views : int
        How many to yield, at least 1.
    steps : iterable of (str, float)
        What the further views are drawn from.
    seed : int
        What they follow, with the row.
    rows : torch.Tensor or sequence of int, optional
        Which image each is; 0, 1, 2... if not given. Give them when one set comes in several batches.

    Yields
    ------
    torch.Tensor
        uint8 ``(N, C, H, W)``.

    Raises
    ------
    RecipeError
        As from `check_view_steps`.
    DataError
        Images or rows of another shape or dtype.

    Examples
    --------
    >>> images = torch.arange(128).view(2, 1, 8, 8).byte()
    >>> first, second, third = image_views(images, 3)
    >>> bool((first == images).all()), bool((second == images.flip(-1)).all())
    (True, True)
    """
    checked = check_view_steps(steps, views)
    check_images(images)
    numbers = row_numbers(images, rows)
    if images.shape[-1] != images.shape[-2]:
        raise DataError(f"images are {images.shape[-2]} x {images.shape[-1]} pixels; views are made of square ones.")
    return _views(images, views, checked, seed, numbers)


def _views(
    images: torch.Tensor,
    views: int,
    steps: tuple[tuple[str, float], ...],
    seed: int,
    rows: list[int],
) -> Iterator[torch.Tensor]:
    yield images
    mirrored = dict(steps).get("flip", 0) > 0
    if views > 1 and mirrored:
        yield images.flip(-1)
    augmenter = Augmenter(steps, size=images.shape[-1])
    for number in range(2 if mirrored else 1, views):
        yield augmenter(images, seed=seed, epoch=number, rows=rows)[0]


def predict_with_views(
    predict: Callable[[torch.Tensor], torch.Tensor],
    images: torch.Tensor,
    views: int,
    steps: Iterable[Any] = VIEW_STEPS,
    *,
    seed: int = 0,
    rows: torch.Tensor | Sequence[int] | None = None,
) -> torch.Tensor:
    """Return the mean, over the views of each image, of the class probabilities.

    Probabilities are averaged, not logits: one view that is very sure cannot outvote the others.

    Parameters
    ----------
    predict : callable
        uint8 images ``(N, C, H, W)`` to logits ``(N, classes)``; it normalises, and moves to its device.
    images, views, steps, seed, rows
        As for `image_views`.

    Returns
    -------
    torch.Tensor
        float32 ``(N, classes)``; each row sums to 1.

    Raises
    ------
    RecipeError, DataError
        As from `image_views`.

    Examples
    --------
    >>> images = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    >>> predict_with_views(lambda batch: batch.float().mean((2, 3)) + torch.tensor([0.0, 0.0]), images, views=3)
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
    """
    total: torch.Tensor | None = None
    for view in image_views(images, views, steps, seed=seed, rows=rows):
        probabilities = predict(view).float().softmax(1)
        total = probabilities if total is None else total + probabilities
    assert total is not None  # there is at least one view
    return total / views
