"""What layers of a network say of images on the whole: the mean of their maps over all places, a row an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from tlnb.backbones.groups import layer_groups
from tlnb.backbones.map_forms import as_maps, maps_shape
from tlnb.backbones.maps import modules_of
from tlnb.backbones.split import Capture, Point
from tlnb.backbones.stored.passes import pass_over
from tlnb.core.cache import rows_in_memory


def layer_means(
    model: nn.Module,
    pixels: Tensor,
    layers: Sequence[str],
    *,
    progress: bool = False,
    device: str | None = None,
    on_batch: Callable[[int, int], None] | None = None,
) -> dict[str, Tensor]:
    """Compute the mean of layers' maps over all places, for every image, once: what is in the cache is read.

    So small that all layers of thousands of images fit into memory; what is where in the image is lost. For tokens it
    is the mean over those that have a place, for vectors the vector itself.

    Parameters
    ----------
    model : nn.Module
        A classifier; as it was, afterwards.
    pixels : Tensor
        uint8 (N, C, H, W), C = 1 or 3, already of the size that the model shall see.
    layers : sequence of str
        Layer groups (`tlnb.layer_groups`), or modules as in ``model.named_modules()``.
    progress, device : bool, str
        As for `tlnb.extract_layers`.
    on_batch : callable, optional
        As for `tlnb.backbones.extract_features`.

    Returns
    -------
    dict of str to Tensor
        Layer to float32 ``(N, channels)``, on the CPU.

    Raises
    ------
    ModelError
        If the model has no such layer.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> means = layer_means(model, torch.zeros(5, 1, 64, 64, dtype=torch.uint8), ["stage1", "stage4"])
    >>> {name: tuple(rows.shape) for name, rows in means.items()}
    {'stage1': (5, 64), 'stage4': (5, 512)}
    """
    points = {layer: Point(module) for layer, module in modules_of(model, layers).items()}
    rows = pass_over(
        model,
        pixels,
        lambda _: _Means(model, list(dict.fromkeys(points.values()))),
        [group.name for group in layer_groups(model)],
        rows_in_memory,
        progress=progress,
        device=device,
        on_batch=on_batch,
    )
    found = dict(zip(dict.fromkeys(points.values()), rows.arrays(), strict=True))
    return {layer: torch.from_numpy(found[point].copy()) for layer, point in points.items()}


class _Means(Capture):
    """Means over all places, at some points."""

    def __call__(self, images: Tensor) -> tuple[Tensor, ...]:
        return tuple(_mean(given) for given in super().__call__(images))


def _mean(given: Tensor) -> Tensor:
    if maps_shape(tuple(given.shape[1:])):
        return as_maps(given).mean((2, 3))  # (N, C, H, W) -> (N, C)
    return given.flatten(1) if given.ndim != 3 else given.mean(1)
