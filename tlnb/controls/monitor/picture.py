"""The monitor where no script runs: loss, score and rates on one time axis, drawn from the same history."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tlnb.controls.monitor import words
from tlnb.controls.monitor.curve import Bin
from tlnb.controls.monitor.history import RunHistory
from tlnb.controls.monitor.past import PastRun
from tlnb.core.figures import COLOURS, Figure, label_end, label_ends, legible
from tlnb.core.group_colours import group_colours

_GHOST = "#999999"


def picture(
    history: RunHistory | None,
    says: str,
    metric: str,
    baseline: float | None,
    expected: Mapping[int, float],
    ghosts: Sequence[PastRun],
    method: Any = None,
) -> Figure:
    """Draw a run.

    Parameters
    ----------
    history : RunHistory or None
        None before the first run.
    says : str
        What the picture shows, in words: its title.
    metric : str
        The score's name.
    baseline : float or None
        The score to beat.
    expected : mapping of int to float
        Epoch to the score that was drawn before the run.
    ghosts : sequence of PastRun
        Runs to compare with.
    method : Method, optional
        What it measures has a panel of its own.
    """
    if history is None or not history.curve.bins:
        figure = Figure(7.0, 1.1)
        figure.suptitle(textwrap.fill(says, 92), x=0.01, ha="left", fontsize=10)
        return figure
    measured = words.measured(method) if history.of_method.bins else None
    figure = Figure(7.0, 6.6 if measured is None else 8.4)
    figure.suptitle(textwrap.fill(says, 92), x=0.01, ha="left", fontsize=10)
    panels = figure.subplots(3 if measured is None else 4, 1, sharex=True)
    loss, score, rates = panels[0], panels[-2], panels[-1]
    _loss(loss, history)
    if measured is not None:
        _measured(panels[1], history, *measured)
    _score(score, history, metric, baseline, expected, ghosts)
    _rates(rates, history)
    _marks(panels, history)
    rates.set(xlabel="step; epochs end at the fine lines", xlim=(history.first, history.steps * 1.14))
    return figure


def _ends(history: RunHistory) -> np.ndarray:
    """Return the last step of each bin."""
    curve = history.curve
    return np.minimum(curve.first + curve.width * np.arange(1, len(curve.bins) + 1), history.step)


def _bins(axes: Any, steps: np.ndarray, bins: Sequence[Bin]) -> np.ndarray:
    """Draw from the least to the greatest value of each bin, and the running mean, which is returned."""
    mean = np.array([b.mean for b in bins])
    axes.vlines(steps, [b.low for b in bins], [b.high for b in bins], color="#AAAAAA", linewidth=1)
    axes.plot(steps, [b.high for b in bins], ".", color="#AAAAAA", markersize=3)
    axes.plot(steps, mean, color=COLOURS["train"], linewidth=1.6)
    return mean


def _loss(axes: Any, history: RunHistory) -> None:
    bins, steps = history.curve.bins, _ends(history)
    mean, deviation = _bins(axes, steps, bins), np.array([b.deviation for b in bins])
    axes.fill_between(steps, mean - deviation, mean + deviation, color=COLOURS["train"], alpha=0.15, linewidth=0)
    ends = [(float(steps[-1]), float(mean[-1]), "train ± noise", COLOURS["train"])]
    valid = [(s, r.valid_loss) for s, r in zip(history.epoch_steps, history.epochs, strict=True) if r.valid_loss]
    if valid:
        axes.plot(*zip(*valid, strict=True), color=COLOURS["valid"], marker="o", markersize=4)
        ends.append((valid[-1][0], valid[-1][1], "valid", COLOURS["valid"]))
    axes.set(ylabel="loss (nats)", ylim=(0, None))
    label_ends(axes, ends)


def _measured(axes: Any, history: RunHistory, title: str, level: float | None, name: str) -> None:
    bins = history.of_method.bins
    _bins(axes, _ends(history), bins)
    if level is not None:
        axes.hlines(level, history.first, history.steps, color=COLOURS["thawed"], linestyle=":", linewidth=1.4)
        label_ends(axes, [(float(history.steps), level, name, COLOURS["thawed"])])
    axes.set(ylabel=textwrap.fill(title, 24))
    if min(b.low for b in bins) >= 0:
        axes.set_ylim(0, None)


def _score(
    axes: Any,
    history: RunHistory,
    metric: str,
    baseline: float | None,
    expected: Mapping[int, float],
    ghosts: Sequence[PastRun],
) -> None:
    def steps(epochs: Any) -> list[int]:
        return [epoch * history.per_epoch for epoch in epochs]

    ends = []
    for ghost in ghosts:
        if ghost.scores:
            axes.plot(steps(ghost.scores), list(ghost.scores.values()), color=_GHOST, linewidth=1, zorder=1)
            told = f"{ghost.name}: {ghost.result:.3f}"
            ends.append((steps(ghost.scores)[-1], list(ghost.scores.values())[-1], told, _GHOST))
    if expected:
        axes.plot(
            steps(expected), list(expected.values()), color=COLOURS["pretrained"], linestyle="--", marker="D", ms=4
        )
        ends.append((steps(expected)[-1], list(expected.values())[-1], "expected", COLOURS["pretrained"]))
    scores = history.score(metric)
    if scores:
        axes.plot(steps(scores), list(scores.values()), color=COLOURS["valid"], marker="o", markersize=4, linewidth=2)
        ends.append(
            (steps(scores)[-1], list(scores.values())[-1], f"{list(scores.values())[-1]:.3f}", COLOURS["valid"])
        )
    if baseline is not None:
        axes.axhline(baseline, color=COLOURS["thawed"], linestyle=":", linewidth=1.4)
        axes.annotate(
            f"to beat: {baseline:.3f}",
            (0, baseline),
            xycoords=("axes fraction", "data"),
            xytext=(3, 2),
            textcoords="offset points",
            color=legible(COLOURS["thawed"]),
            fontsize=9,
        )
    axes.set(ylabel=metric)
    axes.margins(y=0.15)
    if ends:
        label_ends(axes, ends)


def _rates(axes: Any, history: RunHistory) -> None:
    steps, values = _ends(history), np.array([b.rates for b in history.curve.bins], dtype=float)  # None: not a number
    ends: list[tuple[float, float, list[str], str]] = []
    for name, rates, colour in zip(history.groups, values.T, group_colours(len(history.groups)), strict=True):
        trains = np.flatnonzero(rates > 0)
        if not len(trains):
            continue
        axes.plot(steps, rates, color=colour, linewidth=1.6)
        last = float(rates[trains[-1]])
        if ends and np.isclose(ends[-1][1], last, rtol=1e-3, atol=0):
            ends[-1] = (*ends[-1][:2], [*ends[-1][2], name], colour)
        else:
            ends.append((float(steps[trains[-1]]), last, [name], colour))
    axes.set(ylabel="learning rate", yscale="log" if np.nanmax(values, initial=0) > 0 else "linear")
    for x, y, names, colour in ends:
        label_end(axes, x, y, names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}", colour)


def _marks(panels: Sequence[Any], history: RunHistory) -> None:
    for axes in panels:
        for step in history.epoch_steps[: 100 if len(history.epoch_steps) <= 100 else 0]:
            axes.axvline(step, color="#DDDDDD", linewidth=0.6, zorder=0)
        for mark in history.marks:
            axes.axvline(mark.step - 1, color=COLOURS["thawed"], linewidth=1.1, linestyle="--")
    for place, mark in enumerate(history.marks[-12:]):
        panels[0].annotate(
            mark.text,
            (mark.step - 1, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -9 - 11 * (place % 4)),
            textcoords="offset points",
            color=legible(COLOURS["thawed"]),
            fontsize=8,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.5},
        )
