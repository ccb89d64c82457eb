"""How much each map of a layer has changed, since before a training say."""

from __future__ import annotations

from torch import Tensor

from tlnb.core.errors import ModelError


def map_changes(before: Tensor, after: Tensor) -> Tensor:
    """Measure how much each map of a layer has changed, against how strong the layer's maps are.

    The root of the mean square of the difference over all images and places, over that of all maps before: 0 is no
    change, 1 as much as the layer says at all. A map that was silent, and still nearly is, ranks low.

    Parameters
    ----------
    before, after : Tensor
        ``(N, C, H, W)`` each, of the same images, see `layer_maps`.

    Returns
    -------
    Tensor
        float32 ``(C,)``.

    Raises
    ------
    ModelError
        If the shapes differ.

    Examples
    --------
    >>> import torch
    >>> before = torch.ones(1, 2, 4, 4)
    >>> map_changes(before, before * torch.tensor([1.0, 3.0])[:, None, None]).tolist()
    [0.0, 2.0]
    """
    if before.shape != after.shape:
        raise ModelError(
            f"Maps of {tuple(before.shape)} and of {tuple(after.shape)} cannot be compared: "
            "give two models of one architecture."
        )
    strength = before.square().mean().sqrt().clamp_min(1e-12)
    return (after - before).square().mean((0, 2, 3)).sqrt() / strength
