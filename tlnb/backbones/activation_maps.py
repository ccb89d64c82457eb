"""What each layer group of a network answers to images: its activation maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from tlnb.backbones.cards import model_card
from tlnb.backbones.groups import layer_groups
from tlnb.backbones.modes import evaluating
from tlnb.core.errors import ModelError, did_you_mean

if TYPE_CHECKING:
    from tlnb.core.figures import Figure


def activations(model: nn.Module, pixels: Tensor, groups: Sequence[str]) -> dict[str, Tensor]:
    """Return the output of layer groups for some images.

    Parameters
    ----------
    model : nn.Module
        A classifier; evaluated only, and left as it was.
    pixels : Tensor
        uint8 ``(N, C, H, W)``, prepared by the model's own preprocessing. A few: everything is kept in memory.
    groups : sequence of str
        Names of layer groups, see `tlnb.layer_groups`.

    Returns
    -------
    dict of str to Tensor
        float32 on the CPU, ``(N, channels, height, width)`` for convolutional groups.

    Raises
    ------
    ModelError
        If the model has no such group.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> maps = activations(model, torch.zeros(1, 3, 64, 64, dtype=torch.uint8), ["stem", "stage1"])
    >>> tuple(maps["stage1"].shape)
    (1, 64, 16, 16)
    """
    known = {group.name: set(group.parameters) for group in layer_groups(model)}
    found: dict[str, Tensor] = {}
    handles: list[Any] = []
    for name in groups:
        if name not in known:
            raise ModelError(f"This model has no group {name!r}; it has {', '.join(known)}.{did_you_mean(name, known)}")

    def keep(group: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            found[group] = output.detach().float().cpu()  # the last module of a group to run has the group's output

        return hook

    for prefix, module in model.named_modules():
        inside = {f"{prefix}.{name}" for name, _ in module.named_parameters()} if prefix else set()
        own = [group for group in groups if inside and inside <= known[group]]
        handles += [module.register_forward_hook(keep(group)) for group in own]
    normalise = model_card(model).preprocessing.normalise
    try:
        with evaluating(model), torch.inference_mode():
            model(normalise(pixels.to(next(model.parameters()).device)))
    finally:
        for handle in handles:
            handle.remove()
    return found


def show_activations(
    model: nn.Module, pixels: Tensor, groups: Sequence[str], titles: Sequence[str], *, title: str = "", credit: str = ""
) -> Figure:
    """Draw how strongly layer groups answer at each place of some images: a row an image, a column a group.

    The strength of a group at a place is the root of the mean square over its channels, drawn from its least value in
    the image to its greatest.

    Parameters
    ----------
    model, pixels, groups
        As for `activations`; the groups must be convolutional.
    titles : sequence of str
        A name for each image.
    title, credit : str
        What the figure says, above; attribution, below.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> fig = show_activations(model, torch.zeros(1, 3, 64, 64, dtype=torch.uint8), ["stem", "stage1"], ["night"])
    >>> [axes.get_title() for axes in fig.axes]
    ['night', 'stem', 'stage1']
    """
    from tlnb.core.pictures import picture_grid  # matplotlib, which computing needs not

    maps = activations(model, pixels, groups)
    pictures, names = [], []
    for i, name in enumerate(titles):
        pictures += [pixels[i], *(maps[group][i].square().mean(dim=0).sqrt() for group in groups)]
        names += [name, *groups]
    return picture_grid(pictures, names, columns=1 + len(groups), title=title, credit=credit)
