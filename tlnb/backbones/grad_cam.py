"""Where in an image a network finds what speaks for a class: Grad-CAM.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tlnb.backbones.cards import model_card
from tlnb.backbones.map_forms import as_maps
from tlnb.backbones.maps import map_layers, module_of
from tlnb.backbones.modes import evaluating
from tlnb.backbones.split.forwards import replaced
from tlnb.backbones.split.points import Point, rewired
from tlnb.core.errors import ModelError
from tlnb.core.used import note


def class_activation(
    model: nn.Module, pixels: Tensor, target: int | None = None, layer: str | None = None
) -> tuple[Tensor, Tensor]:
    """Return where the maps of a layer speak for a class, for some images.

    Each map is weighted by the mean of the class's logit's gradient over it, and what is negative in the sum (it speaks
    against the class) is cut off: ``relu(sum_k mean(d logit / d A_k) A_k)``.

    Parameters
    ----------
    model : nn.Module
        A classifier; evaluated only, and left as it was, its gradients included.
    pixels : Tensor
        uint8 ``(N, C, H, W)``, prepared by the model's own preprocessing. A few.
    target : int, optional
        The class; by default the likeliest of each image.
    layer : str, optional
        A layer group or module that gives maps (`map_layers`); by default the last group that does.

    Returns
    -------
    tuple of Tensor
        The maps, float32 ``(N, height, width)``, at least 0 and not normalised; and the probabilities of the classes,
        float32 ``(N, classes)``. Both on the CPU.

    Raises
    ------
    ModelError
        If the layer gives no maps, or the class is none.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> heat, chances = class_activation(model, torch.zeros(1, 3, 64, 64, dtype=torch.uint8), target=1)
    >>> tuple(heat.shape), tuple(chances.shape)
    ((1, 2, 2), (1, 2))
    """
    name = module_of(model, layer) if layer is not None else _last(model)
    point, kept = Point(name), list[Tensor]()

    def keep(_: Point, given: Tensor) -> Tensor:
        kept.append(given.detach().requires_grad_())
        return kept[-1].clone()  # an activation may change it in place, which a leaf does not take

    images = model_card(model).preprocessing.normalise(pixels.to(next(model.parameters()).device))
    forwards = rewired(model, [point], keep)
    with evaluating(model), replaced(forwards), torch.enable_grad():
        logits = model(images)
        classes = logits.shape[1]
        if target is not None and not 0 <= target < classes:
            raise ModelError(f"There is no class {target}: this model has 0 to {classes - 1}.")
        if not kept:
            raise ModelError(f"The network does not call {name!r}: choose a layer above it, or inside it.")
        chosen = logits.argmax(1) if target is None else torch.full((len(logits),), target, device=logits.device)
        (gradients,) = torch.autograd.grad(logits.gather(1, chosen[:, None]).sum(), kept[:1])
    maps, gradients = as_maps(kept[0].detach(), name), as_maps(gradients, name)  # (N, K, H, W)
    weights = gradients.mean((2, 3), keepdim=True)
    note("method", "Grad-CAM")
    return (weights * maps).sum(1).relu().float().cpu(), logits.detach().float().softmax(1).cpu()


def _last(model: nn.Module) -> str:
    """Return the module of the last group that gives maps."""
    ends = [layer for layer in map_layers(model) if layer.kind == "output" and layer.shape]
    if not ends:
        raise ModelError(f"{type(model).__name__} gives no maps anywhere: a class activation needs some.")
    return ends[-1].module
