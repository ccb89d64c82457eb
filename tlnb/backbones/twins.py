"""A second set of a network's modules on the same weights: for a thread that computes while others use the network."""

from __future__ import annotations

import copy
from typing import Any

from torch import nn


def twin_of(model: nn.Module) -> nn.Module:
    """Return a copy of a model that shares its weights and statistics, but not its modes, hooks and forward functions.

    What computes with one of them (layers captured, modes changed for a while) is not seen by who uses the other, in
    another thread say. A weight that is changed in place changes in both.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Dropout())
    >>> twin = twin_of(model).eval()
    >>> twin[0].weight is model[0].weight, model.training, twin.training
    (True, True, False)
    """
    memo: dict[int, Any] = {id(tensor): tensor for tensor in [*model.parameters(), *model.buffers()]}
    for module in model.modules():
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            memo[id(hooks)] = hooks.copy()  # the functions themselves may hold anything, and are not to be copied
    return copy.deepcopy(model, memo)
