"""Writes what the page's own model of the rates is held to: the rates of real optimisers, as JSON.

Run it anew when schedules or rates change: ``python tests/unit/controls/rates/rates_for_the_page.py``
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tlnb.controls.rates.shown import Shown
from tlnb.training import SCHEDULES, Recipe
from tlnb.training.schedules import RateClock

PLACE = Path(__file__).parents[4] / "widgets" / "learning_rates" / "optimiser.json"
NAMES = ("stem", "stage1", "stage2", "head")
RECIPES = [
    *(Recipe(schedule=name, epochs=4) for name in SCHEDULES),
    *(Recipe(schedule=name, epochs=3, warmup_epochs=0.5) for name in SCHEDULES),
    Recipe(schedule="step", schedule_options={"every": 0.7, "factor": 0.3}, warmup_epochs=1.1),
    Recipe(schedule="exponential", schedule_options={"factor": 0.05}),
    Recipe(schedule="cosine", schedule_options={"floor": 0.2}),
    Recipe(schedule="one_cycle", schedule_options={"rise": 0.01}, epochs=2),
    Recipe(schedule="one_cycle", warmup_epochs=1.9, epochs=2),
    Recipe(schedule="triangular", schedule_options={"cycle": 0.9, "floor": 0.3}),
    Recipe(schedule="exp_range", schedule_options={"cycle": 1.5, "factor": 0.2, "floor": 0.01}),
    Recipe(schedule="restarts", schedule_options={"cycle": 0.5, "growth": 3, "floor": 0.1}, epochs=7),
    Recipe(schedule="restarts", schedule_options={"growth": 1}, warmup_epochs=0.25),
    Recipe(schedule="polynomial", schedule_options={"power": 0.5}),
]
FANS = [
    Recipe(trainable="all", learning_rate=0.01, rate_ratio=0.3, layer_decay=0.7, epochs=3, warmup_epochs=0.5),
    Recipe(trainable=1, learning_rate=0.02, rate_factors={"stem": 0.001, "stage2": 2.5}, epochs=3),
    Recipe(trainable="head", thaw=[(0.5, 1), (1.3, "all")], rate_ratio=0.1, layer_decay=0.5, epochs=2),
]


class Small(nn.Module):
    """Four layer groups."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 2)
        self.body = nn.Sequential(nn.Conv2d(4, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1))
        self.pool, self.flat = nn.AdaptiveAvgPool2d(1), nn.Flatten()
        self.head = nn.Linear(4, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, 2)."""
        return self.head(self.flat(self.pool(self.body(self.stem(images)))))


def written() -> str:
    """Return the file's text."""
    per_epochs = (10, 7)
    shares = [_share(recipe, per_epoch) for recipe in RECIPES for per_epoch in per_epochs]
    return json.dumps({"shares": shares, "fans": [_fan(recipe, 10) for recipe in FANS], "stalls": _stalls()}) + "\n"


def _shape(recipe: Recipe, per_epoch: int) -> dict[str, Any]:
    return Shown(recipe, NAMES, frozenset(NAMES), per_epoch).state()["shape"]


def _share(recipe: Recipe, per_epoch: int) -> dict[str, Any]:
    curves = recipe.rates(Small(), per_epoch * recipe.batch_size)
    rates = curves.rates[:, -1] / recipe.learning_rate
    return {"shape": _shape(recipe, per_epoch), "shares": [float(f"{share:.9g}") for share in rates]}


def _fan(recipe: Recipe, per_epoch: int) -> dict[str, Any]:
    curves = recipe.rates(Small(), per_epoch * recipe.batch_size)
    state = Shown(recipe, curves.groups, frozenset(curves.groups), per_epoch).state()
    rates = [[float(f"{rate:.9g}") for rate in step] for step in curves.rates.tolist()]
    return {"groups": curves.groups, **{name: state[name] for name in ("peaks", "shape", "starts")}, "rates": rates}


def _stalls() -> list[dict[str, Any]]:
    """Step "plateau" through a run in which no epoch is better than the first."""
    found = []
    for options, warmup in (({}, 0.0), ({"patience": 0, "factor": 0.5, "floor": 0.2}, 0.0), ({"patience": 2}, 1.5)):
        recipe = Recipe(schedule="plateau", schedule_options=options, epochs=9, warmup_epochs=warmup)
        clock, shares = RateClock(recipe, 90, 10), []
        for step in range(90):
            shares.append(float(f"{clock.factor:.9g}"))
            clock.step()
            if step % 10 == 9:
                clock.after_epoch(1.0)
        found.append({"shape": _shape(recipe, 10), "shares": shares})
    return found


if __name__ == "__main__":
    PLACE.write_text(written(), encoding="utf-8")
