"""Do all contenders compute the same? Their losses over twenty steps, held against those of the loop by hand.

Libraries as documented are held to it only where nothing is frozen: elsewhere most of them normalise by each batch and
move the statistics of frozen layers, and fastai trains their batch normalisation as well: they train another network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.launch import launch
from benchmarks.peers.task import BATCH, RATES

STEPS = 20
TOLERANCE = 1e-3  # absolute or relative, whichever is more
# Of full training a tenth of the rates: at the whole ones roundings of 1e-7 grow a thousandfold within twenty steps.
RATE_SCALE = {"all": 0.02}


class DisagreementError(AssertionError):
    """Losses that differ: what is timed would not be the same work."""


def held_to(contender: str) -> tuple[str, ...]:
    """Return what a contender must train alike: names in `RATES`."""
    if contender == "cached":
        return ("head", "last_stage")
    return ("all",) if contender.endswith("-documented") else tuple(RATES)


def tasks_of(contender: str, data: Path) -> list[dict[str, Any]]:
    """Return the tasks of a contender: twenty steps of each kind."""
    return [
        {
            "contender": contender,
            "trainable": trainable,
            "data": str(data),
            "train": STEPS * BATCH // 2,
            "valid": BATCH,
            "epochs": 2,
            "rate_scale": RATE_SCALE.get(trainable, 1.0),
        }
        for trainable in held_to(contender)
    ]


def loss_curves(contenders: Iterable[str], data: Path) -> dict[str, dict[str, list[float]]]:
    """Return each contender's losses by what trains."""
    return {
        contender: {
            trainable: result["losses"]
            for trainable, result in zip(held_to(contender), launch(tasks_of(contender, data)), strict=True)
        }
        for contender in contenders
    }


def largest_differences(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, dict[str, float]]:
    """Return how far each contender's losses lie from the loop's: by what trains, in units of max(1, loss)."""
    return {
        contender: {
            trainable: max(
                abs(a - b) / max(1.0, abs(b)) for a, b in zip(losses, curves["loop"][trainable], strict=True)
            )
            for trainable, losses in own.items()
        }
        for contender, own in curves.items()
    }


def check_agreement(contenders: Iterable[str], data: Path) -> dict[str, dict[str, float]]:
    """Train twenty steps each, and return the differences.

    Raises
    ------
    DisagreementError
        If one is greater than `TOLERANCE`.
    """
    found = largest_differences(loss_curves(dict.fromkeys(("loop", *contenders)), data))
    apart = [
        f"{contender}, {trainable}: {difference:.1e}"
        for contender, own in found.items()
        for trainable, difference in own.items()
        if not difference <= TOLERANCE
    ]
    if apart:
        raise DisagreementError(f"Losses differ by more than {TOLERANCE:g} from the loop's: {'; '.join(apart)}.")
    return found
