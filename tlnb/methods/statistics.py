"""Adaptation by batch normalisation alone: its running statistics are taken anew from the target's images.

Li, Wang, Shi, Liu & Hou, "Revisiting Batch Normalization For Practical Domain Adaptation" (AdaBN), 2017; Schneider et
al., "Improving robustness against common corruptions by covariate shift adaptation", 2020, for the prior.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlnb.backbones import model_card
from tlnb.backbones.modes import evaluating
from tlnb.core.devices import resolve_device
from tlnb.core.errors import DataError, ModelError
from tlnb.core.used import note

if TYPE_CHECKING:
    from tlnb.data import ImageData


def adapt_statistics(
    model: nn.Module,
    target: ImageData,
    *,
    prior: float = 0.0,
    batch: int = 64,
    seed: int = 0,
    device: str | None = None,
) -> nn.Module:
    r"""Return a copy of a model whose batch normalisation has the running statistics of another domain.

    Nothing is trained: no weight changes, and no label is read. The target's training images pass once, in an order
    drawn at random, and each layer takes the mean over the batches of their means and variances,
    normalised by the batch's own statistics in all layers below it. Of these, :math:`t`, and the statistics that the
    model had, :math:`s`, it gets

    .. math:: \frac{p}{p + n} s + \frac{n}{p + n} t

    :math:`n` being the number of images and :math:`p` the prior, the number of images that the source counts for.

    Parameters
    ----------
    model : nn.Module
        A classifier with batch normalisation; it is not changed.
    target : ImageData
        The other domain; its training images are used.
    prior : float
        At least 0: at 0 the source's statistics are forgotten. Where there are few images, some prior keeps what they
        cannot tell.
    batch : int
        Images that are computed at a time, at least 2. Small batches give variances that are too small.
    seed : int
        Of the order.
    device : str, optional
        Where to compute, as for `tlnb.fit`; by default where the model is.

    Raises
    ------
    ModelError
        If the model has no batch normalisation with running statistics.
    DataError
        If there are fewer than two images, or the prior or the batch make no sense.

    Examples
    --------
    >>> import tlnb
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> target = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", target, weights="random")
    >>> adapted = adapt_statistics(model, target)
    >>> torch.equal(adapted.bn1.running_mean, model.bn1.running_mean), torch.equal(adapted.bn1.weight, model.bn1.weight)
    (False, True)
    """
    rows = torch.from_numpy(target.splits.train)
    if not prior >= 0:
        raise DataError(f"prior={prior!r} is not a number of images, 0 or more.")
    if batch < 2 or len(rows) < 2:
        raise DataError(f"batch={batch} of {len(rows)} images: statistics need two images or more.")
    home = next(model.parameters()).device
    adapted = copy.deepcopy(model).to(home if device is None else resolve_device(device))
    layers = [layer for layer in adapted.modules() if isinstance(layer, _BatchNorm) and layer.track_running_stats]
    if not layers:
        raise ModelError("This model has no batch normalisation with running statistics: there is nothing to adapt.")
    before = [(layer.running_mean.clone(), layer.running_var.clone()) for layer in layers]  # type: ignore[union-attr]
    _take_statistics(adapted, layers, target, rows, batch, seed)
    share = prior / (prior + len(rows))
    for layer, (mean, variance) in zip(layers, before, strict=True):
        layer.running_mean.lerp_(mean, share)  # type: ignore[union-attr]
        layer.running_var.lerp_(variance, share)  # type: ignore[union-attr]
    note("method", "BatchNorm adaptation")
    note("data", target.used_as)
    return adapted.to(home)


@torch.no_grad()
def _take_statistics(
    model: nn.Module, layers: list[_BatchNorm], target: ImageData, rows: torch.Tensor, batch: int, seed: int
) -> None:
    """Give the layers the mean, over all batches, of the batches' statistics, and leave all else as it was."""
    prepared = model_card(model).preprocessing
    pixels = target.pixels(prepared.resize_for(target.size), target.size, prepared.interpolation)
    place = next(model.parameters()).device
    order = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))]
    momenta = [layer.momentum for layer in layers]
    with evaluating(model):  # dropout stays off
        for layer in layers:
            layer.train()
            layer.reset_running_stats()
            layer.momentum = None  # PyTorch's word for the mean of all
        for some in order.tensor_split(max(1, len(order) // batch)):  # equal parts: none of one image
            model(prepared.normalise(pixels[some].to(place)))
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
