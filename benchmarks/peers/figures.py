"""From the notes of one training to the figures in the tables; what was measured in part is computed for the whole.

Steps of a contender that keeps nothing are alike, so ten epochs take: the time to the end of the first step, then the
median step as often as there are steps, and after each epoch the validation, in proportion to its images.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.peers.plan import steps_per_epoch
from benchmarks.peers.task import BATCH

WARM_UP = 2  # steps, the first one included


def step_seconds(run: Mapping[str, Any]) -> float:
    """Return the median seconds of a step after the warm-up, for a training of one epoch."""
    ends = run["steps"]
    return statistics.median(end - begin for begin, end in zip(ends[WARM_UP - 1 :], ends[WARM_UP:], strict=False))


def images_per_second(run: Mapping[str, Any]) -> float:
    """Return the throughput of training steps."""
    return BATCH / step_seconds(run)


def seconds_until(run: Mapping[str, Any], epoch: int, sizes: Mapping[str, int]) -> float:
    """Return the seconds from the process's start to the end of an epoch's validation, epochs counted from 1.

    Parameters
    ----------
    sizes : mapping
        ``"train"`` and ``"valid"``: how many images there are.
    """
    if run["whole"]:
        return float(run["valid"][epoch - 1])
    first, steps = run["steps"][0], steps_per_epoch(sizes["train"])
    validation = (run["valid"][0] - run["steps"][-1]) * sizes["valid"] / run["valid_images"]
    return float(first + (epoch * steps - 1) * step_seconds(run) + epoch * validation)


def training_seconds(run: Mapping[str, Any], epochs: int, sizes: Mapping[str, int]) -> float:
    """Return the seconds of so many epochs: all that comes after imports and reading the data."""
    return seconds_until(run, epochs, sizes) - float(run["began"])


def epochs_to(aucs: Sequence[float], target: float) -> tuple[int, float]:
    """Return after how many epochs the target was reached, or else the best, and what was reached then.

    Examples
    --------
    >>> epochs_to([0.80, 0.93, 0.95], target=0.92)
    (2, 0.93)
    >>> epochs_to([0.80, 0.90, 0.85], target=0.92)
    (2, 0.9)
    """
    reached = [place for place, auc in enumerate(aucs) if auc >= target]
    place = reached[0] if reached else max(range(len(aucs)), key=aucs.__getitem__)
    return place + 1, aucs[place]


def thinned(run: Mapping[str, Any], epochs: int) -> dict[str, Any]:
    """Return notes without the middle of long lists, and with the time of each epoch's last step instead."""
    per_epoch = len(run["steps"]) // epochs
    ends = run["steps"][per_epoch - 1 :: per_epoch]
    return {**run, "losses": run["losses"][:20], "steps": run["steps"][:20], "epoch_ends": ends}
