"""Running out of memory: how it shows, and what to do about it without losing the training."""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable
from typing import Any

import torch
from torch import nn

from tlnb.core.allocator import return_memory

# A CPU, Apple's GPUs and the libraries below torch say it in words only; oneDNN in the last ones.
_SIGNS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "could not allocate",
    "failed to allocate",
    "could not create a primitive",
    "could not create a memory",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that memory did not suffice.

    Examples
    --------
    >>> is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    True
    >>> is_out_of_memory(RuntimeError("shapes do not match"))
    False
    """
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def free_memory(device: torch.device) -> None:
    """Give back what a failed pass has left; call it once nothing refers to its tensors any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
    else:
        return_memory()


class KeptBuffers:
    """Copies of what a forward pass may change, so that one that fails can be as if it had never begun.

    Parameters
    ----------
    model : nn.Module
        What trains. In what is frozen no buffer moves, so none is copied.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._states: Hashable = None
        self._buffers: list[torch.Tensor] = []
        self._copies: list[torch.Tensor] = []

    def keep(self, states: Hashable) -> None:
        """Copy them as they are now; `states` says what is frozen, and has changed where that has."""
        if states != self._states:
            moving = (module for module in self._model.modules() if module.training)
            self._buffers = [buffer for module in moving for buffer in module.buffers(recurse=False)]
            self._copies = [torch.empty_like(buffer) for buffer in self._buffers]
            self._states = states
        for copy, buffer in zip(self._copies, self._buffers, strict=True):
            copy.copy_(buffer)

    def restore(self) -> None:
        """Put them back as they were when last kept."""
        for copy, buffer in zip(self._copies, self._buffers, strict=True):
            buffer.copy_(copy)


def in_parts(compute: Callable[[Any], torch.Tensor], images: Any) -> torch.Tensor:
    """Compute a batch; where memory does not suffice, its two halves one after the other, and so on.

    Parameters
    ----------
    compute : callable
        Treats each image for itself, as a model in evaluation mode does: ``(N, C, H, W) -> (N, ...)``.
    images : torch.Tensor or Halfway
        (N, C, H, W), or what is stored of them.

    Returns
    -------
    torch.Tensor
        (N, ...).

    Raises
    ------
    Exception
        What `compute` raised, if it is not about memory, or one image alone is too much.
    """
    try:
        return compute(images)
    except Exception as error:
        if len(images) < 2 or not is_out_of_memory(error):
            raise
    # Outside the handler: the error's traceback would keep the failed pass's tensors alive.
    free_memory(images.device)
    return torch.cat([in_parts(compute, half) for half in images.tensor_split(2)])
