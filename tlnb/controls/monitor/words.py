"""What the monitor says of itself: a sentence above the picture, a line while it runs, and what is spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlnb.controls.monitor.marks import named

if TYPE_CHECKING:
    from tlnb.controls.monitor.history import RunHistory
    from tlnb.training import EpochRecord, Recipe

ENDS = {
    "finished": "has finished",
    "early": "ended early, by its patience",
    "stopped": "was stopped",
    "failed": "failed",
}


def before(name: str, recipe: Recipe, images: int, metric: str, baseline: float | None, valid: int) -> str:
    """Say what a run would do, before there is one."""
    beat = "" if baseline is None else f" The {metric} to beat is {baseline:.3f}."
    if not valid:
        beat = " There are no validation images, so there is no score: load them with valid=0.15."
    return f"Nothing has run yet. Start trains {name} on {images:,} images for {epochs(recipe.epochs)}.{beat}"


def sentence(number: int, status: str, history: RunHistory | None, metric: str, baseline: float | None) -> str:
    """Say what the picture shows of a run."""
    if history is None:
        return f"Run {number} {ENDS[status]}." if status in ENDS else f"Run {number} is about to begin."
    if status in ENDS:
        where = f"after {history.step} of {history.steps} steps" if history.step < history.steps else ""
        head = f"Run {number} {ENDS[status]} {where}".strip()
    else:
        epoch = min(history.epochs_planned, history.step // history.per_epoch + 1)
        head = f"Run {number} {'is paused' if status == 'paused' else 'trains'} in epoch {epoch} of "
        head += f"{history.epochs_planned}; {named(in_order(history)) or 'nothing'} {_verb(history)}"
    return f"{head}.{_told_score(history, metric, baseline)}"


def measured(method: Any) -> tuple[str, float | None, str] | None:
    """Return what a method measures in each step, a value to compare with, and its name; None without a method."""
    if method is None:
        return None
    level, name = getattr(method, "level", None) or (None, "")
    return getattr(method, "measures", f"what {method.name} adds to the loss"), level, name


def line(history: RunHistory) -> str:
    """Say where a run is, in a few numbers."""
    now, left = history.now, history.seconds_left
    parts = [f"step {history.step} of {history.steps}"]
    if now is not None:
        parts.append(f"loss {now.mean:.3f} ± {now.deviation:.3f} over the last {now.steps}")
    if left is not None and history.step < history.steps:
        parts.append(f"{duration(left)} left")
    return " · ".join(parts)


def spoken(record: EpochRecord, of: int, metric: str) -> str:
    """Say an epoch's numbers, to be heard.

    Examples
    --------
    >>> from tlnb.training import EpochRecord
    >>> spoken(EpochRecord(2, 0.51, 0.62, 0.7, 0.81, 1.0, 9.0), 5, "AUC")
    'Epoch 2 of 5: training loss 0.510, validation loss 0.620, AUC 0.810.'
    """
    score = record.valid_auc if metric == "AUC" else record.valid_accuracy
    parts = [f"training loss {record.train_loss:.3f}"]
    parts += [] if record.valid_loss is None else [f"validation loss {record.valid_loss:.3f}"]
    parts += [] if score is None else [f"{metric} {score:.3f}"]
    return f"Epoch {record.epoch} of {of}: {', '.join(parts)}."


def duration(seconds: float) -> str:
    """Write a duration.

    Examples
    --------
    >>> duration(0.4), duration(50), duration(600)
    ('less than 1 s', '50 s', '10 min')
    """
    if seconds < 1:
        return "less than 1 s"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def epochs(n: int) -> str:
    """Write a number of epochs."""
    return "1 epoch" if n == 1 else f"{n} epochs"


def in_order(history: RunHistory) -> list[str]:
    """Return the groups that train, input to head."""
    return [name for name in history.groups if name in history.trainable]


def _verb(history: RunHistory) -> str:
    return "train" if len(history.trainable) > 1 else "trains"


def _told_score(history: RunHistory, metric: str, baseline: float | None) -> str:
    scores = history.score(metric)
    if not scores:
        return ""
    epoch, last = list(scores.items())[-1]
    told = f" {metric} on the validation images is {last:.3f} after epoch {epoch}"
    best = max(scores, key=lambda one: scores[one])
    if scores[best] > last:
        told += f" (best: {scores[best]:.3f} after epoch {best})"
    if baseline is None:
        return f"{told}."
    apart = last - baseline
    against = "equal to" if abs(apart) < 5e-4 else f"{abs(apart):.3f} {'above' if apart > 0 else 'below'}"
    return f"{told}, {against} the one to beat ({baseline:.3f})."
