"""Multiplications with addition of a training: forward for every image, backward only as far down as something learns.

The rule, layer by layer: its forward pass once; as much again for the gradient of its weights, where they learn; as
much again for the gradient of its input, where anything below learns. So a layer within what trains costs three forward
passes, the lowest one that learns costs two, and all below it one. The optimiser's own arithmetic is left out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

from tlnb.backbones.counting import Multiplications
from tlnb.backbones.structure import weightless_copy

log = logging.getLogger("tlnb")

_BATCH = 2  # batch normalisation in training mode refuses a single image


@dataclass(frozen=True, eq=False)
class TrainingWork:
    """What a training computed; it is counted when first asked for.

    Attributes
    ----------
    network : nn.Module
        Shapes without memory.
    shape : tuple of int
        Of one image, (C, H, W), as the network gets it.
    images : mapping of str to int
        How many images were trained on while which parameters learned: a 1 or a 0 for each, in the network's order.
    """

    network: nn.Module
    shape: tuple[int, ...]
    images: Mapping[str, int]

    @classmethod
    def of(cls, model: nn.Module, shape: Iterable[int], images: Mapping[str, int]) -> TrainingWork:
        """Keep a model's shapes, so that what is done to it later does not change the count."""
        return cls(weightless_copy(model), tuple(shape), dict(images))

    @cached_property
    def macs(self) -> int | None:
        """Of all training steps; None for a network that cannot be followed without data."""
        try:
            return sum(n * sum(macs_per_image(self.network, self.shape, pattern)) for pattern, n in self.images.items())
        except Exception as error:  # whatever a network of one's own does with values that are not there
            log.info("The operations of %s cannot be counted: %s", type(self.network).__name__, error)
            return None


def learning_pattern(parameters: Sequence[nn.Parameter]) -> str:
    """Return a 1 for each parameter that learns now, and a 0 for each other."""
    return "".join(["1" if parameter.requires_grad else "0" for parameter in parameters])


def macs_per_image(model: nn.Module, shape: Iterable[int], learns: str | None = None) -> tuple[int, int]:
    """Count multiplications with addition of one training step, for each image of it.

    Counted as in `cost_card`: convolutions and matrix products. Nothing is computed, and the model is not changed.

    Parameters
    ----------
    model : nn.Module
        Gives logits for a batch of images.
    shape : iterable of int
        (C, H, W) of one image.
    learns : str, optional
        From `learning_pattern`; without it what learns is what requires a gradient now.

    Returns
    -------
    forward, backward : int
        Of one image.

    Examples
    --------
    >>> body, head = nn.Linear(12, 5), nn.Linear(5, 2)
    >>> network = nn.Sequential(nn.Flatten(), body, head)
    >>> macs_per_image(network, (3, 2, 2)), 12 * 5 + 5 * 2, 12 * 5 + 2 * 5 * 2
    ((70, 80), 70, 80)
    >>> _ = body.requires_grad_(False)
    >>> macs_per_image(network, (3, 2, 2))
    (70, 10)
    """
    twin = weightless_copy(model).train()
    parameters = list(twin.parameters())
    for parameter, one in zip(parameters, learns or learning_pattern(parameters), strict=True):
        parameter.requires_grad_(one == "1")
    with torch.enable_grad(), Multiplications() as counted:
        twin(torch.empty(_BATCH, *shape, device="meta"))
    return counted.forward // _BATCH, counted.backward // _BATCH
