"""Layer groups: a model's parameters from input to head, in pieces to freeze or give rates of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from tlnb.backbones.heads import head_name
from tlnb.backbones.structure import body_by_structure

MOST_GROUPS = 12
FEWEST_GROUPS = 3


@dataclass(frozen=True)
class LayerGroup:
    """Parameters that are frozen, thawed and given a rate together.

    Attributes
    ----------
    name : str
        ``"stem"``, ``"stage1"``, ``"stage2"``... or ``"head"``.
    parameters : tuple of str
        Names as in ``model.named_parameters()``, in that order.
    """

    name: str
    parameters: tuple[str, ...]


def layer_groups(model: nn.Module) -> tuple[LayerGroup, ...]:
    """Part a model's parameters into groups, from input to head.

    A timm model says itself which parameters belong together (its `group_matcher`); any other model is parted
    where its feature maps shrink. The first group is the stem, the last the head: the classifier's own weight
    and bias, nothing else. Every parameter is in exactly one group, and an architecture always has the
    same groups.

    Parameters
    ----------
    model : nn.Module
        A classifier; it is not changed, and no image is run through it.

    Returns
    -------
    tuple of LayerGroup
        At most 12.

    Raises
    ------
    ModelError
        If the model has no head.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> [(group.name, len(group.parameters)) for group in layer_groups(resnet18())]
    [('stem', 3), ('stage1', 12), ('stage2', 15), ('stage3', 15), ('stage4', 15), ('head', 2)]
    """
    prefix = head_name(model)
    names = [name for name, _ in model.named_parameters()]
    head = [name for name in names if name.rpartition(".")[0] == prefix]
    body = _body_by_timm(model, set(head))
    if not FEWEST_GROUPS <= len(body) + 1 <= MOST_GROUPS:
        body = body_by_structure(model, set(head))
    groups = []
    for i, group in enumerate(body):
        members = set(group)
        title = f"stage{i}" if i else "stem"
        groups.append(LayerGroup(title, tuple(name for name in names if name in members)))
    return (*groups, LayerGroup("head", tuple(head)))


def _body_by_timm(model: nn.Module, head: set[str]) -> list[list[str]]:
    """Return the body's parameters as timm groups them; nothing for other models."""
    matcher: Any = getattr(model, "group_matcher", None)
    if not callable(matcher):
        return []
    from timm.models import group_parameters

    try:
        ordinals = group_parameters(model, matcher(coarse=True), reverse=True)
    except AssertionError:  # how timm says that an architecture has no coarse groups
        return []
    last = max((ordinals[name] for name in head), default=None)
    modules = dict(model.named_modules())
    groups: dict[int, list[str]] = {}
    for name, _ in model.named_parameters():
        if name not in head:
            groups.setdefault(ordinals[name], []).append(name)
    body: list[list[str]] = []
    for ordinal, group in sorted(groups.items()):
        # What timm counts to the head but is not the classifier (conv_head, a last norm) goes below it, and a
        # normalisation never stands apart from its convolution.
        if body and (ordinal == last or all(_is_norm(modules[name.rpartition(".")[0]]) for name in group)):
            body[-1] += group
        else:
            body.append(group)
    return body


def _is_norm(module: nn.Module) -> bool:
    return all(parameter.ndim <= 1 for parameter in module.parameters())
