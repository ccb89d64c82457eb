"""Which parameters of a body learn where it trains: all, those of its normalisation, or those that a method added.

Normalisation alone: Frankle, Schwab & Morcos, "Training BatchNorm and Only BatchNorm", 2021. What a method adds (an
adapter, a low-rank update) is named by its modules, in the class attribute ``tlnb_added_parameters``.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from tlnb.backbones import LayerGroup
from tlnb.core.errors import RecipeError

LEARNING = ("all", "norms", "added")


def learning_parameters(model: nn.Module, groups: Sequence[LayerGroup], which: str) -> frozenset[str]:
    """Return the names of the parameters that may learn: the head's, and those of the body that are meant.

    Parameters
    ----------
    model : nn.Module
        A classifier.
    groups : sequence of LayerGroup
        Its layer groups, input to head.
    which : {"all", "norms", "added"}
        See `Recipe.parameters`.

    Raises
    ------
    RecipeError
        If the body has no such parameters.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("torchvision/resnet18", 2, weights="random")
    >>> sorted(learning_parameters(model, tlnb.layer_groups(model), "norms"))[:4]
    ['bn1.bias', 'bn1.weight', 'fc.bias', 'fc.weight']
    """
    if which not in LEARNING:
        raise RecipeError(f"parameters={which!r} is not one of {', '.join(map(repr, LEARNING))}.")
    head = frozenset(groups[-1].parameters)
    everything = frozenset(name for group in groups for name in group.parameters)
    if which == "all":
        return everything
    body = (norm_parameters(model) if which == "norms" else added_parameters(model)) - head
    if not body & everything:
        missing = {
            "norms": 'there is no normalisation with weights in this model\'s body. Use parameters="all".',
            "added": "nothing was added to this model. Give it low-rank updates or adapters first "
            '(tlnb.methods.add_low_rank, add_adapters), or use parameters="all".',
        }
        raise RecipeError(f'parameters="{which}": {missing[which]}')
    return body & everything | head


def added_parameters(model: nn.Module) -> frozenset[str]:
    """Return the names of the parameters that a method has added to a model."""
    return frozenset(
        f"{prefix}.{own}" if prefix else own
        for prefix, module in model.named_modules()
        for own in getattr(module, "tlnb_added_parameters", ())
    )


def norm_parameters(model: nn.Module) -> frozenset[str]:
    """Return the names of the weights and biases of a model's normalisation layers."""
    return frozenset(
        f"{prefix}.{own}" if prefix else own
        for prefix, module in model.named_modules()
        if _is_normalisation(module)
        for own, _ in module.named_parameters(recurse=False)
    )


def _is_normalisation(module: nn.Module) -> bool:
    if isinstance(module, (_NormBase, nn.LayerNorm, nn.GroupNorm)):
        return True
    # timm has some of its own (RmsNorm, GlobalResponseNorm); a convolution with normalised weights is none of them
    vectors = all(parameter.ndim <= 1 for parameter in module.parameters(recurse=False))
    return "norm" in type(module).__name__.lower() and vectors
