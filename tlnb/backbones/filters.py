"""Weights to look at: the filters of the first convolution as pictures, and how each layer group's are spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tlnb.backbones.groups import layer_groups
from tlnb.core.errors import ModelError
from tlnb.core.tables import Table

WITHIN = 0.999  # of the weights lie inside the bins; what lies outside counts in the outermost


def first_filters(model: nn.Module, most: int = 64, *, like: nn.Module | None = None) -> np.ndarray:
    """Return the filters of a network's first convolution as small pictures, all in one scale.

    Parameters
    ----------
    model : nn.Module
        A network.
    most : int
        How many filters at most, from the first on.
    like : nn.Module, optional
        A network whose scale to use, so that two compare: the one before a training, say. Stronger weights are cut off.

    Returns
    -------
    ndarray
        uint8 (n, h, w, 3): middle grey is a weight of 0, and the largest weight of all filters is black or white (or
        full in its colour). For images of other than three channels the pictures are grey: the mean over channels.

    Raises
    ------
    ModelError
        If there is no convolution over images.
    ValueError
        If `most` is less than 1.

    Examples
    --------
    >>> convolution = nn.Conv2d(3, 4, 5)
    >>> _ = nn.init.zeros_(convolution.weight).data[1].fill_(0.2)
    >>> pictures = first_filters(nn.Sequential(convolution))
    >>> pictures.shape, int(pictures[0].max()), int(pictures[1].min())
    ((4, 5, 5, 3), 128, 255)
    """
    if most < 1:
        raise ValueError(f"most={most}: at least one filter.")
    weights, scale = _first_weights(model), float(_first_weights(model if like is None else like).abs().max())
    colours = weights if weights.shape[1] == 3 else weights.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    shares = colours[:most].div(scale or 1.0).clamp(-1, 1).permute(0, 2, 3, 1)  # (n, 3, h, w) -> (n, h, w, 3)
    pictures: np.ndarray = np.floor(127.5 * shares.numpy() + 128).astype(np.uint8)
    return pictures


def _first_weights(model: nn.Module) -> torch.Tensor:
    first = next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None)
    if first is None:
        raise ModelError(f"{type(model).__name__} has no convolution over images (Conv2d), and so no filters to show.")
    return first.weight.detach().float().cpu()


@dataclass(frozen=True, eq=False, repr=False)
class WeightHistograms(Table):
    """How the weights of each layer group are spread, in bins that all groups share. Shows itself as a table.

    Attributes
    ----------
    edges : ndarray
        float64 (bins + 1,), even, from -r to r. What lies outside counts in the outermost bins.
    counts : dict of str to ndarray
        Layer group to int64 (bins,), input to head.
    others : dict of str to ndarray or None
        The same of the other model, where one was given.
    deviations : dict of str to tuple of float
        Layer group to the standard deviation of its weights, one for each model.
    """

    edges: np.ndarray
    counts: dict[str, np.ndarray]
    others: dict[str, np.ndarray] | None
    deviations: dict[str, tuple[float, ...]]

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        rows = [
            [name, f"{counts.sum():,}", *(f"{value:.2g}" for value in self.deviations[name])]
            for name, counts in self.counts.items()
        ]
        spread = ["standard deviation"] if self.others is None else ["standard deviation", "of the other"]
        return ["group", "weights", *spread], rows


def weight_histograms(model: nn.Module, other: nn.Module | None = None, bins: int = 40) -> WeightHistograms:
    """Count the weights of each layer group by size, of one network, or of two to compare: before and after a training.

    Biases, normalisation and other vectors are left out: they are few, and of another size than weights.

    Parameters
    ----------
    model : nn.Module
        A classifier.
    other : nn.Module, optional
        The same architecture, perhaps with a head for other classes.
    bins : int
        How many, at least 2.

    Raises
    ------
    ModelError
        If the two do not have the same layer groups, or weights are infinite or not numbers.
    ValueError
        If there are fewer than two bins.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> found = weight_histograms(resnet18(num_classes=2))
    >>> int(found.counts["head"].sum()), found.counts["stem"].shape, float(found.edges[0] + found.edges[-1])
    (1024, (40,), 0.0)
    """
    if bins < 2:
        raise ValueError(f"bins={bins}: at least two, as for weights below and above 0.")
    ours, theirs = _weights(model), {} if other is None else _weights(other)
    if other is not None and ours.keys() != theirs.keys():
        raise ModelError(
            f"The models have the layer groups {', '.join(ours)} and {', '.join(theirs)}: histograms compare two "
            "models of one architecture."
        )
    sizes = np.concatenate([np.abs(values) for values in (*ours.values(), *theirs.values())])
    if not np.isfinite(sizes).all():
        raise ModelError("Some weights are infinite or not numbers: a training has diverged. Take those before it.")
    reach = float(np.quantile(sizes, WITHIN)) or 1.0
    edges = np.linspace(-reach, reach, bins + 1)
    deviations = {
        name: tuple(float(values.std()) for values in (mine, theirs.get(name)) if values is not None)
        for name, mine in ours.items()
    }
    others = None if other is None else _counted(theirs, edges)
    return WeightHistograms(edges, _counted(ours, edges), others, deviations)


def _weights(model: nn.Module) -> dict[str, np.ndarray]:
    """Return the weights of each layer group that are more than vectors, as one row of numbers."""
    by_name = dict(model.named_parameters())
    found = {}
    for group in layer_groups(model):
        own = [by_name[name].detach().flatten().cpu().float() for name in group.parameters if by_name[name].ndim > 1]
        found[group.name] = torch.cat(own or [torch.empty(0)]).numpy()
    return found


def _counted(weights: dict[str, np.ndarray], edges: np.ndarray) -> dict[str, np.ndarray]:
    return {
        name: np.histogram(values.clip(edges[0], edges[-1]), edges)[0].astype(np.int64)
        for name, values in weights.items()
    }
