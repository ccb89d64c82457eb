"""Many tasks for little storage: one network, and for each task only the tensors in which it differs.

Rebuffi, Bilen & Vedaldi, "Learning multiple visual domains with residual adapters", 2017.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from tlnb.backbones import ModelCard, head_module, head_name
from tlnb.backbones.heads import class_count, replace_head
from tlnb.core.errors import ModelError, did_you_mean


def task_tensors(base: nn.Module, tuned: nn.Module) -> dict[str, Tensor]:
    """Return what must be stored for one task: the tensors in which a tuned model differs from its base.

    Parameters
    ----------
    base : nn.Module
        What the tuned model was made from: plain, or with what a method added to it.
    tuned : nn.Module
        The same architecture, perhaps with more parameters and a head for other classes.

    Returns
    -------
    dict of str to Tensor
        Parameters and buffers that are new or not equal, by their names in the state dict: copies on the CPU, ready for
        ``safetensors.torch.save_file``.

    Raises
    ------
    ModelError
        If the tuned model lacks a tensor of the base, or has one of another shape outside of the head.

    Examples
    --------
    >>> import tlnb
    >>> base = tlnb.create_model("resnet10t", 2, weights="random")
    >>> other_head = tlnb.create_model("resnet10t", 5, weights="random")
    >>> {name: tuple(tensor.shape) for name, tensor in task_tensors(base, other_head).items()}
    {'fc.weight': (5, 512), 'fc.bias': (5,)}
    """
    before, after = base.state_dict(), tuned.state_dict()
    head = f"{head_name(base)}."
    for name, tensor in before.items():
        if name not in after:
            raise ModelError(f"The tuned model has no tensor {name!r}: it was not made from this base.")
        if tensor.shape != after[name].shape and not name.startswith(head):
            raise ModelError(
                f"The tensor {name!r} has shape {tuple(tensor.shape)} in the base and {tuple(after[name].shape)} in "
                "the tuned model: it was not made from this base."
            )
    return {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in after.items()
        if name not in before or not _equal(before[name], tensor)
    }


def task_bytes(base: nn.Module, tuned: nn.Module) -> int:
    """Return how many bytes one task takes beside its base: those of its `task_tensors`.

    Examples
    --------
    >>> import tlnb
    >>> base = tlnb.create_model("resnet10t", 2, weights="random")
    >>> task_bytes(base, tlnb.create_model("resnet10t", 5, weights="random"))  # (512 + 1) * 5 floats of 4 bytes
    10260
    """
    return sum(tensor.numel() * tensor.element_size() for tensor in task_tensors(base, tuned).values())


def apply_task(base: nn.Module, tensors: Mapping[str, Tensor]) -> nn.Module:
    """Put a task's tensors on its base: the tuned model again, exactly.

    Parameters
    ----------
    base : nn.Module
        As in `task_tensors`, with the structure of the tuned model: where that had low-rank updates or adapters, so
        must this (drawn from any seed). It is not changed.
    tensors : mapping of str to Tensor
        From `task_tensors`.

    Returns
    -------
    nn.Module
        A copy of the base, in its modes and on its device, with a head for as many classes as the task has. Its tensors
        are the tuned model's bit for bit, and so are its outputs in the same memory format.

    Raises
    ------
    ModelError
        If the base has no place for a tensor.

    Examples
    --------
    >>> import tlnb
    >>> base = tlnb.create_model("resnet10t", 2, weights="random")
    >>> tuned = tlnb.create_model("resnet10t", 5, weights="random")
    >>> again = apply_task(base, task_tensors(base, tuned))
    >>> bool((again.fc.weight == tuned.fc.weight).all())
    True
    """
    own = copy.deepcopy(base)
    weight = tensors.get(f"{head_name(own)}.weight")
    if weight is not None and len(weight) != class_count(head_module(own)):
        replace_head(own, len(weight), seed=0)
    card = getattr(own, "tlnb_card", None)
    if weight is not None and isinstance(card, ModelCard):
        classes = card.classes if len(card.classes) == len(weight) else tuple(str(i) for i in range(len(weight)))
        setattr(own, "tlnb_card", dataclasses.replace(card, classes=classes, new_head=False))  # noqa: B010
    state = own.state_dict()
    for name, tensor in tensors.items():
        if name not in state:
            raise ModelError(
                f"The base has no tensor {name!r}.{did_you_mean(name, state)} Give it the structure of the tuned model "
                "first: add_low_rank(base, rank=…) or add_adapters(base, width=…), as that had."
            )
        if tensor.shape != state[name].shape:
            raise ModelError(
                f"The tensor {name!r} has shape {tuple(tensor.shape)}, and the base has place for "
                f"{tuple(state[name].shape)}: was it made with another rank or width?"
            )
    own.load_state_dict({**state, **tensors})
    return own


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and torch.equal(one.detach().cpu(), other.detach().cpu())
