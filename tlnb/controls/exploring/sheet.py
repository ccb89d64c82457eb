"""The maps of one layer for one picture: ranked, and as one sheet of small pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tlnb.backbones import MapLayer, layer_maps, map_changes

PAGE = 64  # maps at a time
SIDE = 56  # of a map on the sheet, at most; the one that is chosen comes whole
ORDERS = ("change", "mean", "number")


@dataclass(frozen=True, eq=False)
class Sheet:
    """What a layer says of a picture.

    Attributes
    ----------
    layer : MapLayer
        Which.
    maps : Tensor
        float32 ``(C, H, W)``.
    before : Tensor or None
        The same of the network before its training.
    strengths : Tensor
        float32 ``(C,)``, the mean of each map's magnitude.
    changes : Tensor or None
        float32 ``(C,)``, see `tlnb.backbones.map_changes`.
    """

    layer: MapLayer
    maps: Tensor
    before: Tensor | None
    strengths: Tensor
    changes: Tensor | None

    @classmethod
    def of(cls, layer: MapLayer, pixels: Tensor, model: nn.Module, before: nn.Module | None) -> Sheet:
        """Compute it."""
        return cls.beside(layer, layer_maps(model, pixels[None], layer.module), pixels, before)

    @classmethod
    def beside(cls, layer: MapLayer, maps: Tensor, pixels: Tensor, before: nn.Module | None) -> Sheet:
        """Compute what is before, beside maps ``(1, C, H, W)`` that are known."""
        old = None if before is None else layer_maps(before, pixels[None], layer.module)
        changes = None if old is None else map_changes(old, maps)
        return cls(layer, maps[0], None if old is None else old[0], maps[0].abs().mean((1, 2)), changes)

    @property
    def changed(self) -> bool:
        """Whether a training has changed any of the maps."""
        return self.changes is not None and bool(self.changes.max() > 1e-6)

    def ranked(self, order: str) -> Tensor:
        """Return the numbers of the maps, int64 ``(C,)``, the most changed or the strongest first."""
        if order == "number":
            return torch.arange(len(self.maps))
        by = self.changes if order == "change" and self.changes is not None else self.strengths
        return by.sort(descending=True, stable=True).indices

    def told(self, number: int) -> str:
        """Say how much a map has changed, or how strong it is."""
        strength = f"mean {self.strengths[number]:.2g}"
        return strength if self.changes is None else f"change {self.changes[number]:.2g}, {strength}"

    def page(self, order: str, page: int) -> tuple[dict[str, Any], list[bytes]]:
        """Return the message of one page of the sheet, with its pixels, now and before: each from least to greatest."""
        chosen = self.ranked(order)[page * PAGE : (page + 1) * PAGE]
        by = self.changes if order == "change" and self.changes is not None else self.strengths
        height, width = (min(SIDE, length) for length in self.maps.shape[1:])
        sets = [self.maps] if self.before is None else [self.maps, self.before]
        small = torch.stack([F.adaptive_avg_pool2d(maps[chosen][None], (height, width))[0] for maps in sets])
        low, high = small.amin((0, 2, 3)), small.amax((0, 2, 3))  # of each map, before and after together
        content = {
            "kind": "maps",
            "layer": self.layer.name,
            "numbers": chosen.tolist(),
            "values": [f"{by[number]:.2g}" for number in chosen.tolist()],
            "height": height,
            "width": width,
        }
        return content, [_grey(maps, low[:, None, None], high[:, None, None]) for maps in small]

    def one(self, number: int) -> tuple[dict[str, Any], list[bytes]]:
        """Return the message of one map as it is, and before where there is that, on one scale."""
        both = [self.maps[number], *(() if self.before is None else (self.before[number],))]
        low, high = min(one.min() for one in both), max(one.max() for one in both)
        content = {
            "kind": "map",
            "number": number,
            "height": both[0].shape[0],
            "width": both[0].shape[1],
            "low": f"{low:.3g}",
            "high": f"{high:.3g}",
            "says": f"Map {number} of {self.layer.name}: {self.told(number)}",
        }
        return content, [_grey(one, low, high) for one in both]


def _grey(values: Tensor, low: Tensor, high: Tensor) -> bytes:
    return ((values - low) / (high - low).clamp_min(1e-12) * 255).round().to(torch.uint8).numpy().tobytes()
