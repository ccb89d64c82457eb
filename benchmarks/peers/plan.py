"""Which trainings a table needs, and how many images each uses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.peers.task import BATCH

LIBRARIES = ("fastai", "lightning", "skorch", "accelerate")
CONTENDERS = ("tlnb", "loop", "cached", *(f"{name}-{how}" for name in LIBRARIES for how in ("documented", "tuned")))
KEEPS = ("tlnb", "cached")  # compute what is frozen once: measured whole, as their epochs are not alike

TRAINABLE = {"full": "all", "head": "head", "last_stage": "last_stage", "views": "last_stage"}
TABLES = (*TRAINABLE, "growth")


@dataclass(frozen=True)
class Settings:
    """How much is measured.

    Parameters
    ----------
    size : int
        Side of ELPV's images, in pixels.
    repeats : int
        Processes of each contender; the repeat's number is its seed.
    epochs : int
        Of the head and the last stage.
    part : (int, int)
        Training and validation images of a contender all of whose steps are alike; the rest is computed.
    most : (int, int) or (None, None)
        Training and validation images that there are; None for all of ELPV's.
    growth : tuple of int
        Numbers of images.
    growth_size : int
        Their side, in pixels.
    whole : bool
        Measure every contender in full, which takes hours.
    """

    size: int = 160
    repeats: int = 3
    epochs: int = 10
    part: tuple[int, int] = (320, 64)
    most: tuple[int | None, int | None] = (None, None)
    growth: tuple[int, ...] = (250, 1000, 4000, 16_000, 100_000)
    growth_size: int = 64
    whole: bool = False


QUICK = Settings(size=64, repeats=1, epochs=2, part=(128, 32), most=(192, 64), growth=(250, 1000))
LOOP_GROWS_TO = 1000


@dataclass(frozen=True)
class Job:
    """One process: what it is called in the results, and the fields of its `Task`."""

    table: str
    contender: str
    repeat: int
    whole: bool
    task: dict[str, Any]
    images: int = 0

    @property
    def key(self) -> str:
        """Its name among the results of its table."""
        return f"{self.contender}, {self.images} images" if self.images else f"{self.contender}, {self.repeat}"


def jobs(table: str, settings: Settings, contenders: tuple[str, ...], stores: bool) -> Iterator[Job]:
    """Yield the jobs of a table in the order in which they run: all contenders in turn, then all again.

    Parameters
    ----------
    stores : bool
        Whether this tlnb keeps what frozen layers say.
    """
    if table == "growth":
        yield from _growth(settings, contenders)
        return
    for repeat in range(settings.repeats):
        for contender in contenders:
            if contender == "cached" and table in ("full", "views"):
                continue
            keeps = contender in KEEPS and table != "full" and (contender != "tlnb" or stores)
            whole = settings.whole or keeps
            task: dict[str, Any] = {"trainable": TRAINABLE[table], "augment": table == "views", "seed": repeat}
            if whole:
                task["epochs"] = settings.epochs
            else:
                task["train"], task["valid"] = settings.part
            yield Job(table, contender, repeat, whole, task)


def _growth(settings: Settings, contenders: tuple[str, ...]) -> Iterator[Job]:
    for images in settings.growth:
        for contender, epochs in (("tlnb", 3), ("loop", 2)):
            if contender in contenders and (contender == "tlnb" or images <= LOOP_GROWS_TO):
                yield Job("growth", contender, 0, True, {"trainable": "head", "epochs": epochs}, images)


def steps_per_epoch(images: int) -> int:
    """Return the optimiser steps of one pass."""
    return math.ceil(images / BATCH)
