"""Dropout and stochastic depth, set in a network that has places for them.

Srivastava et al., "Dropout", 2014; Huang et al., "Deep Networks with Stochastic Depth", 2016.
"""

from __future__ import annotations

from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from tlnb.backbones import layer_groups
from tlnb.backbones.membership import modules_and_groups
from tlnb.core.errors import RecipeError


def set_dropout(model: nn.Module, rate: float) -> None:
    """Set the dropout before the head.

    Parameters
    ----------
    model : nn.Module
        Changed in place. timm's networks keep the rate in ``drop_rate`` or in a layer, torchvision's in a layer.
    rate : float
        In [0, 1).

    Raises
    ------
    RecipeError
        If the network has no place for it.
    """
    places = dropout_places(model)
    if not places:
        raise RecipeError(
            f"dropout={rate}: {type(model).__name__} has no dropout before its head. Leave it at None, or take another "
            "network (timm's, or torchvision's EfficientNet, MobileNet and VGG, have it)."
        )
    for module, attribute in places:
        setattr(model.get_submodule(module), attribute, rate)


def dropout_places(model: nn.Module) -> list[tuple[str, str]]:
    """Return where the rate of the dropout before the head is kept: name of a module, and attribute.

    Examples
    --------
    >>> import timm
    >>> dropout_places(timm.create_model("resnet10t")), dropout_places(timm.create_model("densenet121"))
    ([('', 'drop_rate')], [('head_drop', 'p')])
    """
    groups = layer_groups(model)
    feeding = {id(module) for module, own in modules_and_groups(model, groups) if own == {groups[-1].name}}
    layers = [
        (name, "p")
        for name, module in model.named_modules()
        if isinstance(module, _DropoutNd) and id(module) in feeding
    ]
    # In timm, where the dropout is no layer, the rate is the network's; where it is one, this only says what it was.
    return [*([("", "drop_rate")] if isinstance(getattr(model, "drop_rate", None), (int, float)) else []), *layers]


def set_drop_path(model: nn.Module, rate: float) -> None:
    """Set stochastic depth: the chance that a residual block is skipped, from 0 at the input to `rate` at the last one.

    Parameters
    ----------
    model : nn.Module
        Changed in place.
    rate : float
        In [0, 1).

    Raises
    ------
    RecipeError
        If the network has no residual blocks with a place for it.
    """
    places = drop_path_places(model)
    if not places:
        raise RecipeError(
            f"drop_path={rate}: {type(model).__name__} has no place for stochastic depth. Leave it at None, or take "
            "another network (timm's ResNet, EfficientNet and ConvNeXt have it)."
        )
    from timm.layers import DropPath

    for place, (owner, name) in enumerate(places):
        chance = rate * place / max(1, len(places) - 1)
        module = getattr(owner, name)
        if hasattr(module, "p"):  # torchvision's
            module.p = chance
        else:
            setattr(owner, name, DropPath(chance))


def drop_path_places(model: nn.Module) -> list[tuple[nn.Module, str]]:
    """Return where stochastic depth has its place, input to head: module and attribute."""
    return [
        (module, name)
        for module in model.modules()
        for name in ("drop_path", "stochastic_depth", "drop_path1", "drop_path2")
        if hasattr(module, name) and isinstance(getattr(module, name), (nn.Module, type(None)))
    ]
