"""What keeping the answers of frozen layers did for a run, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from tlnb.core.tables import Table


@dataclass(frozen=True, repr=False)
class StoreUse(Table):
    """Stored features of one run up to one frontier. Shows itself as a table.

    Attributes
    ----------
    upto : str
        The last layer group whose answers were kept.
    mode : {"exact", "views"}
        Images as they are, or some augmented views of each.
    place : {"file", "memory"}
        Where they were kept.
    bytes : int
        What they take, when all are there.
    computed, read : int
        Images that this run computed so far, and that it was given.
    trained : int
        How many of those read were trained on, less those of them computed: so many forward passes were spared.
    seconds : float
        Spent on computing and keeping.
    each : float
        Seconds that the frozen part takes for one image, measured beforehand.
    macs : int
        Multiplications with addition of it.
    rounding : float or None
        How far a number that is kept in less precision lies from the right one, at most, on a few images: a share of
        the largest. None where nothing is rounded.
    """

    upto: str
    mode: str
    place: str
    bytes: int
    computed: int
    read: int
    trained: int
    seconds: float
    each: float
    macs: int
    rounding: float | None = None

    @property
    def saved_seconds(self) -> float:
        """What computing each time would have taken, less what was spent: an estimate; below 0 if it did not pay."""
        return self.each * self.read - self.seconds

    @property
    def spared_macs(self) -> int:
        """Multiplications with addition that training steps did without, what was computed for them taken off."""
        return self.trained * self.macs

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        rounded = "" if self.rounding is None else f", rounded by up to {100 * self.rounding:.2g} % of the largest"
        return ["stored features", f"up to {self.upto}"], [
            ["kept", f"{self.bytes / 2**20:,.1f} MiB ({self.place}, {self.mode}{rounded})"],
            ["images computed", f"{self.computed:,} in {self.seconds:.1f} s"],
            ["images read", f"{self.read:,}"],
            ["saved", f"about {self.saved_seconds:.1f} s"],
        ]

    def plus(self, other: StoreUse) -> StoreUse:
        """Add what the same run used before a stop."""
        counts = ("computed", "read", "trained", "seconds")
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in counts})

    def state_dict(self) -> dict[str, Any]:
        """Return plain data, for a checkpoint."""
        return asdict(self)

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> StoreUse:
        """Make it from plain data again."""
        return cls(**state)
