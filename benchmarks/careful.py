"""The parts of a training loop that a careful hand writes: what tlnb and the other libraries are held against.

Pixels are normalised by one product and one sum, straight into channels_last; weights are laid out the same way;
nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


class Normaliser:
    """uint8 pixels ``(N, C, H, W)``, C = 1 or 3, to what a network takes: float32 ``(N, 3, H, W)``, channels_last.

    Parameters
    ----------
    mean, std : sequence of float
        Of each channel, for pixels from 0 to 1.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        spread = torch.tensor(std).view(1, 3, 1, 1)
        self._scale, self._shift = 1 / (255 * spread), -torch.tensor(mean).view(1, 3, 1, 1) / spread

    def __call__(self, pixels: Tensor) -> Tensor:
        """Return normalised images."""
        shape = (len(pixels), 3, *pixels.shape[2:])
        images = torch.empty(shape, memory_format=torch.channels_last)
        return images.copy_(pixels).mul_(self._scale).add_(self._shift)


def parameter_groups(
    model: nn.Module, head: nn.Module, *, learning_rate: float, rate_ratio: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Return an optimiser's groups of what trains: body before head, in each the weights, then what decay spares.

    Parameters
    ----------
    model, head : nn.Module
        The network, and the module in it that gives the logits.
    learning_rate, rate_ratio : float
        The head's rate, and the body's over it.
    weight_decay : float
        For weights; biases and normalisation have none.
    """
    of_head = {id(parameter) for parameter in head.parameters()}
    groups = []
    for is_head, rate in ((False, learning_rate * rate_ratio), (True, learning_rate)):
        own = [p for p in model.parameters() if p.requires_grad and (id(p) in of_head) == is_head]
        for is_weight, decay in ((True, weight_decay), (False, 0.0)):
            if params := [parameter for parameter in own if (parameter.ndim > 1) == is_weight]:
                groups.append({"params": params, "lr": rate, "weight_decay": decay})
    return groups


def careful_steps(
    model: Callable[[Tensor], Tensor],
    batches: Iterable[tuple[Tensor, Tensor]],
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
) -> Iterator[float]:
    """Train on batches of ``(images, labels)``, and yield the loss of each."""
    for images, labels in batches:
        loss = cross_entropy(model(images), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        yield loss.item()
