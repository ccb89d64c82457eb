"""Passes of a network without memory: nothing is computed, and nothing is drawn from anybody's random numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from tlnb.backbones.cards import ModelCard
from tlnb.core.random_lock import RANDOM_LOCK

USUAL_SIZE = 224

_aten = torch.ops.aten
# Activation functions whose shape, that of what they take, PyTorch finds by going through their formula in Python.
_ELEMENTWISE = {_aten.hardtanh, _aten.hardswish, _aten.hardsigmoid, _aten.mish, _aten.gelu, _aten.elu, _aten.leaky_relu}
_IN_PLACE = {_aten.hardtanh_, _aten.hardswish_, _aten.hardsigmoid_, _aten.mish_, _aten.elu_, _aten.leaky_relu_}


class DryRun(TorchDispatchMode):
    """Sees every operation of this thread inside a ``with`` block; subclasses look at them in `seen`.

    Tensors on the meta device draw no random numbers. A network that draws some on the CPU all the same (to decide by
    them which of its layers run) gets them, and the generator is put back.

    Examples
    --------
    >>> before = torch.get_rng_state()
    >>> with DryRun():
    ...     _ = torch.rand(2)
    >>> bool((torch.get_rng_state() == before).all())
    True
    """

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if torch.Tag.nondeterministic_seeded in func.tags and not _on_meta(args, kwargs):
            # For this operation alone: a training in another thread holds the lock for whole steps.
            with RANDOM_LOCK, torch.random.fork_rng(devices=[]):
                given = func(*args, **kwargs)
        elif func.overloadpacket is _aten.native_batch_norm and args[0].is_meta:
            given = _batch_norm(*args)
        elif func.overloadpacket in _IN_PLACE and args[0].is_meta:
            given = args[0]
        elif func.overloadpacket in _ELEMENTWISE and args[0].is_meta:
            given = torch.empty_like(args[0])
        else:
            given = func(*args, **kwargs)
        self.seen(func, args, kwargs, given)
        return given

    def seen(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: Any) -> None:
        """Look at an operation, what it took and what it gave."""


def _batch_norm(maps: Tensor, *options: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return what batch normalisation gives, in shape.

    PyTorch finds the shapes by going through all of its formula in Python, which takes half of the time of a pass.
    """
    channels = maps.shape[1] if options[4] else 0  # the batch's mean and scale, in training mode alone
    return torch.empty_like(maps), maps.new_empty(channels), maps.new_empty(channels)


def _on_meta(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return str(kwargs.get("device", "")) == "meta" or any(isinstance(a, Tensor) and a.is_meta for a in args)


def usual_size(model: nn.Module) -> int:
    """Return the side of the images, in pixels, that a model's card names; 224 without a card."""
    card = getattr(model, "tlnb_card", None)
    return card.input_size if isinstance(card, ModelCard) else USUAL_SIZE


def possible_channels(model: nn.Module) -> tuple[int, ...]:
    """Return how many channels a model's images may have, the likeliest first.

    Examples
    --------
    >>> possible_channels(nn.Conv2d(5, 8, 3))
    (3, 5, 1)
    """
    own = [module.in_channels for module in model.modules() if isinstance(module, nn.Conv2d)]
    return tuple(dict.fromkeys([3, *own[:1], 1]))


def empty_images(model: nn.Module, count: int, channels: int, size: int) -> Tensor:
    """Return images without memory, ``(count, channels, size, size)``, of the kind of number that a model computes."""
    kinds = (parameter.dtype for parameter in model.parameters() if parameter.is_floating_point())
    return torch.empty(count, channels, size, size, device="meta", dtype=next(kinds, torch.float32))
