"""A number that can be set: the values that it takes, and the fewer that its slider stops at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from tlnb.core.errors import SettingError

_MOST = 100  # steps of a linear slider
_DECADE = 20  # steps of a logarithmic one from 1 to 10: by 12 %, over 2, 4, 5 and 8


@dataclass(frozen=True)
class Number:
    """A number between two others.

    Attributes
    ----------
    name : str
        As a Python name.
    low, high, default : float
        Its ends, both allowed, and where it begins.
    log : bool
        Whether its slider is logarithmic.
    unit : str
        Written behind it.
    says : str
        One sentence of what it does.
    whole : bool
        Whether it takes whole numbers only.
    while_training : bool
        Whether a training that is under way takes another value.
    slider : tuple of float
        Where the slider begins and ends, if not at `low` and `high`, whose other values are typed; or, if there are
        more than two, each of its stops. A logarithmic one begins above 0; where `low` is 0, that comes before it.
    one : str
        The unit behind a 1, where it is another: ``"step"`` for ``"steps"``.

    Examples
    --------
    >>> Number("threshold", 0.5, 1.0, 0.9).check(0.95)
    0.95
    >>> weight = Number("weight", 0.0, 1000.0, 1.0, log=True, slider=(0.1, 100.0))
    >>> weight.stops[:4], weight.stops[-4:]
    ((0.0, 0.1, 0.11, 0.13), (71.0, 79.0, 89.0, 100.0))
    >>> weight.check(250)
    250.0
    """

    kind: ClassVar[str] = "number"
    name: str
    low: float
    high: float
    default: float
    log: bool = False
    unit: str = ""
    says: str = ""
    whole: bool = False
    while_training: bool = True
    slider: tuple[float, ...] = ()
    one: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)
        if not self.low < self.high:
            raise SettingError(f"{self.name}: low={self.low!r} must lie below high={self.high!r}.")
        slider = tuple(map(self.check, self.slider))
        if slider and (len(slider) < 2 or list(slider) != sorted(set(slider))):
            raise SettingError(f"{self.name}: slider={self.slider!r} are not two numbers or more, each above the last.")
        if self.log and (slider or (self.low,))[0] <= 0:
            raise SettingError(
                f"{self.name}: {(slider or (self.low,))[0]!r} has no place on a logarithmic scale; give slider=(first, "
                f"last), the first above 0."
            )
        object.__setattr__(self, "slider", slider)
        object.__setattr__(self, "default", self.check(self.default))

    @property
    def stops(self) -> tuple[float, ...]:
        """The values that the slider stops at, in their order; few enough that each is a step of a key."""
        if len(self.slider) > 2:
            return self.slider
        first, last = self.slider or (self.check(self.low), self.check(self.high))
        steps = _logarithmic(first, last) if self.log else _linear(first, last, self.whole)
        between = sorted({self.check(round(one) if self.whole else one) for one in steps if first < one < last})
        between = [one for one in between if first < one < last]
        if first < self.default < last:  # a way back to it by keys
            between = between or [self.default]
            nearest = min(range(len(between)), key=lambda at: abs(between[at] - self.default))
            between[nearest] = self.default
        off = [self.check(self.low)] if self.log and self.low == 0 else []
        return (*off, first, *between, last)

    def check(self, value: Any) -> float:
        """Return a value as it is kept.

        Raises
        ------
        SettingError
            If it is no number within the ends, or not a whole one where that is asked for.
        """
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not self.low <= value <= self.high:
            sort = "a whole number" if self.whole else "a number"
            unit = f" {self.unit}" if self.unit else ""
            raise SettingError(f"{self.name}={value!r} is not {sort} from {self.low:g} to {self.high:g}{unit}.")
        if self.whole and value != int(value):
            raise SettingError(f"{self.name}={value!r} is not a whole number; {round(value)} is the nearest.")
        return int(value) if self.whole else float(value)

    def unit_of(self, value: float) -> str:
        """Return the unit as it stands behind a value, with a space before it; empty if there is none.

        Examples
        --------
        >>> [Number("turns", 1, 20, 1, unit="steps", one="step").unit_of(turns) for turns in (1, 2)]
        [' step', ' steps']
        """
        unit = self.one if self.one and value == 1 else self.unit
        return f" {unit}" if unit else ""


def check_name(name: Any) -> None:
    """Check that a setting can be called so.

    Raises
    ------
    SettingError
        If it is no Python name.
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise SettingError(f"A setting cannot be called {name!r}: give it a Python name, as reversal_weight.")


def _logarithmic(first: float, last: float) -> list[float]:
    """Return numbers of two digits in even ratios, 1 and 10 among them."""
    begin, end = (math.floor(_DECADE * math.log10(one)) for one in (first, last))
    return [float(f"{10 ** (at / _DECADE):.2g}") for at in range(begin, end + 2)]


def _linear(first: float, last: float, whole: bool) -> list[float]:
    """Return the multiples of the smallest step of 1, 2 or 5 (or ten times that, …) that is large enough."""
    least = max((last - first) / _MOST, 1 if whole else 0)
    power = 10 ** math.floor(math.log10(least))
    step = next(nice * power for nice in (1, 2, 5, 10) if nice * power >= least * (1 - 1e-9))
    return [float(f"{at * step:.12g}") for at in range(math.floor(first / step), math.ceil(last / step) + 1)]
