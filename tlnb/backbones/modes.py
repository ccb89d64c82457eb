"""Evaluate a model and leave every module in the mode it was in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode within the block; each module gets its own mode back after it.

    ``model.train()`` alone would not do: in a half-frozen model some modules are in evaluation mode on
    purpose.

    Examples
    --------
    >>> model = nn.Sequential(nn.Dropout(), nn.BatchNorm2d(3).eval())
    >>> with evaluating(model):
    ...     [module.training for module in model]
    [False, False]
    >>> [module.training for module in model]
    [True, False]
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
