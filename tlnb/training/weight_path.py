"""How far the weights go in each epoch of a training: it listens, and keeps a copy of them from epoch to epoch."""

from __future__ import annotations

import torch
from torch import nn

from tlnb.training.events import EpochDone, Event, Finished, Started


class WeightPath:
    """A listener for ``tlnb.fit(..., on_event=path)``.

    All parameters count as one vector; buffers (running statistics) do not.

    Attributes
    ----------
    lengths : list of float
        For each epoch, how far its weights ended from where it began, over their length there.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> path = WeightPath()
    >>> run = tlnb.fit(model, images, tlnb.Recipe(epochs=3), progress=False, on_event=path)
    >>> len(path.lengths), path.lengths[2] < path.lengths[0]  # a cosine decay
    (3, True)
    """

    def __init__(self) -> None:
        self.lengths: list[float] = []
        self._model: nn.Module | None = None
        self._before = torch.empty(0)

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, Started):
            self._model = event.model
            self._before = self._now()
        elif isinstance(event, EpochDone):
            now = self._now()
            self.lengths.append(float((now - self._before).norm() / self._before.norm()))
            self._before = now
        elif isinstance(event, Finished):
            self._model, self._before = None, torch.empty(0)

    def _now(self) -> torch.Tensor:
        assert self._model is not None
        return torch.cat([parameter.detach().flatten().double().cpu() for parameter in self._model.parameters()])
