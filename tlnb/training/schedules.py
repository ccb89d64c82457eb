"""How rates change over a run: one clock for all layer groups, moved by torch's own schedulers.

Several of these set an absolute rate (``eta_min``, ``base_lr``), which would level groups that have rates of their own.
Here each moves the rate of a single number that peaks at 1, and every group's own peak is multiplied by that: their
ratios stay, whatever the schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import lr_scheduler

from tlnb.core.errors import DataError, RecipeError
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.schedule_options import SCHEDULES, schedule_values

WARMUP_START = 0.01  # of the peak, at a warm-up's first step


@dataclass(frozen=True)
class _Run:
    """What a scheduler is made for: steps after the warm-up, steps of an epoch, its options, the recipe."""

    steps: int
    per_epoch: int
    options: Mapping[str, float]
    recipe: Recipe

    def in_steps(self, option: str, least: int = 1) -> int:
        """Give an option that counts epochs in steps."""
        count = round(self.options[option] * self.per_epoch)
        if count < least:
            raise RecipeError(
                f"schedule={self.recipe.schedule!r} with {option}={self.options[option]:g} epochs is {count} step(s) "
                f"of these images, and needs {least}: give {option} more, or make batch_size smaller."
            )
        return count


def warmup_steps(recipe: Recipe, steps_per_epoch: int) -> int:
    """Return how many steps the rates rise before the schedule begins; ``"one_cycle"`` has a rise of its own."""
    return 0 if recipe.schedule == "one_cycle" else round(recipe.warmup_epochs * steps_per_epoch)


class RateClock:
    """The share of every group's peak rate that a step has, and the momentum, where the schedule moves it.

    Parameters
    ----------
    recipe : Recipe
        Gives schedule, warm-up, momentum and what ``"plateau"`` watches.
    steps, steps_per_epoch : int
        Optimiser steps of the whole run and of one epoch.

    Attributes
    ----------
    done : int
        Steps done so far.

    Raises
    ------
    RecipeError
        If a length that the schedule counts in epochs is less than a step.

    Examples
    --------
    >>> from tlnb.training import Recipe
    >>> clock = RateClock(Recipe(schedule="cosine", epochs=2), steps=4, steps_per_epoch=2)
    >>> shares = []
    >>> for _ in range(4):
    ...     shares.append(round(clock.factor, 2))
    ...     clock.step()
    >>> shares
    [1.0, 0.85, 0.5, 0.15]
    """

    def __init__(self, recipe: Recipe, steps: int, steps_per_epoch: int) -> None:
        self.done, self._recipe = 0, recipe
        self._warmup = warmup_steps(recipe, steps_per_epoch)
        name, arguments = scheduler_arguments(recipe, max(1, steps - self._warmup), steps_per_epoch)
        self._number = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=recipe.momentum)
        self._scheduler: Any = getattr(lr_scheduler, name)(self._number, **arguments)

    @property
    def factor(self) -> float:
        """What the next step multiplies every group's peak rate by, in [0, 1]."""
        if self.done < self._warmup:  # Goyal et al., "Accurate, Large Minibatch SGD", 2017
            return WARMUP_START + (1 - WARMUP_START) * self.done / self._warmup
        return float(self._number.param_groups[0]["lr"])

    @property
    def momentum(self) -> float | None:
        """The next step's momentum; None where the schedule leaves it alone."""
        if not SCHEDULES[self._recipe.schedule].moves_momentum:
            return None
        return float(self._number.param_groups[0]["momentum"])

    def step(self) -> None:
        """Go on by one step."""
        if self.done >= self._warmup and self._recipe.schedule != "plateau":
            self._number.step()  # torch warns of a scheduler that goes before its optimiser
            self._scheduler.step()
        self.done += 1

    def after_epoch(self, value: float | None) -> None:
        """Tell what the epoch's validation gave; ``"plateau"`` goes by it, others do not look.

        Parameters
        ----------
        value : float or None
            The recipe's ``monitor`` on the validation images.

        Raises
        ------
        DataError
            If the schedule goes by it and there is none.
        """
        if self._recipe.schedule != "plateau":
            return
        if value is None:
            raise DataError(
                f'schedule="plateau" watches the validation {self._recipe.monitor}, and there is none. Keep validation '
                'images (valid=0.15), or watch another monitor ("auc" needs two classes), or take another schedule.'
            )
        if self.done > self._warmup:  # an epoch of warming up says nothing of the peak rate
            self._scheduler.step(value)

    def state_dict(self) -> dict[str, Any]:
        """Return where the clock stands, as plain data, for a checkpoint."""
        group = self._number.param_groups[0]
        state = {name: value for name, value in self._scheduler.state_dict().items() if _is_plain(value)}
        return {"done": self.done, "lr": group["lr"], "momentum": group["momentum"], "scheduler": state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put it where `state_dict` found it."""
        self.done = state["done"]
        self._number.param_groups[0].update(lr=state["lr"], momentum=state["momentum"])
        self._scheduler.load_state_dict(dict(state["scheduler"]))


def _is_plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    return value is None or isinstance(value, (bool, int, float, str))


def scheduler_arguments(recipe: Recipe, steps: int, steps_per_epoch: int) -> tuple[str, dict[str, Any]]:
    """Return which of torch's schedulers a recipe means, and its arguments, for a rate that peaks at 1.

    Parameters
    ----------
    recipe : Recipe
        Gives the schedule.
    steps, steps_per_epoch : int
        Steps after the warm-up, and steps of an epoch.

    Returns
    -------
    tuple of str and dict
        A name in ``torch.optim.lr_scheduler`` and plain values.

    Raises
    ------
    RecipeError
        If a length that the schedule counts in epochs is less than a step.

    Examples
    --------
    >>> from tlnb.training import Recipe
    >>> scheduler_arguments(Recipe(schedule="step", schedule_options={"every": 2}), 50, 10)
    ('StepLR', {'step_size': 20, 'gamma': 0.1})
    """
    options = schedule_values(recipe.schedule, recipe.schedule_options, recipe.epochs)
    return _ARGUMENTS[recipe.schedule](_Run(steps, steps_per_epoch, options, recipe))


def _one_cycle(run: _Run) -> tuple[str, dict[str, Any]]:
    total = max(2, run.steps)  # one step is no cycle
    rise = run.recipe.warmup_epochs * run.per_epoch or run.options["rise"] * total
    rise = min(max(1.0, rise), total - 1.0)  # torch divides by the length of either part
    momentum = run.recipe.momentum
    return "OneCycleLR", {
        "max_lr": 1.0,
        "total_steps": total + 1,
        "pct_start": (rise + 1) / (total + 1),
        "base_momentum": max(0.0, momentum - run.options["momentum_drop"]),
        "max_momentum": momentum,
    }


def _cyclical(run: _Run) -> tuple[str, dict[str, Any]]:
    cycle = run.in_steps("cycle", least=2)
    return "CyclicLR", {
        "base_lr": run.options["floor"],
        "max_lr": 1.0,
        "step_size_up": cycle / 2,
        "mode": "exp_range",
        "gamma": run.options.get("factor", 1.0) ** (1 / cycle),
        "cycle_momentum": False,
    }


_ARGUMENTS: dict[str, Callable[[_Run], tuple[str, dict[str, Any]]]] = {
    "constant": lambda run: ("ConstantLR", {"factor": 1.0}),
    "step": lambda run: ("StepLR", {"step_size": run.in_steps("every"), "gamma": run.options["factor"]}),
    "exponential": lambda run: ("ExponentialLR", {"gamma": run.options["factor"] ** (1 / run.per_epoch)}),
    "cosine": lambda run: ("CosineAnnealingLR", {"T_max": run.steps, "eta_min": run.options["floor"]}),
    "one_cycle": _one_cycle,
    "triangular": _cyclical,
    "exp_range": _cyclical,
    "restarts": lambda run: (
        "CosineAnnealingWarmRestarts",
        {"T_0": run.in_steps("cycle"), "T_mult": int(run.options["growth"]), "eta_min": run.options["floor"]},
    ),
    "polynomial": lambda run: ("PolynomialLR", {"total_iters": run.steps, "power": run.options["power"]}),
    "plateau": lambda run: (
        "ReduceLROnPlateau",
        {
            "mode": "min" if run.recipe.monitor == "loss" else "max",
            "factor": run.options["factor"],
            "patience": int(run.options["patience"]),
            "threshold": 0.0,
            "min_lr": run.options["floor"],
        },
    ),
}
