"""What a hand can do to the explorer: each `_do_…` is an action of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tlnb.controls.control import Control
from tlnb.controls.exploring.job import Job
from tlnb.controls.exploring.look import Look
from tlnb.controls.exploring.pictures import Pictures
from tlnb.controls.exploring.points import caught, thumbnail
from tlnb.core.errors import TlnbError


class ExplorerHand(Control):
    """The actions of `FeatureExplorer`, which gives what they work on."""

    _look: Look
    _pictures: Pictures
    _projecting: Job
    _probing: Job
    selected: tuple[int, ...]

    def choose(self, layer: str | None = None, map: int | None = None, order: str | None = None) -> None:
        """Look at another layer, at one of its maps, or rank them otherwise."""
        raise NotImplementedError

    def project(self, method: str = "pca", layer: str | None = None) -> None:
        """Begin to lay the images out in a plane."""
        raise NotImplementedError

    def probe(self, seeds: Sequence[int] = ()) -> None:
        """Begin to score a linear classifier on each layer group."""
        raise NotImplementedError

    def show(self, image: Any) -> None:
        """Look at another picture."""
        raise NotImplementedError

    def _tell(self, *kinds: str) -> None:
        """Send what is drawn of pixels, where somebody looks."""
        for content, buffers in self._look.messages(*kinds) if self._views else ():
            self.send(content, buffers)

    def _do_layer(self, name: str, commit: bool = True) -> None:
        self.choose(layer=name)

    def _do_order(self, name: str, commit: bool = True) -> None:
        self.choose(order=name)

    def _do_page(self, page: int, commit: bool = True) -> None:
        self._look.choose_page(page)
        self._tell("maps")

    def _do_map(self, number: int | None, commit: bool = True) -> None:
        self._look.choose_map(number)
        self._tell("map")

    def _do_step(self, by: int, commit: bool = True) -> None:
        """Go to the next picture of the set, or the one before; from one's own, to the first."""
        row = self._look.shown.row
        rows = self._pictures.rows
        place = 0 if row is None else (int(torch.searchsorted(rows, row)) + int(by)) % len(rows)
        self.show(int(rows[place]))

    def _do_pick(self, place: int, commit: bool = True) -> None:
        self.show(int(self._pictures.rows[self._places([place])[0]]))

    def _do_activate(self, target: int | None, commit: bool = True) -> None:
        self._look.activate(target)
        self._tell("heat")

    def _do_rest(self, commit: bool = True) -> None:
        self._look.rest()

    def _do_cover(self, mask: str, side: int, commit: bool = True) -> None:
        self._look.cover_up(mask, side)

    def _do_project(self, method: str, layer: str, commit: bool = True) -> None:
        self.project(method, layer)

    def _do_probe(self, commit: bool = True) -> None:
        self.probe()

    def _do_stop(self, what: str, commit: bool = True) -> None:
        {"project": self._projecting, "probe": self._probing}[what].stop()

    def _do_thumb(self, place: int, commit: bool = True) -> None:
        self.send(*thumbnail(self._pictures, int(self._places([place])[0])))

    def _do_catch(self, places: Sequence[int], commit: bool = True) -> None:
        chosen = self._places(places)
        self.selected = tuple(self._pictures.rows[chosen].tolist())
        self.send(*caught(self._pictures, chosen))

    def _places(self, places: Sequence[int]) -> Tensor:
        chosen = torch.tensor(sorted({int(place) for place in places}), dtype=torch.int64)
        if len(chosen) and not 0 <= int(chosen[0]) <= int(chosen[-1]) < len(self._pictures.rows):
            raise TlnbError(f"Points are numbered from 0 to {len(self._pictures.rows) - 1}.")
        return chosen
