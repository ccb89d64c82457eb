"""What the control tells its page beside the state: what does not change, the range test, the ghosts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlnb.controls.rates.ghosts import Ghost
from tlnb.controls.rates.sweeping import BackgroundSweep
from tlnb.controls.rates.words import told
from tlnb.core.group_colours import group_colours
from tlnb.training import SCHEDULES, RateSweep, Recipe

if TYPE_CHECKING:
    from tlnb.data import ImageData

_NOT_SWEPT = {  # a range test does not go by these
    *("learning_rate", "schedule", "schedule_options", "warmup_epochs", "epochs", "thaw"),
    *("patience", "monitor", "ema_decay", "store", "store_views", "store_precision"),
}


def greeting(names: Sequence[str], why_no_test: str) -> dict[str, Any]:
    """Return what a view is told once: groups with their colours, schedules with a sentence each."""
    schedules = [
        {"name": name, "title": schedule.title, "summary": _sentence(schedule.summary) + _MORE.get(name, "")}
        for name, schedule in SCHEDULES.items()
    ]
    groups = [{"name": name, "colour": colour} for name, colour in zip(names, group_colours(len(names)), strict=True)]
    return {"kind": "groups", "groups": groups, "schedules": schedules, "whyNoTest": why_no_test}


def why_no_test(images: ImageData | int | None) -> str:
    """Say why there can be no range test; nothing if there can."""
    if images is None or isinstance(images, int):
        return "The range test trains a copy for a while, so it needs the images: LearningRates(model, recipe, images)."
    return ""


def ghosts_message(ghosts: Sequence[Ghost]) -> dict[str, Any]:
    """Return the ghosts as a message."""
    return {"kind": "ghosts", "ghosts": [asdict(ghost) for ghost in ghosts]}


def sweep_message(test: BackgroundSweep) -> dict[str, Any]:
    """Return a range test, under way or ended, as a message."""
    points = [point for point in test.shown() if all(map(math.isfinite, point))]
    smoothed = [point[2] for point in points] or [0.0]
    low, high = min(smoothed), max(smoothed[: max(3, len(smoothed) // 2)])
    found = None if test.running else test.result
    suggestions = found.suggestions if found else ()
    return {
        "kind": "sweep",
        "points": points,
        "low": low,
        "high": max(high, low + 1e-6),
        "running": test.running,
        "says": _progress(test),
        "suggestions": [{"name": s.name, "rate": float(f"{s.learning_rate:.3g}"), "says": s.says} for s in suggestions],
        "notes": list(found.notes) if found else [],
    }


def _progress(test: BackgroundSweep) -> str:
    """Say how far a range test is, or how it ended."""
    if test.error:
        return f"The range test failed: {test.error}"
    if test.running:
        return f"Step {len(test.points)} of {test.steps} …" if test.points else "Getting ready …"
    if test.result is None:
        return ""
    ended = {"finished": "ran through", "diverged": "ended where the loss diverged", "stopped": "was stopped"}
    found = ", ".join(f"{s.name} {told(s.learning_rate)}" for s in test.result.suggestions) or "nothing"
    return f"The range test {ended[test.result.stopped]}; it suggests {found}."


def stale(sweep: RateSweep | None, recipe: Recipe) -> str:
    """Say what has changed since a range test that it goes by; nothing if there is none, or nothing has."""
    changed = [name for name in sweep.given.diff(recipe) if name not in _NOT_SWEPT] if sweep else []
    if not changed:
        return ""
    return f"Since this range test, {', '.join(changed)} changed: run it again to trust its suggestions."


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}.".replace("`", "")


_MORE = {
    "plateau": " The dashed line falls as the rate would if nothing ever got better, the others as if each epoch did.",
    "one_cycle": " A warm-up of more than 0 is the length of the rise; the momentum is no rate and shows in no line.",
}
