"""How images look, in numbers that need no network: brightness, contrast, colourfulness, sharpness, noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tlnb.core.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

STATISTICS = ("brightness", "contrast", "colourfulness", "sharpness", "noise")
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601: what red, green and blue add to brightness
_LAPLACIAN = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))
_IMMERKAER = ((1.0, -2.0, 1.0), (-2.0, 4.0, -2.0), (1.0, -2.0, 1.0))
_BATCH = 32  # images at a time: more of them take memory, and save no time


def image_appearance(pixels: Tensor) -> dict[str, Tensor]:
    r"""Measure how each image looks, each in grey levels from 0 to 255.

    - brightness: the mean of the luma;
    - contrast: its standard deviation (RMS contrast);
    - colourfulness: :math:`\sqrt{\sigma_{rg}^2 + \sigma_{yb}^2} + 0.3 \sqrt{\mu_{rg}^2 + \mu_{yb}^2}` with
      :math:`rg = R - G` and :math:`yb = (R + G) / 2 - B`; 0 of a grey image (Hasler & Süsstrunk, "Measuring
      Colorfulness in Natural Images", 2003);
    - sharpness: the standard deviation of the luma's Laplacian, which is low where edges are soft (Pech-Pacheco et al.,
      "Diatom Autofocusing in Brightfield Microscopy", 2000);
    - noise: the standard deviation of noise as Immerkær estimates it, from what is left where surfaces are taken away;
      fine texture counts as noise ("Fast Noise Variance Estimation", 1996).

    Parameters
    ----------
    pixels : Tensor
        uint8 (N, C, H, W), C = 1 or 3, H and W of at least 3.

    Returns
    -------
    dict of str to Tensor
        Statistic to float32 (N,).

    Raises
    ------
    DataError
        If the pixels are of another kind.

    Examples
    --------
    >>> import torch
    >>> dark, bright = torch.full((1, 3, 8, 8), 20), torch.full((1, 3, 8, 8), 200)
    >>> found = image_appearance(torch.cat([dark, bright]).to(torch.uint8))
    >>> found["brightness"].tolist(), found["contrast"].tolist()
    ([20.0, 200.0], [0.0, 0.0])
    """
    import torch

    shape = tuple(pixels.shape)
    if pixels.dtype != torch.uint8 or len(shape) != 4 or shape[1] not in (1, 3) or min(shape[2:]) < 3:
        raise DataError(f"pixels are {pixels.dtype} of shape {shape}: pass uint8 (N, 1 or 3, H, W), 3 or more a side.")
    parts = [_measure(some.float()) for some in pixels.split(_BATCH) if len(some)]
    found = torch.cat(parts, dim=1) if parts else torch.empty(len(STATISTICS), 0)
    return dict(zip(STATISTICS, found, strict=True))


def _measure(images: Tensor) -> Tensor:
    """Measure a few images: float (N, C, H, W) -> (5, N)."""
    import torch
    from torch.nn.functional import conv2d

    luma = images if images.shape[1] == 1 else (images * images.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
    # Colour is told of three channels, and grey has none.
    red, green, blue = images.expand(-1, 3, -1, -1).flatten(2).unbind(1)  # (N, H * W) each
    opponents = torch.stack([red - green, (red + green) / 2 - blue])
    spread, middle = (of.square().sum(0).sqrt() for of in (opponents.std(-1, correction=0), opponents.mean(-1)))
    filters = images.new_tensor([_LAPLACIAN, _IMMERKAER])[:, None]  # (2, 1, 3, 3)
    edges, rest = conv2d(luma, filters).flatten(2).unbind(1)
    return torch.stack(
        [
            luma.mean((1, 2, 3)),
            luma.std((1, 2, 3), correction=0),
            spread + 0.3 * middle,
            edges.std(1, correction=0),
            rest.abs().mean(1) * math.sqrt(math.pi / 2) / 6,
        ]
    )
