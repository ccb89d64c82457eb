"""Whether keeping the answers of frozen layers pays: what it saves, by measured seconds, against what it costs."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeGuard

import torch

from tlnb.core.cache import add_notes, read_notes

NOTES = "frozen_seconds.json"
READ_BYTES_PER_SECOND = 1e9  # gathering rows, comparing them once, moving them: a cautious figure for any machine
BEGIN_SECONDS = 0.3  # finding the cut, opening the file
_TURNS = 3
_remembered: dict[str, float] = {}


@dataclass(frozen=True)
class Reads:
    """How often a run will ask for what frozen layers say, while its frontier stays.

    Attributes
    ----------
    images : int
        Different ones.
    times : int
        All of them together.
    """

    images: int
    times: int

    def plus(self, images: int, times: int) -> Reads:
        """Add others."""
        return Reads(self.images + min(images, times), self.times + times)


def saved_seconds(reads: Reads, each: float, bytes_of_one: int = 0) -> float:
    """Estimate what keeping saves, filling included; below 0 if it costs more than it saves.

    What is stored already does not count: the same call shall choose alike the first time and the second.

    Parameters
    ----------
    reads : Reads
        What will be asked for.
    each : float
        Seconds that the frozen part takes for one image.
    bytes_of_one : int
        What is kept of an image.

    Examples
    --------
    >>> saved_seconds(Reads(images=1000, times=10_000), each=0.005, bytes_of_one=5120) > 40
    True
    >>> saved_seconds(Reads(images=1000, times=1000), each=0.005, bytes_of_one=5120) < 0
    True
    """
    moved = (reads.times + reads.images) * bytes_of_one / READ_BYTES_PER_SECOND
    return (reads.times - reads.images) * each - moved - BEGIN_SECONDS


def seconds_of_one(what: str, compute: Callable[[torch.Tensor], object], images: torch.Tensor) -> float:
    """Return the seconds that a computation takes for one image here.

    Measured once for what it is, the size and the machine, and kept in the cache folder, so that the same call chooses
    alike tomorrow.

    Parameters
    ----------
    what : str
        Its name: the network, and how far it is computed.
    compute : callable
        Takes images.
    images : torch.Tensor
        float32 (N, 3, H, W), normalised: a few.
    """
    key = f"{what} {tuple(images.shape[1:])} {_machine(images.device)}"
    known = {**_remembered, **read_notes(NOTES)}.get(key)
    if _is_time(known):
        return float(known)
    measured = min(_timed(compute, images) for _ in range(_TURNS)) / len(images)
    # Another process may have measured meanwhile: all of them keep to what was noted first.
    noted = add_notes(NOTES, {key: measured})[key]
    _remembered[key] = found = float(noted) if _is_time(noted) else measured
    return found


def _timed(compute: Callable[[torch.Tensor], object], images: torch.Tensor) -> float:
    start = time.perf_counter()
    compute(images)
    if images.device.type == "cuda":
        torch.cuda.synchronize(images.device)
    return time.perf_counter() - start


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, float) and value > 0


def _machine(device: torch.device) -> str:
    if device.type == "cuda":
        return f"torch {torch.__version__} {torch.cuda.get_device_name(device)}"
    capability = torch.backends.cpu.get_cpu_capability()
    return f"torch {torch.__version__} {platform.machine()}/{capability}/{torch.get_num_threads()}/{device.type}"
