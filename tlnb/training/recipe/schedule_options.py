"""The schedules by name, and what can be set of each: plain data, checked without torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tlnb.core.errors import RecipeError, did_you_mean


@dataclass(frozen=True)
class Option:
    """A number that a schedule takes.

    Parameters
    ----------
    default : float
        What it is if not given.
    low, high : float
        Its range.
    ends : str
        Whether the ends are allowed: ``"[]"``, ``"()"`` and so on.
    epochs : bool
        Whether it counts epochs, so that it may not be longer than the run.
    whole : bool
        Whether it is a whole number.
    """

    default: float
    low: float
    high: float
    ends: str
    epochs: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Schedule:
    """What a schedule is called in the field, what it does, and what can be set of it."""

    title: str
    summary: str
    options: Mapping[str, Option]
    moves_momentum: bool = False


_FACTOR = Option(0.1, 0, 1, "()")
_FLOOR = Option(0.0, 0, 1, "[)")
_CYCLE = Option(2.0, 0, math.inf, "()", epochs=True)

SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("constant rate", "the peak rate throughout", {}),
    "step": Schedule(
        "step decay",
        "`factor` times the rate after `every` so many epochs",
        {"every": Option(1.0, 0, math.inf, "()", epochs=True), "factor": _FACTOR},
    ),
    "exponential": Schedule(
        "exponential decay",
        "`factor` times the rate each epoch, in every step a little",
        {"factor": Option(0.5, 0, 1, "()")},
    ),
    "cosine": Schedule(
        "cosine decay", "half a cosine down to `floor` (Loshchilov & Hutter, SGDR, 2017)", {"floor": _FLOOR}
    ),
    "one_cycle": Schedule(
        "one-cycle",
        "up for the share `rise` of the run and down to nothing, momentum the other way by `momentum_drop` "
        "(Smith, A disciplined approach to neural network hyper-parameters, 2018)",
        {"rise": Option(0.3, 0, 1, "()"), "momentum_drop": Option(0.1, 0, 1, "[)")},
        moves_momentum=True,
    ),
    "triangular": Schedule(
        "cyclical (triangular)",
        "up from `floor` and down again, in `cycle` epochs each time (Smith, Cyclical Learning Rates, 2017)",
        {"cycle": _CYCLE, "floor": Option(0.1, 0, 1, "()")},
    ),
    "exp_range": Schedule(
        "cyclical (exp range)",
        "triangular, each cycle's height `factor` times the one before (Smith, 2017)",
        {"cycle": _CYCLE, "floor": Option(0.1, 0, 1, "()"), "factor": Option(0.5, 0, 1, "()")},
    ),
    "restarts": Schedule(
        "SGDR restarts",
        "half a cosine to `floor`, again and again: the first in `cycle` epochs, each next one `growth` times as long "
        "(SGDR)",
        {
            "cycle": Option(1.0, 0, math.inf, "()", epochs=True),
            "growth": Option(2, 1, 100, "[]", whole=True),
            "floor": _FLOOR,
        },
    ),
    "polynomial": Schedule(
        "polynomial decay", "(1 - share of the run done) to the `power`", {"power": Option(2.0, 0, 100, "(]")}
    ),
    "plateau": Schedule(
        "reduce on plateau",
        "`factor` times the rate once the monitor was no better for more than `patience` epochs, down to `floor`",
        {"factor": Option(0.3, 0, 1, "()"), "patience": Option(1, 0, 10_000, "[]", whole=True), "floor": _FLOOR},
    ),
}


def schedule_values(schedule: str, options: Iterable[tuple[str, float]], epochs: float = math.inf) -> dict[str, float]:
    """Return every option of a schedule: as it was set, else its default, which no run is too short for.

    Examples
    --------
    >>> schedule_values("step", [("factor", 0.2)], epochs=5)
    {'every': 1.0, 'factor': 0.2}
    """
    defaults = {
        name: min(option.default, epochs) if option.epochs else option.default
        for name, option in SCHEDULES[schedule].options.items()
    }
    return defaults | dict(options)


def checked_schedule_options(
    schedule: str, pairs: Iterable[tuple[Any, Any]], epochs: float
) -> tuple[tuple[str, float], ...]:
    """Return what was set of a schedule in its plain form, by name.

    Parameters
    ----------
    schedule : str
        One of `SCHEDULES`.
    pairs : iterable of (str, float)
        Names and values.
    epochs : float
        Length of the run.

    Raises
    ------
    RecipeError
        If the schedule has no such option, or its value makes no sense.
    """
    known = SCHEDULES[schedule].options
    found: dict[str, float] = {}
    for name, value in pairs:
        if name not in known:
            has = f"it has {', '.join(known)}" if known else "there is nothing to set of it"
            raise RecipeError(f"schedule={schedule!r} has no option {name!r}; {has}.{did_you_mean(str(name), known)}")
        found[name] = _checked(schedule, name, value, known[name])
    for name, value in found.items():
        if known[name].epochs and value > epochs:
            raise RecipeError(
                f"schedule={schedule!r} has {name}={value:g} epochs, and the run has {epochs}: give {name} at most "
                f"{epochs}, as in schedule_options={{{name!r}: {epochs}}}, or more epochs."
            )
    return tuple(sorted(found.items()))


def _checked(schedule: str, name: str, value: Any, option: Option) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    above = number and (value >= option.low if option.ends[0] == "[" else value > option.low)
    below = number and (value <= option.high if option.ends[1] == "]" else value < option.high)
    if not (above and below and (not option.whole or value == int(value))):
        kind = "whole number" if option.whole else "number"
        raise RecipeError(
            f"schedule={schedule!r}: {name}={value!r} is not a {kind} in "
            f"{option.ends[0]}{option.low:g}, {option.high:g}{option.ends[1]}."
        )
    return float(value)
