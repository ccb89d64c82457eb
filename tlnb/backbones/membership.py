"""Which modules belong to which layer groups, those without parameters of their own included: dropout, for one."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from tlnb.backbones.groups import LayerGroup


def modules_and_groups(model: nn.Module, groups: Sequence[LayerGroup]) -> list[tuple[nn.Module, frozenset[str]]]:
    """Return every module but the model itself, with the names of the groups that it computes with.

    A module without parameters belongs to the block that it is in. Between blocks it belongs to the layer after it,
    which it feeds (dropout), or, where it keeps statistics, to the layer before it, which they describe.

    Parameters
    ----------
    model : nn.Module
        A classifier.
    groups : sequence of LayerGroup
        Its layer groups, input to head.

    Examples
    --------
    >>> from tlnb.backbones import layer_groups
    >>> conv, norm, dropout, head = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8, affine=False), nn.Dropout(), nn.Linear(8, 2)
    >>> model = nn.Sequential(conv, norm, nn.AdaptiveAvgPool2d(1), nn.Flatten(), dropout, head)
    >>> found = dict(modules_and_groups(model, layer_groups(model)))
    >>> [set(found[module]) for module in (conv, norm, dropout, head)]
    [{'stem'}, {'stem'}, {'head'}, {'head'}]
    """
    by_name = dict(model.named_parameters())
    group_of = {id(by_name[name]): group.name for group in groups for name in group.parameters}
    # In order of definition, each before what it holds.
    inside = [(module, frozenset(group_of[id(p)] for p in module.parameters())) for module in model.modules()]
    found: dict[nn.Module, frozenset[str]] = {module: own for module, own in inside if own}
    for module, own in inside:
        if len(own) == 1:
            for child in module.modules():
                found.setdefault(child, own)
    before: frozenset[str] | None = None
    for module, own in inside:
        if len(own) == 1:
            before = own
        elif before is not None and keeps_statistics(module):
            found.setdefault(module, before)
    after = frozenset({groups[-1].name})
    for module, own in reversed(inside):
        if len(own) == 1:
            after = own
        found.setdefault(module, after)
    return [(module, found[module]) for module, _ in inside if module is not model]


def keeps_statistics(module: nn.Module) -> bool:
    """Whether a module has running statistics of its own, which move in training mode and which it normalises by.

    Batch normalisation does, an instance normalisation may, and so do layers that are a subclass of neither (timm's
    `EvoNorm2dB0`): torch's name for such buffers is what they share.
    """
    return any(name.startswith("running_") for name, _ in module.named_buffers(recurse=False))


def outer_modules(model: nn.Module, groups: Sequence[LayerGroup]) -> dict[str, list[str]]:
    """Return, for each group, the modules that hold nothing else and are in no other such module, as they are defined.

    The last of them gives what the group gives.

    Examples
    --------
    >>> from tlnb.backbones import layer_groups
    >>> from torchvision.models import resnet18
    >>> model = resnet18()
    >>> outer_modules(model, layer_groups(model))["stem"], outer_modules(model, layer_groups(model))["stage1"]
    (['conv1', 'bn1'], ['layer1'])
    """
    held = {name: {f"{name}.{own}" for own, _ in module.named_parameters()} for name, module in model.named_modules()}
    found = {}
    for group in groups:
        inside = [name for name, own in held.items() if name and own and own <= set(group.parameters)]
        found[group.name] = [n for n in inside if not any(n != o and n.startswith(f"{o}.") for o in inside)]
    return found
