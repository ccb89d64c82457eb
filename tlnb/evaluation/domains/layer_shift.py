"""How far two domains are apart in each layer of a network, in equally many dimensions, so that layers compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlnb.core.errors import DataError
from tlnb.evaluation.domains.shift import proxy_a_distance

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class LayerShift:
    """The shift in one layer.

    Attributes
    ----------
    proxy_a : float
        Proxy A-distance, from 0 to 2.
    mmd : float
        The root of the squared maximum mean discrepancy (its unbiased estimate, below 0 told as 0).
    """

    proxy_a: float
    mmd: float


def shift_by_layer(
    first: Mapping[str, Tensor], second: Mapping[str, Tensor], *, dimensions: int = 16, seed: int = 0
) -> dict[str, LayerShift]:
    """Measure the shift in each layer.

    In more dimensions two samples are told apart more easily, and a network's last layers have many more than its
    first. So each layer's features are standardised and laid out by their first principal components, of both domains
    together, and measured there.

    Parameters
    ----------
    first, second : mapping of str to Tensor
        Layer to features ``(n, D)`` and ``(m, D)``, as `tlnb.backbones.layer_means` gives them: the same layers in
        both.
    dimensions : int
        Principal components of each layer; no layer may have fewer features, and no more than n + m - 1 can be had.
    seed : int
        Of the folds of the proxy A-distance.

    Returns
    -------
    dict of str to LayerShift
        In the order of `first`.

    Raises
    ------
    DataError
        If the layers differ, or one has fewer features or rows than `dimensions` asks for.

    Examples
    --------
    >>> import torch
    >>> rows = torch.randn(80, 6, generator=torch.Generator().manual_seed(0))
    >>> found = shift_by_layer({"stem": rows[:40]}, {"stem": rows[40:] + 9.0}, dimensions=2)
    >>> found["stem"].proxy_a
    2.0
    """
    from tlnb.methods.discrepancy import check_samples, squared_mmd

    if list(first) != list(second):
        raise DataError(f"Layers {', '.join(first)} and {', '.join(second)}: give the same of both domains.")
    found = {}
    for layer, rows in first.items():
        others = second[layer]
        check_samples(rows, others, 2)
        least = min(rows.shape[1], len(rows) + len(others) - 1)
        if not 1 <= dimensions <= least:
            raise DataError(f"dimensions={dimensions!r}: {layer} has {least} at most; choose from 1 to {least}.")
        ours, theirs = _components(rows, others, dimensions)
        squared = float(squared_mmd(ours, theirs))
        found[layer] = LayerShift(proxy_a_distance(ours, theirs, seed=seed), max(0.0, squared) ** 0.5)
    return found


def _components(first: Tensor, second: Tensor, dimensions: int) -> tuple[Tensor, Tensor]:
    """Return both as their common principal components of standardised features."""
    import torch

    rows = torch.cat([first, second]).double()
    rows = (rows - rows.mean(0)) / rows.std(0).clamp_min(1e-9)  # a feature that never varies stays at 0
    axes = torch.linalg.svd(rows, full_matrices=False).Vh[:dimensions]  # (dimensions, D)
    laid_out = rows @ axes.T
    return laid_out[: len(first)], laid_out[len(first) :]
