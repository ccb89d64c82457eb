"""What a model sees of a shift: how far apart its features of two domains lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlnb.core.errors import DataError
from tlnb.core.used import note
from tlnb.evaluation.domains.shift import frechet_distance

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData


def feature_mismatch(model: nn.Module, source: ImageData, target: ImageData, *, split: str = "valid") -> float:
    """Return the Fréchet distance of the features that the head is given, between two domains; no label is read.

    It is divided by the variance of the source's features, so that models compare: at 1 the domains are as far apart
    as images of the source are from their mean.

    Parameters
    ----------
    model : nn.Module
        A classifier; not changed.
    source, target : ImageData
        The two domains, of one size.
    split : {"train", "valid", "test"}
        Which of their images.

    Returns
    -------
    float
        0 or more.

    Raises
    ------
    DataError
        If a domain has fewer than two such images, or the source's features do not vary.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 128, (60, 3, 32, 32), dtype=torch.uint8)
    >>> source = tlnb.ImageData.from_tensors(pixels, torch.arange(60) % 2, ["even", "odd"], valid=0.4)
    >>> bright = tlnb.ImageData.from_tensors(pixels + 100, torch.arange(60) % 2, ["even", "odd"], valid=0.4)
    >>> model = tlnb.create_model("resnet10t", source, weights="random")
    >>> feature_mismatch(model, source, bright) > feature_mismatch(model, source, source)
    True
    """
    from tlnb.backbones import extract_features, model_card

    prepared = model_card(model).preprocessing
    found = []
    for images in (source, target):
        pixels = images.pixels(prepared.resize_for(images.size), images.size, prepared.interpolation)
        found.append(extract_features(model, pixels[images.subset(split).indices]).float())
    spread = float(found[0].var(dim=0).sum())
    if not spread > 0:
        raise DataError("the features of the source do not vary: train the model first, or choose another split.")
    note("method", "feature mismatch")
    return frechet_distance(*found) / spread
