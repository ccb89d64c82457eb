"""An exponential moving average of the weights: steadier than the last step's, and what is validated and kept.

Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class WeightAverage:
    """Averages a model's weights and running statistics over the steps.

    Early on, when there is little to average, the decay is ``(1 + step) / (10 + step)``, so that the start is soon
    forgotten; later it is `decay`.

    Parameters
    ----------
    model : nn.Module
        What trains.
    decay : float
        In (0, 1): how much of the average stays at each step. 0.99 averages over some hundred steps.

    Examples
    --------
    >>> model = nn.Linear(1, 1, bias=False)
    >>> average = WeightAverage(model, decay=0.5)
    >>> start = model.weight.item()
    >>> model.weight.data += 1.0
    >>> average.after_step(100)
    >>> with average.in_place():
    ...     round(model.weight.item() - start, 3)
    0.5
    >>> round(model.weight.item() - start, 3)
    1.0
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self.decay = model, decay
        self._averages = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    @torch.no_grad()
    def after_step(self, done: int) -> None:
        """Take the weights in, after so many steps; counters, which are whole numbers, are taken over."""
        decay = min(self.decay, (1 + done) / (10 + done))
        for name, tensor in self.model.state_dict().items():
            if tensor.is_floating_point():
                self._averages[name].lerp_(tensor, 1 - decay)
            else:
                self._averages[name].copy_(tensor)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Have the model compute with its averages inside the block, and with its own weights again afterwards."""
        own = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        self.model.load_state_dict(self._averages)
        try:
            yield
        finally:
            self.model.load_state_dict(own)

    def keep(self) -> None:
        """Give the model its averages for good."""
        self.model.load_state_dict(self._averages)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Return the averages."""
        return dict(self._averages)

    def load_state_dict(self, averages: dict[str, torch.Tensor]) -> None:
        """Take over what `state_dict` returned."""
        for name, tensor in averages.items():
            self._averages[name].copy_(tensor)
