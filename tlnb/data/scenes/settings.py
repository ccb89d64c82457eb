"""What scenes are asked for, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.scenes.division import DIVISIONS
from tlnb.data.scenes.domain import Domain, pick_domain

_MOST = 12  # objects of a scene


@dataclass(frozen=True)
class Settings:
    """The arguments of `load_scenes` that decide what a scene looks like, as plain data; see there."""

    size: int
    classes: tuple[str, ...]
    objects: tuple[int, int]
    domain: Domain
    divide_by: str
    seed: int

    @classmethod
    def checked(
        cls, size: int, classes: Sequence[str], objects: Sequence[int], domain: str | Domain, divide_by: str, seed: int
    ) -> Settings:
        """Make settings from what a user wrote.

        Raises
        ------
        DataError
            A value makes no sense.
        """
        if divide_by not in DIVISIONS:
            raise DataError(f"divide_by={divide_by!r}: pass family or emoji.{did_you_mean(str(divide_by), DIVISIONS)}")
        names = (classes,) if isinstance(classes, str) else tuple(classes)
        if not names or len(set(names)) < len(names):
            raise DataError(f"classes={classes!r}: pass one or more different names, such as ('drink', 'food-fruit').")
        return cls(
            size=check_whole("size", size, 32, 1024),
            classes=names,
            objects=_objects(objects),
            domain=pick_domain(domain),
            divide_by=divide_by,
            seed=check_whole("seed", seed, 0, 2**32 - 1),
        )

    def plain(self) -> dict[str, Any]:
        """Give them as JSON takes them."""
        return asdict(self)


def check_whole(name: str, value: Any, least: int, most: int) -> int:
    """Give a whole number as an int.

    Raises
    ------
    DataError
        It is none, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise DataError(f"{name}={value!r}: pass a whole number from {least:,} to {most:,}.")
    return int(value)


def _objects(objects: Any) -> tuple[int, int]:
    wanted = tuple(objects) if isinstance(objects, (tuple, list)) else ()
    if len(wanted) != 2 or any(isinstance(value, bool) or not isinstance(value, (int, np.integer)) for value in wanted):
        raise DataError(f"objects={objects!r}: pass the fewest and the most, such as (1, 4).")
    if not 1 <= wanted[0] <= wanted[1] <= _MOST:
        raise DataError(f"objects={objects!r}: the fewest and the most are from 1 to {_MOST}, in this order.")
    return int(wanted[0]), int(wanted[1])
