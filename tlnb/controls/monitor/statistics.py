"""Whether what is frozen stands still in its buffers too: batch normalisation's statistics may move without a gradient.

Checked on the buffers themselves, whatever the model's author meant to freeze.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import nn

from tlnb.backbones import LayerGroup
from tlnb.backbones.membership import modules_and_groups


class FrozenStatistics:
    """Keeps a copy of the buffers of frozen groups, to compare with.

    Parameters
    ----------
    model : nn.Module
        That trains; never changed.
    groups : sequence of LayerGroup
        Its layer groups.

    Examples
    --------
    >>> from tlnb.backbones import layer_groups
    >>> body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten())
    >>> model = nn.Sequential(body, nn.Linear(4, 2))
    >>> frozen = FrozenStatistics(model, layer_groups(model))
    >>> frozen.hold(["stem"])
    >>> _ = model(torch.rand(2, 3, 3, 3))  # in training mode
    >>> frozen.moved()
    {'stem': ('0.1.running_mean', '0.1.running_var', '0.1.num_batches_tracked')}
    """

    def __init__(self, model: nn.Module, groups: Sequence[LayerGroup]) -> None:
        names = {module: name for name, module in model.named_modules()}
        self._modules = [
            (names[module], module, owners)
            for module, owners in modules_and_groups(model, groups)
            if next(module.buffers(recurse=False), None) is not None
        ]
        self._held: set[str] = set()
        self._copies: dict[str, torch.Tensor] = {}

    def hold(self, groups: Iterable[str]) -> None:
        """Expect these groups to stand still from now on."""
        self._held.update(groups)
        for name, buffer, _ in self._buffers():
            self._copies.setdefault(name, buffer.detach().clone())

    def let_go(self, groups: Iterable[str]) -> None:
        """Expect it no longer."""
        self._held.difference_update(groups)
        kept = {name for name, _, _ in self._buffers()}
        self._copies = {name: copy for name, copy in self._copies.items() if name in kept}

    def moved(self) -> dict[str, tuple[str, ...]]:
        """Return the buffers that moved although their group is frozen, by group."""
        found: dict[str, tuple[str, ...]] = {}
        for name, buffer, group in self._buffers():
            copy = self._copies.get(name)
            if copy is not None and not torch.equal(buffer, copy):
                found[group] = (*found.get(group, ()), name)
        return found

    def _buffers(self) -> list[tuple[str, torch.Tensor, str]]:
        return [
            (f"{path}.{name}", buffer, min(owners))
            for path, module, owners in self._modules
            if owners <= self._held
            for name, buffer in module.named_buffers(recurse=False)
        ]
