"""An exponential moving average of the weights: steadier than the last step's.

Of a recipe it is what is validated and kept; of a method it is a network of its own, which teaches the one that trains.

Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from tlnb.training.layer_plan import release


def decay_after(done: int, decay: float) -> float:
    """Return how much of an average stays after so many steps: less early on, so that the start is soon forgotten.

    Examples
    --------
    >>> [round(decay_after(done, 0.99), 2) for done in (1, 10, 100, 1000)]
    [0.18, 0.55, 0.92, 0.99]
    """
    return min(decay, (1 + done) / (10 + done))


class WeightAverage:
    """Averages a model's weights and running statistics over the steps.

    Early on, when there is little to average, the decay is ``(1 + step) / (10 + step)``; later it is `decay`.

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
        decay = decay_after(done, self.decay)
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


class AveragedCopy(nn.Module):
    """A copy of a network that trains, whose weights follow the other's as their moving average.

    It learns nothing itself: its parameters need no gradient. Its running statistics are those of the images that it
    computes.

    Parameters
    ----------
    model : nn.Module
        What trains; looked at, and no part of this module.
    heard : callable, optional
        Called with the number of images of each pass.

    Attributes
    ----------
    model : nn.Module
        The copy.

    Examples
    --------
    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedCopy(model)
    >>> start = model.weight.item()
    >>> model.weight.data += 1.0
    >>> averaged.take_in(0.75)
    >>> round(averaged.model.weight.item() - start, 3)
    0.25
    """

    def __init__(self, model: nn.Module, heard: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).requires_grad_(False)
        release(self.model)  # a plan's hooks: what is frozen is told from the other's modes instead
        self._followed, self._heard = (model,), heard  # a tuple hides it: its parameters are not this module's

    @torch.no_grad()
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute logits, (N, 3, H, W) -> (N, classes), each layer in the mode that the other network has it in."""
        if self._heard is not None:
            self._heard(len(images))
        own, modes = list(self.model.modules()), [module.training for module in self._followed[0].modules()]
        before = [module.training for module in own]
        try:
            _set_modes(own, modes)
            logits: torch.Tensor = self.model(images)
        finally:
            _set_modes(own, before)
        return logits

    @torch.no_grad()
    def take_in(self, decay: float) -> None:
        """Move the weights towards the other's as they are now, and keep the share `decay` of what they were."""
        for own, followed in zip(self.model.parameters(), self._followed[0].parameters(), strict=True):
            own.lerp_(followed, 1 - decay)


def _set_modes(modules: list[nn.Module], modes: list[bool]) -> None:
    for module, training in zip(modules, modes, strict=True):
        module.training = training
