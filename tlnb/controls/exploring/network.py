"""One network as the explorer computes with it: in the page's messages, and meanwhile in a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from tlnb.backbones import (
    MapLayer,
    ReceptiveField,
    extract_features,
    layer_groups,
    layer_means,
    map_layers,
    model_card,
    receptive_fields,
    twin_of,
)
from tlnb.backbones.membership import outer_modules
from tlnb.controls.exploring.pictures import Pictures
from tlnb.training import Run

HEAD = "what the head gets"
_MOST_OF_ALL = 2 / 3  # of a set: if so many of its images are wanted, features of all are what others compute too


class Network:
    """A network, with twins of its modules for each thread that computes.

    Parameters
    ----------
    model : nn.Module or Run
        Never changed.
    size : int
        Side of the images, in pixels.
    """

    def __init__(self, model: nn.Module | Run, size: int) -> None:
        own = model.model if isinstance(model, Run) else model
        card = model_card(own)
        self.size, self.classes = size, card.classes
        self.now, self.aside, self.followed = (self._twin(own, card) for _ in range(3))

    @staticmethod
    def _twin(own: nn.Module, card: Any) -> nn.Module:
        twin = twin_of(own).eval()
        twin.tlnb_card = card  # else a network of one's own is told of as unknown at each pass
        return twin

    @cached_property
    def layers(self) -> tuple[MapLayer, ...]:
        """What gives maps, and what does not."""
        return map_layers(self.now, self.size)

    @cached_property
    def ends(self) -> tuple[MapLayer, ...]:
        """The outputs of the layer groups that give maps."""
        return tuple(layer for layer in self.layers if layer.kind == "output" and layer.shape)

    @cached_property
    def depths(self) -> dict[str, str]:
        """The module that gives what each layer group gives, map or vector; the head is none of them."""
        groups = layer_groups(self.now)
        last = {group: modules[-1] for group, modules in outer_modules(self.now, groups).items() if modules}
        ends = {layer.name: layer.module for layer in self.ends}
        names = [group.name for group in groups[:-1]]
        return {name: ends.get(name, last.get(name, "")) for name in names if name in ends or name in last}

    def fields(self) -> dict[str, ReceptiveField]:
        """Return what the places of each layer's maps see, by module; to be called in a thread."""
        modules = list(dict.fromkeys(layer.module for layer in self.layers if layer.shape))
        found = receptive_fields(self.followed, None, self.size)
        names = {layer.name: layer.module for layer in self.layers}
        return {names[name]: field for name, field in found.items() if names.get(name) in modules}

    def features(self, pictures: Pictures, layer: str, tell: Callable[[int, int], None]) -> Tensor:
        """Return features of the pictures of a set, float32 ``(n, D)``, in the order of `pictures.rows`; in a thread.

        Parameters
        ----------
        pictures : Pictures
            The set.
        layer : str
            A module, whose maps' means they are, or `HEAD`.
        tell : callable
            Gets how many images of how many are done.
        """
        if layer == HEAD:
            return self._of(pictures, lambda pixels: [extract_features(self.aside, pixels, on_batch=tell)])[0]
        return self.means(pictures, [layer], tell)[layer]

    def means(self, pictures: Pictures, layers: Sequence[str], tell: Callable[[int, int], None]) -> dict[str, Tensor]:
        """Return the means of several modules' maps, as `features`."""

        def compute(pixels: Tensor) -> list[Tensor]:
            return list(layer_means(self.aside, pixels, layers, on_batch=tell).values())

        return dict(zip(layers, self._of(pictures, compute), strict=True))

    def _of(self, pictures: Pictures, compute: Callable[[Tensor], list[Tensor]]) -> list[Tensor]:
        rows, pixels = pictures.rows, pictures.pixels
        if len(rows) >= _MOST_OF_ALL * len(pixels):
            return [features[rows] for features in compute(pixels)]  # the same entry of the cache as a lesson's cells
        return compute(pixels[rows])


def scattered(features: Tensor, rows: Tensor, count: int) -> Tensor:
    """Put features of some rows among all, float32 ``(count, D)``; the others are not numbers, and nobody uses them."""
    whole = torch.full((count, features.shape[1]), float("nan"))
    whole[rows] = features
    return whole


def titled(what: str, when: str, networks: Mapping[str, Network]) -> str:
    """Say of which network something is, where there are two."""
    return what if len(networks) == 1 else f"{what} {when} the training"
