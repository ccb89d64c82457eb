"""Energy of a training as a table: what was measured is called measured, all else an estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tlnb.core.tables import Table

MEASURED, ESTIMATE = "measured", "estimate"


@dataclass(frozen=True)
class EnergyPart:
    """Energy of one part of the machine: which, how many joules, and by what they were measured or estimated."""

    what: str
    joules: float
    how: str


@dataclass(frozen=True, repr=False)
class EnergyUse(Table):
    """What a training drew, in its steps, its validation and between them.

    Attributes
    ----------
    parts : tuple of EnergyPart
        Processor, memory and, if it trained there, GPU.
    seconds : float
        How long was metered.
    country : str or None
        Three letters of ISO 3166-1, if they were given.
    grams_co2 : float or None
        Of that country's mean electricity; None without a country: none is ever assumed.
    """

    parts: tuple[EnergyPart, ...]
    seconds: float
    country: str | None = None
    grams_co2: float | None = None

    @property
    def joules(self) -> float:
        """Of all parts."""
        return sum(part.joules for part in self.parts)

    @property
    def watt_hours(self) -> float:
        """Of all parts; 3,600 joules are one."""
        return self.joules / 3600

    @property
    def how(self) -> str:
        """``"measured"`` if every part was, ``"estimate"`` if none, else ``"partly an estimate"``."""
        measured = [part.how.startswith(MEASURED) for part in self.parts]
        return MEASURED if all(measured) else "partly an estimate" if any(measured) else ESTIMATE

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        rows = [[part.what, f"{part.joules:.3g} J", part.how] for part in self.parts]
        rows.append(["in all", f"{self.joules:.3g} J = {self.watt_hours:.2g} Wh", self.how])
        if self.grams_co2 is not None:
            rows.append(["CO2", f"{self.grams_co2:.2g} g", f"{ESTIMATE} (mean electricity of {self.country})"])
        return ["energy", f"{self.seconds:.0f} s", "how"], rows

    def plus(self, other: EnergyUse) -> EnergyUse:
        """Add another part of the same training, before or after a break."""
        mine, theirs = ({part.what: part for part in use.parts} for use in (self, other))
        parts = []
        for what in dict.fromkeys([*mine, *theirs]):
            found = [use[what] for use in (mine, theirs) if what in use]
            how = min((part.how for part in found), key=lambda how: how.startswith(MEASURED))  # an estimate stays one
            parts.append(EnergyPart(what, sum(part.joules for part in found), how))
        seconds = self.seconds + other.seconds
        if self.grams_co2 is None or other.grams_co2 is None:
            return EnergyUse(tuple(parts), seconds)
        country = " and ".join(dict.fromkeys([str(self.country), str(other.country)]))
        return EnergyUse(tuple(parts), seconds, country, self.grams_co2 + other.grams_co2)

    def state_dict(self) -> dict[str, Any]:
        """Return plain data, for a checkpoint."""
        return asdict(self)

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> EnergyUse:
        """Make it from plain data again."""
        return cls(**{**state, "parts": tuple(EnergyPart(**part) for part in state["parts"])})
