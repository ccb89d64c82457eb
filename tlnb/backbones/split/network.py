"""A network that is cut: its frozen part, computed up to the cut, and the rest, computed from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tlnb.backbones.split.capture import Capture, Compute
from tlnb.backbones.split.forwards import replaced, with_tensors
from tlnb.backbones.split.points import Cut, Point, rewired


@dataclass(frozen=True, eq=False)
class Halfway:
    """What the frozen part of a network says of some images.

    Attributes
    ----------
    split : SplitNetwork
        The network.
    values : tuple of torch.Tensor
        At each point of its cut, ``(N, ...)``.
    size : int
        Side of the images, in pixels.
    """

    split: SplitNetwork
    values: tuple[torch.Tensor, ...]
    size: int

    def __len__(self) -> int:
        return len(self.values[0])

    @property
    def device(self) -> torch.device:
        """Where the values are."""
        return self.values[0].device

    def tensor_split(self, parts: int) -> tuple[Halfway, ...]:
        """Part the images, as `torch.tensor_split` does."""
        each = zip(*(values.tensor_split(parts) for values in self.values), strict=True)
        return tuple(Halfway(self.split, values, self.size) for values in each)


class SplitNetwork:
    """A network, and where it is cut.

    Parameters
    ----------
    model : nn.Module
        Not changed; computed in part.
    cut : Cut
        From `find_cut`, for a network of this architecture.

    Examples
    --------
    >>> import tlnb
    >>> from tlnb.backbones.split import find_cut
    >>> model = tlnb.create_model("resnet18", 2, weights="random").eval()
    >>> images = torch.rand(4, 3, 64, 64)
    >>> split = SplitNetwork(model, find_cut(model, images, ["stem", "stage1", "stage2", "stage3"]))
    >>> halfway = split.prefix(images)
    >>> halfway.values[0].shape
    torch.Size([4, 256, 4, 4])
    >>> bool(torch.allclose(split.logits(halfway), model(images), atol=1e-4))
    True
    """

    def __init__(self, model: nn.Module, cut: Cut) -> None:
        self.model, self.cut = model, cut
        modules = dict(model.named_modules())
        self._passed = [(name, modules[name], examples) for name, examples in cut.passed.items()]
        self._taken = [point for point in cut.points if point.taken]
        self._places = {point: place for place, point in enumerate(cut.points)}

    def prefix(self, images: torch.Tensor, compute: Compute | None = None) -> Halfway:
        """Compute the frozen part, in evaluation mode and without gradients.

        Parameters
        ----------
        images : torch.Tensor
            float32 (N, 3, H, W), normalised.
        compute : callable, optional
            What computes the network, where not the network itself (mixed precision).
        """
        return self.meet(Capture(self.model, self.cut.points, compute)(images), images.shape[-1])

    def meet(self, values: tuple[torch.Tensor, ...], size: int) -> Halfway:
        """Take values at the cut, ``(N, ...)`` each, for those of images of a side in pixels."""
        return Halfway(self, values, size)

    def logits(self, halfway: Halfway, compute: Compute | None = None) -> torch.Tensor:
        """Compute the rest: ``(N, classes)``, in the network's present mode, with gradients where they are wanted."""
        with self._beyond(halfway):
            start = halfway.values[0].new_empty(len(halfway), 3, halfway.size, halfway.size, dtype=torch.float32)
            return (compute or self.model)(start)

    @contextmanager
    def _beyond(self, halfway: Halfway) -> Iterator[None]:
        values = halfway.values
        if self.cut.changed_in_place:  # what is stored, or needed once more, must not be
            values = tuple(tensor.clone() for tensor in values)
        forwards = {module: self._passing(name, examples, values) for name, module, examples in self._passed}
        if self._taken:
            forwards |= rewired(self.model, self._taken, lambda point, _: values[self._places[point]])
        with replaced(forwards):
            yield

    def _passing(self, name: str, examples: tuple[Any, ...], values: tuple[torch.Tensor, ...]) -> Callable[..., Any]:
        calls, n = iter(range(len(examples))), len(values[0])

        def forward(*_: Any, **__: Any) -> Any:
            call = next(calls)

            def stand_in(leaf: int, example: torch.Tensor) -> torch.Tensor:
                place = self._places.get(Point(name, call, leaf))
                if place is not None:
                    return values[place]
                # Nothing that counts is computed from it: the network's code may ask for its shape, no more.
                shape = (example.shape[0] * n // self.cut.batch, *example.shape[1:])
                return values[0].new_empty(shape, dtype=example.dtype)

            return with_tensors(examples[call], stand_in)

        return forward
