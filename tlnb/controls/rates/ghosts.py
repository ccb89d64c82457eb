"""Earlier runs as faint lines behind the present rates, each with what it reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlnb.controls.rates.words import schedule_words, told
from tlnb.core.errors import TlnbError
from tlnb.training import EpochRecord, Recipe, Run

if TYPE_CHECKING:
    from torch import nn

_POINTS = 120  # of a line; more are not seen in one that is faint


@dataclass(frozen=True)
class Ghost:
    """One earlier run.

    Attributes
    ----------
    says : str
        Its rates in a few words.
    result : str
        What it reached on the validation images.
    points : tuple of (float, float)
        Epoch and the head's rate, over the run.
    """

    says: str
    result: str
    points: tuple[tuple[float, float], ...]


def ghost_of(run: Run | Sequence[EpochRecord], recipe: Recipe, model: nn.Module, images: int) -> Ghost:
    """Return a run, or what is left of one, as a ghost.

    Parameters
    ----------
    run : Run or sequence of EpochRecord
        With at least one epoch done.
    recipe : Recipe
        What a history alone was trained with.
    model : nn.Module
        Gives the groups.
    images : int
        How many training images there are.

    Raises
    ------
    TlnbError
        If there is no epoch.
    """
    history = run.history if isinstance(run, Run) else tuple(run)
    if not history or not all(isinstance(record, EpochRecord) for record in history):
        raise TlnbError(f"{run!r} has no epoch to show: give a Run, or its history, with one epoch done or more.")
    chosen = history[-1]
    if isinstance(run, Run):
        recipe = run.recipe
        chosen = next((record for record in history if record.epoch == run.best_epoch), chosen)
    curves = recipe.rates(model, images)
    done = min(len(curves), len(history) * curves.steps_per_epoch)
    steps = np.unique(np.linspace(0, done - 1, min(done, _POINTS)).round().astype(int))
    return Ghost(
        f"head at {told(recipe.learning_rate)}, {schedule_words(recipe)}",
        result_of(chosen),
        tuple(
            (round(step / curves.steps_per_epoch, 4), float(f"{curves.rates[step, -1]:.4g}")) for step in steps.tolist()
        ),
    )


def result_of(record: EpochRecord) -> str:
    """Say what an epoch reached on the validation images: AUC for two classes, else accuracy.

    Examples
    --------
    >>> result_of(EpochRecord(1, 0.5, 0.4, 0.8, 0.912, 1.0, 100.0))
    'AUC 0.91'
    """
    for name, value in (("AUC", record.valid_auc), ("accuracy", record.valid_accuracy), ("loss", record.valid_loss)):
        if value is not None:
            return f"{name} {value:.2f}"
    return f"training loss {record.train_loss:.2f}"
