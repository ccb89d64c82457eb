"""Modules that compute otherwise for a while: what a network in two parts is made of, without a change of the network.

The network's own code runs, with its modes, its hooks and its random numbers; only what single modules answer is
replaced. So nothing has to be traced or written anew, and an architecture need not be known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.utils import _pytree

Forward = Callable[..., Any]


@contextmanager
def replaced(forwards: Mapping[nn.Module, Forward]) -> Iterator[None]:
    """Let modules compute by other functions inside a block; hooks run as ever.

    Examples
    --------
    >>> layer = nn.Linear(2, 3)
    >>> with replaced({layer: lambda images: images}):
    ...     layer(torch.ones(1, 2)).tolist()
    [[1.0, 1.0]]
    >>> layer(torch.ones(1, 2)).shape
    torch.Size([1, 3])
    """
    before = {module: module.__dict__.get("forward") for module in forwards}
    for module, forward in forwards.items():
        module.__dict__["forward"] = forward  # past nn.Module's own __setattr__, which takes longer than all the rest
    try:
        yield
    finally:
        for module, own in before.items():
            if own is None:
                module.__dict__.pop("forward", None)
            else:
                module.__dict__["forward"] = own


def tensors_in(values: Any) -> list[torch.Tensor]:
    """List the tensors in what a module takes or gives, however nested."""
    return [leaf for leaf in _pytree.tree_leaves(values) if isinstance(leaf, torch.Tensor)]


def with_tensors(values: Any, change: Callable[[int, torch.Tensor], Any]) -> Any:
    """Return the same nesting with each tensor changed by its number."""
    leaves, spec = _pytree.tree_flatten(values)
    places = iter(range(len(leaves)))
    changed = [change(next(places), leaf) if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
    return _pytree.tree_unflatten(changed, spec)
