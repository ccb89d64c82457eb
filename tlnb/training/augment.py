"""Random changes to training images, each image with its own draw, repeatable by seed, epoch and step.

The steps are torchvision's; what is ours is plain data in, and a draw that leaves the global random state alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

# name -> (transform of torchvision.transforms.v2, its arguments at strength s and image size n in pixels)
AUGMENTATIONS: dict[str, tuple[str, Callable[[float, int], dict[str, Any]]]] = {
    "random_resized_crop": (
        "RandomResizedCrop",
        lambda s, n: {"size": n, "scale": (round(1 - 0.92 * s, 4), 1.0)},
    ),
    "flip": ("RandomHorizontalFlip", lambda s, n: {"p": s}),
    "vertical_flip": ("RandomVerticalFlip", lambda s, n: {"p": s}),
    "rotation": ("RandomRotation", lambda s, n: {"degrees": 45 * s, "interpolation": 2}),
    "colour_jitter": ("ColorJitter", lambda s, n: {"brightness": 0.8 * s, "contrast": 0.8 * s}),
}


def augmentation_source(steps: Sequence[tuple[str, float]], size: int) -> list[str]:
    """Return each step as the Python expression that makes its transform.

    Examples
    --------
    >>> augmentation_source([("flip", 0.5)], size=96)
    ['v2.RandomHorizontalFlip(p=0.5)']
    """
    expressions = []
    for name, strength in steps:
        transform, arguments = AUGMENTATIONS[name]
        written = ", ".join(f"{key}={value!r}" for key, value in arguments(strength, size).items())
        expressions.append(f"v2.{transform}({written})")
    return expressions


def make_augmentation(steps: Sequence[tuple[str, float]], size: int) -> Callable[[torch.Tensor, int], torch.Tensor]:
    """Return a function that augments a batch.

    Parameters
    ----------
    steps : sequence of (str, float)
        Names from `AUGMENTATIONS`, strengths in [0, 1].
    size : int
        Height and width of the images, in pixels.

    Returns
    -------
    callable
        ``(images, seed) -> images``, both uint8 ``(N, C, H, W)``. The same seed gives the same images.
    """
    from torchvision.transforms import v2

    chosen = [(AUGMENTATIONS[name], strength) for name, strength in steps]
    transform = v2.Compose([getattr(v2, name)(**arguments(s, size)) for (name, arguments), s in chosen])

    def augment(images: torch.Tensor, seed: int) -> torch.Tensor:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            # One call an image: a transform draws once a call, and each image must have its own draw.
            return torch.stack([transform(image) for image in images])

    return augment
