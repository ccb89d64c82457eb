"""What can be set of a method, declared as frozen plain data: controls are made from it, and values checked by it.

Numbers, switches, choices and weights that share a sum of 1. `Settings` holds the values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tlnb.core.errors import SettingError, did_you_mean
from tlnb.core.setting_numbers import Number as Number
from tlnb.core.setting_numbers import check_name

_NEAR, _ROUNDING = 1e-3, 1e-9  # how far a sum of weights may be from 1: as typed, and as kept


@dataclass(frozen=True)
class Switch:
    """Something that is on or off. For the attributes see `Number`."""

    kind: ClassVar[str] = "switch"
    name: str
    default: bool
    says: str = ""
    while_training: bool = True

    def __post_init__(self) -> None:
        check_name(self.name)
        self.check(self.default)

    def check(self, value: Any) -> bool:
        """Return a value as it is kept.

        Raises
        ------
        SettingError
            If it is neither True nor False.
        """
        if not isinstance(value, bool):
            raise SettingError(f"{self.name}={value!r} is neither True nor False.")
        return value


@dataclass(frozen=True)
class Choice:
    """One of several words, by default the first. For the other attributes see `Number`.

    Examples
    --------
    >>> Choice("distance", ("euclidean", "cosine")).default
    'euclidean'
    """

    kind: ClassVar[str] = "choice"
    name: str
    options: tuple[str, ...]
    default: str = ""
    says: str = ""
    while_training: bool = True

    def __post_init__(self) -> None:
        check_name(self.name)
        object.__setattr__(self, "options", _words(self.name, self.options))
        object.__setattr__(self, "default", self.check(self.default or self.options[0]))

    def check(self, value: Any) -> str:
        """Return a value as it is kept.

        Raises
        ------
        SettingError
            If it is not one of the options.
        """
        if not isinstance(value, str) or value not in self.options:
            listed = ", ".join(map(repr, self.options))
            hint = did_you_mean(str(value), self.options)
            raise SettingError(f"{self.name}={value!r} is not one of {listed}.{hint}")
        return value


@dataclass(frozen=True)
class Weights:
    """Several numbers, none below 0, that sum to 1: shares of a whole. For the other attributes see `Number`.

    Attributes
    ----------
    parts : tuple of str
        What has a share.
    default : tuple of float
        A share for each; equal shares if not given.

    Examples
    --------
    >>> kernels = Weights("kernels", ("narrow", "middle", "wide"), (0.5, 0.25, 0.25))
    >>> kernels.moved((0.5, 0.25, 0.25), "narrow", 0.2)
    (0.2, 0.4, 0.4)
    """

    kind: ClassVar[str] = "weights"
    name: str
    parts: tuple[str, ...]
    default: tuple[float, ...] = ()
    says: str = ""
    while_training: bool = True

    def __post_init__(self) -> None:
        check_name(self.name)
        object.__setattr__(self, "parts", _words(self.name, self.parts))
        equal = (1 / len(self.parts),) * len(self.parts)
        object.__setattr__(self, "default", self.check(self.default or equal))

    def check(self, value: Any) -> tuple[float, ...]:
        """Return a value as it is kept: a share for each part, in their order, of a sum of exactly 1 to rounding.

        Raises
        ------
        SettingError
            If there are more or fewer shares than parts, one is below 0, or they do not sum to 1.
        """
        if isinstance(value, Mapping) and set(value) == set(self.parts):
            value = [value[part] for part in self.parts]
        if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence) or len(value) != len(self.parts):
            raise SettingError(
                f"{self.name}={value!r} has not one share for each of {', '.join(self.parts)}: give {len(self.parts)}."
            )
        if not all(
            not isinstance(one, bool) and isinstance(one, (int, float)) and 0 <= one < math.inf for one in value
        ):
            raise SettingError(f"{self.name}={tuple(value)!r}: each share is a number, and none is below 0.")
        total = sum(value)
        if abs(total - 1) > _NEAR:
            mend = f": ({', '.join(f'{one / total:.3g}' for one in value)}) do" if total else ""
            raise SettingError(f"{self.name}={tuple(value)!r} sum to {total:g}, not to 1{mend}.")
        exact = abs(total - 1) < _ROUNDING  # to check once more then changes nothing: a replay gives the same losses
        return tuple(float(one) if exact else one / total for one in value)

    def moved(self, shares: Sequence[float], part: str, to: float) -> tuple[float, ...]:
        """Return the shares with that of one part moved, and the others rescaled in proportion.

        Parameters
        ----------
        shares : sequence of float
            Before.
        part : str
            Whose share.
        to : float
            In [0, 1]. Where all others are 0, they get equal shares of the rest.

        Raises
        ------
        SettingError
            If there is no such part, or the share is none.
        """
        if part not in self.parts:
            raise SettingError(f"{self.name} has no part {part!r}.{did_you_mean(part, self.parts)}")
        if isinstance(to, bool) or not isinstance(to, (int, float)) or not 0 <= to <= 1:
            raise SettingError(f"{part}={to!r} is not a share of a whole: give a number from 0 to 1.")
        at, others = self.parts.index(part), len(self.parts) - 1
        rest = sum(share for place, share in enumerate(shares) if place != at)
        each = [share / rest if rest else 1 / others for share in shares]
        return self.check(tuple(float(to) if place == at else (1 - to) * each[place] for place in range(others + 1)))


Setting = Number | Switch | Choice | Weights


def _words(name: str, words: Any) -> tuple[str, ...]:
    if isinstance(words, str) or not isinstance(words, Sequence) or len(set(words)) != len(words) or len(words) < 2:
        raise SettingError(f"{name}: {words!r} are not two words or more, all different.")
    return tuple(words)
