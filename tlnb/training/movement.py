"""How far training has moved each layer group: which layers a new task rewrites, and which it leaves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from tlnb.backbones import layer_groups
from tlnb.core.errors import ModelError
from tlnb.core.tables import Table

if TYPE_CHECKING:
    from tlnb.core.figures import Figure


@dataclass(frozen=True, repr=False)
class Movement(Table):
    """The way that each layer group's weights went, over their length before. Shows itself as a table.

    Attributes
    ----------
    distances : dict of str to float
        Layer group below the head to relative distance, input to head: 0 has not moved, 1 is as far as from zero.
    """

    distances: dict[str, float]

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        return ["group", "moved"], [[name, f"{value:.3%}"] for name, value in self.distances.items()]

    def plot(self) -> Figure:
        """Draw a bar for each group, input on the left."""
        from tlnb.training.plots import plot_movement

        return plot_movement(self)


def layer_movement(before: nn.Module, after: nn.Module) -> Movement:
    """Measure how far each layer group's weights lie from where they were: ``||after - before|| / ||before||``.

    All parameters of a group count as one vector; buffers (running statistics) do not count. The head is left out:
    `tlnb.fit` draws a new one from the recipe's seed, so that it has no common start to be measured from.

    Parameters
    ----------
    before, after : nn.Module
        The same architecture twice, perhaps on two devices, perhaps with heads for other classes: a model and
        ``run.model``, for example.

    Returns
    -------
    Movement
        One relative distance, >= 0, for each group below the head.

    Raises
    ------
    ModelError
        If the two bodies do not have the same parameters.

    Examples
    --------
    >>> import copy, tlnb
    >>> before = tlnb.create_model("torchvision/resnet18", 2, weights="random")
    >>> after = copy.deepcopy(before)
    >>> for parameter in after.layer4.parameters():
    ...     parameter.data /= 2
    >>> layer_movement(before, after).distances
    {'stem': 0.0, 'stage1': 0.0, 'stage2': 0.0, 'stage3': 0.0, 'stage4': 0.5}
    """
    groups, old, new = _bodies(before, after)
    return Movement(
        {
            name: ratio_of(
                length_of(exact(new[key]) - exact(old[key]) for key in keys), length_of(exact(old[key]) for key in keys)
            )
            for name, keys in groups.items()
        }
    )


def weight_movement(before: nn.Module, after: nn.Module) -> dict[str, float]:
    """Measure how far each weight tensor below the head lies from where it was: ``||after - before|| / ||before||``.

    Parameters
    ----------
    before, after : nn.Module
        As for `layer_movement`.

    Returns
    -------
    dict of str to float
        Parameter to relative distance, input to head. Biases and normalisation, which have one dimension, are left
        out: layer-wise optimisers treat them otherwise.

    Raises
    ------
    ModelError
        If the two bodies do not have the same parameters.

    Examples
    --------
    >>> import copy, tlnb
    >>> before = tlnb.create_model("torchvision/resnet18", 2, weights="random")
    >>> after = copy.deepcopy(before)
    >>> after.conv1.weight.data /= 2
    >>> {name: share for name, share in weight_movement(before, after).items() if share}
    {'conv1.weight': 0.5}
    """
    groups, old, new = _bodies(before, after)
    return {
        name: ratio_of(length_of([exact(new[name]) - exact(old[name])]), length_of([exact(old[name])]))
        for names in groups.values()
        for name in names
        if old[name].ndim > 1
    }


def _bodies(
    before: nn.Module, after: nn.Module
) -> tuple[dict[str, tuple[str, ...]], dict[str, nn.Parameter], dict[str, nn.Parameter]]:
    """Return the names of the parameters by group below the head, and the parameters of both, which must fit."""
    groups, others = ({group.name: group.parameters for group in layer_groups(model)[:-1]} for model in (before, after))
    old, new = dict(before.named_parameters()), dict(after.named_parameters())
    _check_same(groups, others, old, new)
    return groups, old, new


def _check_same(
    groups: dict[str, tuple[str, ...]],
    others: dict[str, tuple[str, ...]],
    old: dict[str, nn.Parameter],
    new: dict[str, nn.Parameter],
) -> None:
    ours, theirs = ({key for keys in found.values() for key in keys} for found in (groups, others))
    for key in sorted(ours ^ theirs):
        raise ModelError(
            f"Only the model {'before' if key in ours else 'after'} has the parameter {key!r}: movement is measured "
            "between two models of one architecture. Fold low-rank updates in first, with merge_low_rank."
        )
    for key in sorted(ours):
        if old[key].shape != new[key].shape:
            raise ModelError(
                f"The parameter {key!r} has shape {tuple(old[key].shape)} before and {tuple(new[key].shape)} after: "
                "movement is measured between two models of one architecture."
            )


def exact(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor's numbers in float64, on the CPU."""
    return tensor.detach().cpu().double()  # small steps of large weights: float32 would round them away


def length_of(tensors: Iterable[torch.Tensor]) -> float:
    """Return the length of tensors taken as one vector."""
    return math.sqrt(sum(float(tensor.square().sum()) for tensor in tensors))


def ratio_of(way: float, length: float) -> float:
    """Return one length over another; of nothing over nothing, 0."""
    return way / length if length else math.inf if way else 0.0
