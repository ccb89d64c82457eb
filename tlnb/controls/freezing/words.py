"""What a freeze amounts to, said in words and written as plain PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlnb.controls.freezing.states import BlockStates
from tlnb.core.naming import listed
from tlnb.training.layer_plan import FIXED_STATISTICS, FROZEN
from tlnb.training.script.rates import prefixes

if TYPE_CHECKING:
    from tlnb.backbones import LayerGroup


def sentence(states: BlockStates, learning: int, parameters: int) -> str:
    """Say what trains, what is frozen and what thaws later.

    Examples
    --------
    >>> starts = {"stem": None, "stage1": None, "stage2": 2.0, "head": 0.0}
    >>> sentence(BlockStates(starts, frozenset()), 30, 40)
    'Head trains; stage2 from epoch 2; stem and stage1 are frozen. In the end 30 of 40 parameters learn (75 %).'
    """
    names = tuple(states.starts)
    now = [name for name in names if states.starts[name] == 0]
    frozen = [name for name in names if states.starts[name] is None]
    parts = [f"{listed(now, names)} {'train' if len(now) > 1 else 'trains'}"]
    parts += [
        f"{listed([name for name in names if states.starts[name] == epoch], names)} from epoch {epoch:g}"
        for epoch in sorted({start for start in states.starts.values() if start})
    ]
    if frozen:
        parts.append(f"{listed(frozen, names)} {'are' if len(frozen) > 1 else 'is'} frozen")
    fixed = [name for name in names if states.state(name) == FIXED_STATISTICS]
    if fixed:
        parts.append(f"batch statistics stand still in {listed(fixed, names)}")
    share = f"{100 * learning / parameters:.2g}" if learning < parameters else "100"
    end = "In the end " if len({s for s in states.starts.values() if s is not None}) > 1 else ""
    told = "; ".join(parts)
    return f"{told[0].upper()}{told[1:]}. {end}{learning:,} of {parameters:,} parameters learn ({share} %)."


def code(states: BlockStates, groups: Sequence[LayerGroup]) -> str:
    """Write the freeze as plain PyTorch: a function to call before each epoch, instead of `model.train()`.

    Parameters
    ----------
    states : BlockStates
        Of each group.
    groups : sequence of LayerGroup
        The model's.

    Returns
    -------
    str
        Python source that needs torch and a ``model``.
    """
    everything = [name for group in groups for name in group.parameters]
    lines = ["# What trains from which epoch (None: never), by the beginnings of the parameters' names.", "starts = {"]
    lines += [f"    {prefixes(g.parameters, everything)!r}: {states.starts[g.name]!r},  # {g.name}" for g in groups]
    fixed = [p for g in groups if states.state(g.name) == FIXED_STATISTICS for p in prefixes(g.parameters, everything)]
    lines += ["}", f"fixed_statistics = {tuple(fixed)!r}" if fixed else "", _PLAIN + (_FIXED if fixed else "")]
    if all(states.state(group.name) != FROZEN and states.starts[group.name] == 0 for group in groups) and not fixed:
        return "# Everything trains from the start.\nmodel.requires_grad_(True)\nmodel.train()\n"
    return "\n".join(line for line in lines if line) + "\n"


_PLAIN = '''

def training_mode(model, epoch):
    """Call it before each epoch, instead of model.train()."""
    model.train()
    for prefixes, start in starts.items():
        learns = start is not None and epoch >= start
        for name, parameter in model.named_parameters():
            if name.startswith(prefixes):
                parameter.requires_grad_(learns)
                if not learns:
                    parameter.grad = None  # an old gradient would move it at the next step
        for name, module in model.named_modules():
            if not learns and f"{name}.".startswith(prefixes):
                module.eval()  # batch normalisation keeps its statistics, and normalises by them
'''
_FIXED = """    for name, module in model.named_modules():
        if f"{name}.".startswith(fixed_statistics) and hasattr(module, "running_mean"):
            module.eval()
"""
