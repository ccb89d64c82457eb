"""A recipe on one model as the page gets it: plain data, and a key for what its curves go by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tlnb.controls.rates.trace import MOST_STEPS, key
from tlnb.training import SCHEDULES, Recipe
from tlnb.training.optimisation import group_rates
from tlnb.training.preview import thaw_epochs
from tlnb.training.recipe.schedule_options import Option, schedule_values
from tlnb.training.recipe.selection import fixed_groups
from tlnb.training.schedules import scheduler_arguments


@dataclass(frozen=True)
class Shown:
    """A recipe on one model.

    Parameters
    ----------
    recipe : Recipe
        What is shown.
    names : tuple of str
        The model's layer groups, input to head.
    learns : frozenset of str
        Those of which anything can learn with this recipe.
    per_epoch : int
        Steps of an epoch.
    """

    recipe: Recipe
    names: tuple[str, ...]
    learns: frozenset[str]
    per_epoch: int

    @cached_property
    def rates(self) -> dict[str, float]:
        """Each group's peak rate."""
        return group_rates(self.recipe, self.names)

    @cached_property
    def starts(self) -> dict[str, float | None]:
        """From which epoch each group trains; None for never."""
        found = thaw_epochs(self.recipe, self.names)
        return {name: start if name in self.learns else None for name, start in found.items()}

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.recipe.epochs * self.per_epoch

    def check(self) -> None:
        """Raise RecipeError for what shows only with a model and a number of steps."""
        _ = self.rates, self.starts
        fixed_groups(self.names, self.recipe.fixed_statistics)
        scheduler_arguments(self.recipe, self.steps, self.per_epoch)

    @property
    def key(self) -> str:
        """A short name for all that the run's rates go by."""
        recipe = self.recipe
        shape = (recipe.schedule, recipe.schedule_options, recipe.warmup_epochs, recipe.epochs, self.per_epoch)
        return key(self.rates, self.starts, shape, recipe.optimizer)

    def state(self) -> dict[str, Any]:
        """Return what the page draws."""
        recipe = self.recipe
        return {
            "peaks": {
                "learning_rate": recipe.learning_rate,
                "rate_ratio": recipe.rate_ratio,
                "layer_decay": recipe.layer_decay,
                "factors": dict(recipe.rate_factors),
            },
            "shape": {
                "schedule": recipe.schedule,
                "options": schedule_values(recipe.schedule, recipe.schedule_options, recipe.epochs),
                "warmup": recipe.warmup_epochs,
                "epochs": recipe.epochs,
                "perEpoch": self.per_epoch,
            },
            "starts": list(self.starts.values()),
            "when": [_when(start) for start in self.starts.values()],
            "thaws": self._thaws(),
            "fan": [_setting(name, name, getattr(recipe, name), 0, 1, 0.01) for name in self._fanned()],
            "settings": self._settings(),
            "source": self._source(),
            "of": self.key,
        }

    def axis(self, swept: Iterable[float]) -> tuple[float, float]:
        """Return whole decades that hold all peak rates, and those that a range test tried."""
        rates = [*self.rates.values(), *swept]
        low, high = math.floor(math.log10(min(rates)) + 1e-9), math.ceil(math.log10(max(rates)) - 1e-9)
        return 10.0 ** min(-6, low), 10.0 ** max(0, high)

    def run(self) -> tuple[float, float]:
        """Return between which rates the run is drawn: what falls to nothing leaves at the bottom."""
        train = [rate for name, rate in self.rates.items() if self.starts[name] is not None] or [*self.rates.values()]
        return min(train) / 50, max(train) * 1.6

    def _fanned(self) -> tuple[str, ...]:
        return ("rate_ratio", "layer_decay")[: len(self.names) - 1]

    def _thaws(self) -> list[tuple[float, str]]:
        later: dict[float, list[str]] = {}
        for name, start in self.starts.items():
            if start:
                later.setdefault(start, []).append(name)
        return [(start, _thaw(later[start])) for start in sorted(later)]

    def _settings(self) -> list[dict[str, Any]]:
        recipe = self.recipe
        values = schedule_values(recipe.schedule, recipe.schedule_options, recipe.epochs)
        options = SCHEDULES[recipe.schedule].options
        warmup = _setting("warmup_epochs", "warm-up", recipe.warmup_epochs, 0, recipe.epochs - 0.01, 0.1, " epochs")
        return [warmup, *(self._option(name, option, values[name]) for name, option in options.items())]

    def _option(self, name: str, option: Option, value: float) -> dict[str, Any]:
        words, unit = name.replace("_", " "), " epochs" if option.epochs or name == "patience" else ""
        if option.epochs:  # a cycle needs two steps
            return _setting(name, words, value, math.ceil(200 / self.per_epoch) / 100, self.recipe.epochs, 0.1, unit)
        step = 1 if option.whole else 0.1 if option.high > 1 else 0.01
        low = option.low if option.ends[0] == "[" else option.low + step
        high = option.high if option.ends[1] == "]" else option.high - step
        return _setting(name, words, value, low, high, step, unit)

    def _source(self) -> str:
        if self.steps > MOST_STEPS:
            return f"{self.steps:,} steps are many to read from the optimiser: the lines are this page's own preview."
        return "Each line is read, step by step, from the optimiser that would train."


def _setting(
    name: str, label: str, value: float, low: float, high: float, step: float, unit: str = ""
) -> dict[str, Any]:
    return {"name": name, "label": label, "unit": unit, "value": value, "low": low, "high": high, "step": step}


def _thaw(names: Sequence[str]) -> str:
    if len(names) > 2:
        return f"{len(names)} groups thaw"
    return f"{' and '.join(names)} thaw{'s' if len(names) == 1 else ''}"


def _when(start: float | None) -> str:
    return "❄ frozen" if start is None else f"from epoch {start:g}" if start else ""
