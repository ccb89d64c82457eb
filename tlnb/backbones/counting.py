"""Multiplications with addition of a pass, forward and backward, counted in the forward pass alone.

The rule: a convolution or matrix product costs as much again for the gradient of each of its two factors that has one:
its weights, where they learn, and its input, where anything below learns.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import flop_registry

from tlnb.backbones.dry_run import DryRun

_aten = torch.ops.aten
_SUMMED_FIRST = (_aten.addmm, _aten.baddbmm)  # take what is added before the two factors


class Multiplications(DryRun):
    """Counts convolutions and matrix products inside a ``with`` block, as PyTorch's counter does.

    That counter sees every module of the process, those of a training in another thread too; this one sees its own
    thread alone, and no backward pass has to be run.

    Attributes
    ----------
    forward, backward : int
        Of the pass so far, and of the backward pass that would follow it.

    Examples
    --------
    >>> layer, images = torch.nn.Linear(12, 5, device="meta"), torch.empty(2, 12, device="meta")
    >>> with Multiplications() as counted:
    ...     _ = layer(images)
    >>> counted.forward, counted.backward, 2 * 12 * 5
    (120, 120, 120)
    """

    def __init__(self) -> None:
        super().__init__()
        self.forward = self.backward = 0

    def seen(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: Any) -> None:
        """Add an operation's share."""
        formula = flop_registry.get(func.overloadpacket)
        if formula is None:
            return
        macs = formula(*args, **kwargs, out_val=given) // 2
        self.forward += macs
        begin = 1 if func.overloadpacket in _SUMMED_FIRST else 0
        factors = [a for a in args[begin : begin + 3] if isinstance(a, Tensor)]
        learning = [factor for factor in factors if factor.requires_grad]
        if "scaled_dot_product" in func.overloadpacket.__name__:
            self.backward += 5 * macs // 2 if learning else 0  # two products forward; five, one of them again, backward
        else:
            self.backward += macs * sum(factor.requires_grad for factor in factors[:2])
