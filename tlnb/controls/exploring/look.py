"""What is looked at: a picture, a layer, one of its maps, a class that is asked for, what is covered."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tlnb.backbones import MapLayer, class_activation, occlusion_scores
from tlnb.backbones.maps import maps_and_logits
from tlnb.controls.exploring.network import Network
from tlnb.controls.exploring.pictures import Pictures, Shown, as_bytes
from tlnb.controls.exploring.sheet import ORDERS, PAGE, Sheet
from tlnb.core.errors import ModelError, TlnbError, did_you_mean

SCORES = 6  # classes whose probabilities are shown: the likeliest
Message = tuple[dict[str, Any], list[bytes]]


class Look:
    """One picture seen by one or two networks.

    Parameters
    ----------
    after, before : Network, Network or None
        The network, and what it was before its training.
    shown : Shown
        The picture to begin with.
    layer : str, optional
        The layer to begin with; by default the last that gives maps of more than a few places.
    names : sequence of str
        Of the network's classes.
    """

    def __init__(
        self, after: Network, before: Network | None, shown: Shown, layer: str | None, names: tuple[str, ...]
    ) -> None:
        self.after, self.before, self.names = after, before, names
        self.order, self.page = ("mean" if before is None else "change"), 0
        self.number: int | None = None  # of the map that is looked at
        self.target: int | None = None  # the class whose activation is
        self.heat: Tensor | None = None
        self.cover: Tensor | None = None  # bool (side, side)
        self.shown, self.layer = shown, self._begin(layer)
        self._compute()
        if layer is None and before is not None and not self.sheet.changed:
            self.choose_layer(after.ends[-1].name)  # trained were later layers alone

    @property
    def networks(self) -> dict[str, Network]:
        """What is compared, by when."""
        return {"after": self.after} if self.before is None else {"before": self.before, "after": self.after}

    def _begin(self, name: str | None) -> MapLayer:
        if name is not None:
            return self.layer_named(name)
        if not self.after.ends:
            raise ModelError("This network gives no maps anywhere: there is nothing to show of a picture.")
        wide = [layer for layer in self.after.ends if layer.shape and layer.shape[1] >= 6]
        return (wide or list(self.after.ends))[-1]

    def layer_named(self, name: str) -> MapLayer:
        """Return a layer that gives maps.

        Raises
        ------
        ModelError
            If there is none of this name, or it gives no maps.
        """
        found = next((layer for layer in self.after.layers if layer.name == name), None)
        if found is None:
            known = [layer.name for layer in self.after.layers]
            groups = ", ".join(layer.name for layer in self.after.ends)
            raise ModelError(f"There is no layer {name!r}; the groups are {groups}.{did_you_mean(name, known)}")
        if found.shape is None:
            raise ModelError(f"{name} {found.reason}: choose an earlier layer.")
        return found

    def _compute(self) -> None:
        old = None if self.before is None else self.before.now
        pixels = self.shown.pixels
        maps, logits = maps_and_logits(self.after.now, pixels[None], self.layer.module)
        self.sheet = Sheet.beside(self.layer, maps, pixels, old)
        self.whole = logits[0].softmax(0)
        self.covered: Tensor | None = None

    # What a hand does.

    def choose_layer(self, name: str) -> None:
        """Look at another layer."""
        self.layer, self.page, self.number = self.layer_named(name), 0, None
        old = None if self.before is None else self.before.now
        self.sheet = Sheet.of(self.layer, self.shown.pixels, self.after.now, old)
        if self.heat is not None:
            self.activate(self.target)

    def choose_picture(self, shown: Shown) -> None:
        """Look at another picture; the layer, and the map, stay."""
        self.shown, self.cover = shown, None
        self._compute()
        if self.heat is not None:
            self.activate(self.target)

    def choose_order(self, order: str) -> None:
        """Rank the maps otherwise."""
        if order not in ORDERS or (order == "change" and self.before is None):
            raise TlnbError(f"Maps cannot be ranked by {order!r}; there is {', '.join(ORDERS)} (change needs before=).")
        self.order, self.page = order, 0

    def choose_page(self, page: int) -> None:
        """Turn to another page of the sheet."""
        self.page = min(max(int(page), 0), self.pages - 1)

    def choose_map(self, number: int | None) -> None:
        """Look at one map."""
        if number is not None and not 0 <= number < len(self.sheet.maps):
            raise TlnbError(f"{self.layer.name} has no map {number}; it has 0 to {len(self.sheet.maps) - 1}.")
        self.number = number

    def activate(self, target: int | None) -> None:
        """Ask where the layer finds what speaks for a class; None for the likeliest."""
        own = int(self.whole.argmax()) if target is None else int(target)
        self.heat = class_activation(self.after.now, self.shown.pixels[None], own, self.layer.module)[0][0]
        self.target = own

    def rest(self) -> None:
        """Ask for no class any more: another picture then needs no gradient."""
        self.heat = None

    def cover_up(self, mask: str, side: int) -> None:
        """Cover squares of the picture: ``side * side`` times "0" or "1", row by row."""
        if len(mask) != side * side or set(mask) - {"0", "1"}:
            raise TlnbError(f"A cover of {side} x {side} squares needs as many of 0 and 1, not {len(mask)} signs.")
        cover = torch.tensor([sign == "1" for sign in mask]).view(side, side)
        self.cover = cover if cover.any() else None
        self.covered = (
            None if self.cover is None else occlusion_scores(self.after.now, self.shown.pixels, cover[None])[0]
        )

    # What is told.

    @property
    def pages(self) -> int:
        """How many pages the sheet has."""
        return -(-len(self.sheet.maps) // PAGE)

    def scores(self) -> list[tuple[str, float]]:
        """Return the likeliest classes of the whole picture with their probabilities."""
        best = self.whole.topk(min(SCORES, len(self.whole))).indices.tolist()
        return [(self.names[i], float(self.whole[i])) for i in best]

    def state(self) -> dict[str, Any]:
        """Return what the page is told of it, as plain data."""
        best = self.whole.topk(min(SCORES, len(self.whole))).indices.tolist()
        covered = self.covered
        return {
            "picture": {"title": self.shown.title, "label": self.shown.label, "row": self.shown.row},
            "layer": self.layer.name,
            "order": self.order,
            "page": self.page,
            "pages": self.pages,
            "map": self.number,
            "target": self.target,
            "scores": [
                {
                    "class": i,
                    "name": self.names[i],
                    "whole": round(float(self.whole[i]), 3),
                    "covered": None if covered is None else round(float(covered[i]), 3),
                }
                for i in best
            ],
            "share": 0 if self.cover is None else round(float(self.cover.float().mean()), 3),
        }

    def messages(self, *kinds: str) -> list[Message]:
        """Return the messages of some kinds that there are now, with their pixels, for the page."""
        made: dict[str, Message | None] = {
            "image": self._image() if "image" in kinds else None,
            "maps": self.sheet.page(self.order, self.page) if "maps" in kinds else None,
            "map": self.sheet.one(self.number) if "map" in kinds and self.number is not None else None,
            "heat": self._heat() if "heat" in kinds else None,
        }
        return [message for message in made.values() if message is not None]

    def _image(self) -> Message:
        channels, size, _ = self.shown.pixels.shape
        return {"kind": "image", "size": size, "channels": channels}, [as_bytes(self.shown.pixels)]

    def _heat(self) -> Message | None:
        if self.heat is None or self.target is None:
            return None
        most = float(self.heat.max())
        height, width = self.heat.shape
        name = self.names[self.target]
        if most <= 0:
            says = f"Nothing in {self.layer.name} speaks for {name} here."
        else:
            row, column = divmod(int(self.heat.argmax()), width)
            place = f"row {row + 1} of {height}, column {column + 1} of {width}"
            says = f"What speaks for {name} in {self.layer.name}: most of it at {place}."
        shades = (self.heat / max(most, 1e-12) * 255).round().to(torch.uint8).numpy().tobytes()
        return {"kind": "heat", "height": height, "width": width, "says": says}, [shades]


def class_names(network: Network, pictures: Pictures) -> tuple[str, ...]:
    """Return the names of a network's classes: those of the images where there are as many."""
    names = pictures.images.classes
    return names if len(names) == len(network.classes) else tuple(f"class {name}" for name in network.classes)
