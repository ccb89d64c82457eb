"""Corrupted test images, by kind and severity, to see how fast a model fails where the world is not as in training.

In the manner of Hendrycks & Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations", 2019 (ImageNet-C), not equal to it: what is in pixels there, at 224 of them, is a share of the image's
side here, so that any size serves; and every image's draw is fixed by its row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from types import MappingProxyType

import torch

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.augmentation import effects
from tlnb.data.augmentation.artefacts import elastic, jpeg
from tlnb.data.augmentation.blurs import defocus_blur, gaussian_blur, motion_blur, zoom_blur
from tlnb.data.augmentation.checks import check_images, row_numbers
from tlnb.data.augmentation.draws import generator_kept, in_turn
from tlnb.data.augmentation.noise import gaussian_noise, impulse_noise, poisson_noise, speckle


@dataclass(frozen=True)
class Corruption:
    """A corruption with five severities.

    Attributes
    ----------
    name : str
        As `corrupt` takes it.
    kind : {"noise", "blur", "weather", "digital"}
        As in ImageNet-C.
    unit : str
        What the levels are, in words.
    levels : tuple of float
        The level of severity 1 to 5.
    function : callable
        Changes one uint8 image ``(C, H, W)``.
    arguments : tuple of str
        Those of its arguments that are set to the level: two where an augmentation draws between them.
    of_side : bool
        Whether the level is a share of the image's shorter side, and the argument in pixels.
    needs_colour : bool
        Whether it leaves grey images as they are.
    """

    name: str
    kind: str
    unit: str
    levels: tuple[float, float, float, float, float]
    function: Callable[..., torch.Tensor]
    arguments: tuple[str, ...]
    of_side: bool = False
    needs_colour: bool = False

    def at(self, severity: int, side: int) -> Callable[[torch.Tensor], torch.Tensor]:
        """Return the change of one image, of this shorter side in pixels."""
        level = self.levels[severity - 1] * (side if self.of_side else 1)
        return partial(self.function, **dict.fromkeys(self.arguments, level))


_FIXED = ("low", "high")
_NOISE = (
    Corruption(
        "gaussian_noise", "noise", "deviation over white", (0.08, 0.12, 0.18, 0.26, 0.38), gaussian_noise, _FIXED
    ),
    Corruption(
        "shot_noise", "noise", "deviation at white over white", (0.13, 0.2, 0.29, 0.45, 0.58), poisson_noise, _FIXED
    ),
    Corruption("impulse_noise", "noise", "share of the values", (0.03, 0.06, 0.09, 0.17, 0.27), impulse_noise, _FIXED),
    Corruption("speckle_noise", "noise", "deviation over the value", (0.15, 0.2, 0.35, 0.45, 0.6), speckle, _FIXED),
)
_BLUR = (
    Corruption(
        "gaussian_blur",
        "blur",
        "deviation over the side",
        (0.0045, 0.009, 0.0135, 0.018, 0.027),
        gaussian_blur,
        _FIXED,
        of_side=True,
    ),
    Corruption(
        "defocus_blur",
        "blur",
        "radius over the side",
        (0.012, 0.018, 0.027, 0.036, 0.045),
        defocus_blur,
        ("radius",),
        of_side=True,
    ),
    Corruption(
        "motion_blur",
        "blur",
        "length over the side",
        (0.04, 0.06, 0.09, 0.12, 0.16),
        motion_blur,
        ("length",),
        of_side=True,
    ),
    Corruption("zoom_blur", "blur", "largest zoom less 1", (0.11, 0.16, 0.21, 0.26, 0.33), zoom_blur, ("most",)),
)
_WEATHER = (
    Corruption(
        "fog",
        "weather",
        "fog's share of the light, where it is thickest",
        (0.4, 0.55, 0.7, 0.8, 0.9),
        effects.fog,
        ("density",),
    ),
    Corruption(
        "brightness", "weather", "added light over white", (0.1, 0.2, 0.3, 0.4, 0.5), effects.brighten, ("amount",)
    ),
)
_DIGITAL = (
    Corruption("contrast", "digital", "contrast left", (0.4, 0.3, 0.2, 0.1, 0.05), effects.fade, ("left",)),
    Corruption(
        "saturate",
        "digital",
        "factor of saturation",
        (1.5, 2, 3, 5, 10),
        effects.saturate,
        ("factor",),
        needs_colour=True,
    ),
    Corruption(
        "elastic", "digital", "deviation of moves over the side", (0.01, 0.018, 0.026, 0.038, 0.05), elastic, _FIXED
    ),
    Corruption("pixelate", "digital", "side left", (0.5, 0.4, 0.3, 0.25, 0.2), effects.pixelate, ("left",)),
    Corruption("jpeg", "digital", "quality of 100", (25, 18, 15, 10, 7), jpeg, _FIXED),
    Corruption(
        "occlusion", "digital", "covered share of the area", (0.05, 0.1, 0.2, 0.3, 0.4), effects.occlude, ("share",)
    ),
)
# By name, in ImageNet-C's order of kinds.
CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType(
    {corruption.name: corruption for corruption in (*_NOISE, *_BLUR, *_WEATHER, *_DIGITAL)}
)


def corrupt(
    images: torch.Tensor,
    name: str,
    severity: int,
    *,
    seed: int = 0,
    rows: torch.Tensor | Sequence[int] | None = None,
) -> torch.Tensor:
    """Corrupt images, always in the same way for the same seed and row.

    Parameters
    ----------
    images : torch.Tensor
        uint8 ``(N, C, H, W)``, of one channel or three.
    name : str
        One of `CORRUPTIONS`.
    severity : int
        1 to 5.
    seed : int
        What the draws follow, with the row.
    rows : torch.Tensor or sequence of int, optional
        Which image each is; 0, 1, 2... if not given. Give them when one set comes in several batches.

    Returns
    -------
    torch.Tensor
        uint8 ``(N, C, H, W)``, on the same device.

    Raises
    ------
    DataError
        No such corruption or severity; images or rows of another shape or dtype.

    Examples
    --------
    >>> images = torch.full((2, 3, 8, 8), 90, dtype=torch.uint8)
    >>> corrupt(images, "brightness", severity=2)[0, 0, 0, :3]
    tensor([141, 141, 141], dtype=torch.uint8)
    """
    if name not in CORRUPTIONS:
        raise DataError(
            f"There is no corruption {name!r}; there are {', '.join(CORRUPTIONS)}."
            f"{did_you_mean(str(name), CORRUPTIONS)}"
        )
    if isinstance(severity, bool) or not isinstance(severity, Integral) or not 1 <= severity <= 5:
        raise DataError(f"severity={severity!r}: give 1, 2, 3, 4 or 5.")
    check_images(images)
    numbers = row_numbers(images, rows)
    if not len(images):
        return images
    change = CORRUPTIONS[name].at(severity, side=min(images.shape[-2:]))
    near = images.cpu()  # counts and files are made there, and so are equal on every device
    with generator_kept(), torch.no_grad():
        # The severity is no part of the key: a row's noise has one pattern, which grows.
        changed = [change(near[place]) for place in in_turn(name, seed, 0, numbers)]
    return torch.stack(changed).to(images.device)
