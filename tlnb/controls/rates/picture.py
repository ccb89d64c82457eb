"""The control as a still picture, for pages where no script runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tlnb.controls.rates.ghosts import Ghost
from tlnb.controls.rates.words import told
from tlnb.core.figures import COLOURS, Figure, legible
from tlnb.core.group_colours import group_colours
from tlnb.training import RateCurves, RateSweep
from tlnb.training.plots import draw_rates

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def picture(
    rates: Mapping[str, float],
    starts: Mapping[str, float | None],
    curves: RateCurves,
    sweep: RateSweep | None,
    ghosts: Sequence[Ghost],
) -> Figure:
    """Draw the groups' peak rates above, the run's rates below.

    Parameters
    ----------
    rates : mapping of str to float
        Peak rates, input to head.
    starts : mapping of str to float or None
        From which epoch each group trains; None for never.
    curves : RateCurves
        From `Recipe.rates`.
    sweep : RateSweep, optional
        Its loss is drawn behind the peak rates.
    ghosts : sequence of Ghost
        Earlier runs.
    """
    figure = Figure(7.0, 2.2 + 0.26 * len(rates) + 2.4)
    above, below = figure.subplots(2, 1, height_ratios=[0.8 + 0.26 * len(rates), 2.6])
    above.set_title("Peak learning rate of each layer group", loc="left", fontsize=11)
    below.set_title("Learning rates over the run", loc="left", fontsize=11)
    _draw_peaks(above, rates, starts)
    if sweep is not None and len(sweep):
        _draw_loss(above, sweep, len(rates))
    for number, ghost in enumerate(ghosts, 1):
        epochs, line = np.array([point for point in ghost.points if point[1] > 0]).T
        below.plot(epochs, line, color="#888888", linestyle="--", linewidth=1)
        place = min(len(line) - 1, (2 * number - 1) * len(line) // 10)
        below.annotate(f"{number}: {ghost.result}", (epochs[place], line[place]), fontsize=9, color="#555555")
    draw_rates(below, curves)
    return figure


def _draw_peaks(axes: Axes, rates: Mapping[str, float], starts: Mapping[str, float | None]) -> None:
    for place, (name, colour) in enumerate(zip(rates, group_colours(len(rates)), strict=True)):
        frozen = starts[name] is None
        face = "white" if frozen else colour
        axes.plot(rates[name], place, "o", markersize=8, color=face, markeredgecolor="#222222", zorder=3)
        axes.annotate(
            told(rates[name]) + (" (frozen)" if frozen else ""),
            (rates[name], place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    labels = [name if not starts[name] else f"{name} (from epoch {starts[name]:g})" for name in rates]
    axes.set(xscale="log", xlabel="learning rate", ylim=(-0.7, len(rates) - 0.3))
    axes.set_yticks(range(len(rates)), labels)
    low, high = min(rates.values()), max(rates.values())
    axes.set_xlim(min(1e-6, low / 2), max(1.0, high * 4))


def _draw_loss(axes: Axes, sweep: RateSweep, count: int) -> None:
    """Draw a range test's loss behind, over the whole height."""
    heads, smoothed = sweep.multipliers * sweep.given.learning_rate, sweep.smoothed
    low, high = float(smoothed.min()), float(smoothed[: max(2, len(smoothed) // 2)].max())
    heights = (smoothed - low) / max(high - low, 1e-9) * (count - 1)
    shown = heights <= count - 0.4
    axes.plot(heads[shown], heights[shown], color=legible(COLOURS["thawed"]), linewidth=1.4, alpha=0.7, zorder=1)
    axes.annotate(
        f"loss of the range test, {high:.2f} to {low:.2f}",
        (0.01, 0.02),
        xycoords="axes fraction",
        fontsize=9,
        color=legible(COLOURS["thawed"]),
    )
    for place, suggestion in enumerate(sorted(sweep.suggestions, key=lambda s: s.multiplier)):
        axes.axvline(suggestion.learning_rate, color="#888888", linestyle=":", linewidth=1.2, zorder=1)
        axes.annotate(
            f"{suggestion.name} {told(suggestion.learning_rate)}",
            (suggestion.learning_rate, 0.02 + 0.09 * place),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=9,
            color="#555555",
        )
