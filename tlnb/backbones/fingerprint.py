"""What decides how a network computes, apart from its weights: its modules with their settings, and shapes."""

from __future__ import annotations

from torch import nn


def settings_of(model: nn.Module) -> list[str]:
    """List a network's modules, with what can be set of them, and its parameters' shapes; equal lists compute alike.

    Examples
    --------
    >>> settings_of(nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, bias=False)))[2:]
    ['0 Conv2d 3, 8, kernel_size=(3, 3), stride=(2, 2), bias=False ', '0.weight (8, 3, 3, 3)']
    """
    modules = [
        f"{name} {type(module).__qualname__} {module.extra_repr()} {getattr(module, 'drop_rate', '')}"
        for name, module in model.named_modules()
    ]
    shapes = [f"{name} {tuple(parameter.shape)}" for name, parameter in model.named_parameters()]
    return [type(model).__module__, *modules, *shapes]
