"""Step counters that a few optimisers keep for a whole parameter group, held still while the group is frozen.

torch's AdamW counts the steps of each parameter by itself. LAMB and Adan, as timm has them, count for a group, and also
the steps in which nothing of it has a gradient: their bias correction would take moments that begin with a thaw for
old ones, and the first update would be up to three times too large.
"""

from __future__ import annotations

from typing import Any

import torch


def count_own_steps(optimizer: torch.optim.Optimizer) -> None:
    """Let an optimiser's steps leave every entry of the groups without gradients as it is.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Gets two hooks.

    Examples
    --------
    >>> from timm.optim import Lamb
    >>> frozen, learns = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    >>> optimizer = Lamb([{"params": [frozen]}, {"params": [learns]}])
    >>> count_own_steps(optimizer)
    >>> learns.grad = torch.ones(2)
    >>> optimizer.step()
    >>> [int(group.get("step", 0)) for group in optimizer.param_groups]
    [0, 1]
    """
    kept: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def before(optimizer: torch.optim.Optimizer, _args: Any, _kwargs: Any) -> None:
        kept.clear()
        for group in optimizer.param_groups:
            if all(parameter.grad is None for parameter in group["params"]):
                entries = ((name, entry) for name, entry in group.items() if name != "params")
                kept.append((group, {name: _copy(entry) for name, entry in entries}))

    def after(_optimizer: torch.optim.Optimizer, _args: Any, _kwargs: Any) -> None:
        for group, entries in kept:
            for name in group.keys() - entries.keys() - {"params"}:
                del group[name]
            group.update(entries)

    optimizer.register_step_pre_hook(before)
    optimizer.register_step_post_hook(after)


def _copy(entry: Any) -> Any:
    return entry.clone() if isinstance(entry, torch.Tensor) else entry


def counts_by_group(name: str) -> bool:
    """Whether an optimiser, by a recipe's name for it, keeps a step counter for a whole group.

    Examples
    --------
    >>> counts_by_group("lamb"), counts_by_group("adamw")
    (True, False)
    """
    from timm.optim import create_optimizer_v2

    weight = torch.nn.Parameter(torch.ones(2, 2))
    weight.grad = torch.ones(2, 2)
    optimizer = create_optimizer_v2([{"params": [weight]}], opt=name, lr=0.1)
    optimizer.step()
    return "step" in optimizer.param_groups[0]
