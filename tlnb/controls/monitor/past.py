"""Runs that have ended, to compare with: numbers only, no weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tlnb.core.tables import Table
from tlnb.training import EpochRecord, Recipe, Steered


@dataclass(frozen=True, repr=False)
class PastRun(Table):
    """One run of a monitor. Shows itself as a table, a row an epoch.

    Attributes
    ----------
    number : int
        From 1.
    recipe : Recipe
        As it began.
    history : tuple of EpochRecord
        One an epoch.
    metrics : mapping of str to float
        Loss, accuracy and, for two classes, AUC on the validation images after its last epoch.
    scores : mapping of int to float
        Epoch to the score that runs are compared by.
    stopped : str
        ``"finished"``, ``"early"``, ``"stopped"`` or ``"failed"``.
    steering : tuple of Steered
        What was done by hand.
    seconds : float
        In training steps.
    """

    number: int
    recipe: Recipe
    history: tuple[EpochRecord, ...]
    metrics: Mapping[str, float]
    scores: Mapping[int, float] = field(repr=False)
    stopped: str
    steering: tuple[Steered, ...] = ()
    seconds: float = 0.0

    @property
    def result(self) -> float | None:
        """The score after its last epoch; None without one."""
        return list(self.scores.values())[-1] if self.scores else None

    @property
    def name(self) -> str:
        """What the picture calls it."""
        return f"run {self.number}"

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        rows = [
            [
                str(record.epoch),
                f"{record.train_loss:.3f}",
                "" if record.valid_loss is None else f"{record.valid_loss:.3f}",
                f"{self.scores[record.epoch]:.3f}" if record.epoch in self.scores else "",
            ]
            for record in self.history
        ]
        return [f"{self.name}, {self.stopped}", "train loss", "valid loss", "score"], rows


def past_run(
    number: int,
    recipe: Recipe,
    history: tuple[EpochRecord, ...],
    scores: Mapping[int, float],
    stopped: str,
    steering: tuple[Steered, ...] = (),
    seconds: float = 0.0,
) -> PastRun:
    """Make the record of a run that has ended.

    Examples
    --------
    >>> past_run(1, Recipe(), (EpochRecord(1, 0.5, 0.6, 0.7, None, 1.0, 9.0),), {1: 0.7}, "finished").metrics
    {'loss': 0.6, 'accuracy': 0.7}
    """
    last = history[-1] if history else None
    found = {} if last is None else {"loss": last.valid_loss, "accuracy": last.valid_accuracy, "auc": last.valid_auc}
    metrics = {name: value for name, value in found.items() if value is not None}
    return PastRun(number, recipe, history, metrics, dict(scores), stopped, steering, seconds)
