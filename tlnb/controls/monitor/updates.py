"""How much a step changes each layer group's weights, over how large they are; about 1e-3 is usual.

Measured on a step now and then: often enough to see, seldom enough to cost half a hundredth of the time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import nn

from tlnb.backbones import LayerGroup

SHARE = 0.005  # of the time that a run takes


class UpdateMeter:
    """Looks at a model between its steps.

    Parameters
    ----------
    model : nn.Module
        That trains; never changed.
    groups : sequence of LayerGroup
        Its layer groups.

    Examples
    --------
    >>> from tlnb.backbones import layer_groups
    >>> model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False))
    >>> meter = UpdateMeter(model, layer_groups(model))
    >>> meter.after_step()  # before the step that it measures
    >>> with torch.no_grad():
    ...     _ = model[2].weight.mul_(1.01)
    >>> {name: round(ratio, 4) for name, ratio in meter.after_step().items()}
    {'stem': 0.0, 'head': 0.01}
    """

    def __init__(self, model: nn.Module, groups: Sequence[LayerGroup]) -> None:
        by_name = dict(model.named_parameters())
        self._parameters = {g.name: [by_name[name] for name in g.parameters] for g in groups}
        self._before: dict[str, tuple[list[nn.Parameter], list[torch.Tensor]]] = {}
        self._began, self._spent = time.perf_counter(), 0.0

    def after_step(self) -> dict[str, float] | None:
        """Note the weights, or say how far they went since: by group, of what trains. None on most steps."""
        start = time.perf_counter()
        ratios = None
        if self._before:
            ratios = self._measure()
            self._before = {}
        elif self._spent <= SHARE * (start - self._began):
            self._note()
        else:
            return None
        self._spent += time.perf_counter() - start
        return ratios

    @torch.no_grad()
    def _note(self) -> None:
        for name, parameters in self._parameters.items():
            training = [p for p in parameters if p.requires_grad]
            if training:
                self._before[name] = training, [p.detach().clone() for p in training]

    @torch.no_grad()
    def _measure(self) -> dict[str, float]:
        lengths = []
        for training, before in self._before.values():
            size = torch.stack(list(torch._foreach_norm(before))).norm()
            after: list[torch.Tensor] = list(training)
            way = torch.stack(list(torch._foreach_norm(torch._foreach_sub(before, after)))).norm()
            lengths.append(torch.stack([way.float(), size.float()]))
        found = torch.stack(lengths).tolist()  # one wait for the device
        return {name: way / size if size else 0.0 for name, (way, size) in zip(self._before, found, strict=True)}
