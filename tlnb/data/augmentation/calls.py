"""A transform as plain data, which can be made and can be written: so what a script says is what the library does."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any


@dataclass(frozen=True)
class Interpolation:
    """One of torchvision's ways to interpolate, by name."""

    name: str


@dataclass(frozen=True)
class Call:
    """A transform of torchvision's v2, or a function of ours with its arguments bound.

    Parameters
    ----------
    name : str
        Of the class in ``torchvision.transforms.v2``, or of our function.
    arguments : mapping of str to object
        Numbers, tuples of numbers, `Interpolation`, or lists of further calls.
    home : str
        The module of this folder that has the function; empty for torchvision's.

    Examples
    --------
    >>> Call("RandomApply", {"transforms": [Call("TrivialAugmentWide")], "p": 0.5}).source()
    'v2.RandomApply(transforms=[v2.TrivialAugmentWide()], p=0.5)'
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    home: str = ""

    def make(self) -> Callable[..., Any]:
        """Return the transform itself."""
        arguments = {name: _made(value) for name, value in self.arguments.items()}
        if self.home:
            return partial(self.function(), **arguments)
        from torchvision.transforms import v2

        transform: Callable[..., Any] = getattr(v2, self.name)(**arguments)
        return transform

    def function(self) -> Callable[..., Any]:
        """Return our function, with no arguments bound."""
        found: Callable[..., Any] = getattr(importlib.import_module(f"{__package__}.{self.home}"), self.name)
        return found

    def source(self) -> str:
        """Return the Python expression that makes it."""
        arguments = [f"{name}={_written(value)}" for name, value in self.arguments.items()]
        if self.home:
            return f"partial({', '.join([self.name, *arguments])})"
        return f"v2.{self.name}({', '.join(arguments)})"

    def functions(self) -> Iterator[Callable[..., Any]]:
        """Yield the functions of ours that it needs."""
        if self.home:
            yield self.function()
        for value in self.arguments.values():
            for item in value if isinstance(value, list) else ():
                yield from item.functions()


def _made(value: Any) -> Any:
    if isinstance(value, Interpolation):
        from torchvision.transforms.v2 import InterpolationMode

        return InterpolationMode[value.name]
    return [item.make() for item in value] if isinstance(value, list) else value


def _written(value: Any) -> str:
    if isinstance(value, Interpolation):
        return f"v2.InterpolationMode.{value.name}"
    return f"[{', '.join(item.source() for item in value)}]" if isinstance(value, list) else repr(value)
