"""The figure of a range test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.figures import COLOURS, CYCLE, Figure, legible
from tlnb.training.range_test.suggestions import READING

if TYPE_CHECKING:
    from tlnb.training.range_test.sweep import RateSweep


def plot_sweep(sweep: RateSweep) -> Figure:
    """Draw the loss of each step over the head's rate, its moving average, and the suggestions.

    Parameters
    ----------
    sweep : RateSweep
        From `tlnb.find_rates`.
    """
    figure = Figure(7.0, 3.6)
    axes = figure.add_subplot()
    peak = sweep.given.learning_rate
    rates = sweep.multipliers * peak
    axes.plot(rates, sweep.losses, "o", color=COLOURS["train"], alpha=0.3, markersize=2.5, markeredgewidth=0)
    axes.plot(rates, sweep.smoothed, color=COLOURS["train"], linewidth=1.8)
    low, high = _shown(sweep)
    axes.set(xscale="log", ylim=(low, high), xlabel="the head's learning rate", ylabel="training loss (nats)")
    axes.set_yticks([tick for tick in axes.get_yticks() if max(0, low) <= tick <= high])  # no loss is below 0
    colours = dict(zip(READING, CYCLE, strict=False))
    across = np.log(sweep.multipliers[[0, -1]])
    for place, suggestion in enumerate(sorted(sweep.suggestions, key=lambda s: s.multiplier)):
        colour = colours[suggestion.name]
        axes.axvline(suggestion.learning_rate, color=colour, linewidth=1.2)
        along = (np.log(suggestion.multiplier) - across[0]) / (across[1] - across[0])
        left = along > (0.8 if place else 0.25)  # of its line, where there is room
        axes.annotate(
            f"{suggestion.name} {suggestion.learning_rate:.2g}",
            (suggestion.learning_rate, 0.19 - 0.08 * place),
            xycoords=("data", "axes fraction"),
            xytext=(-5 if left else 5, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            fontsize=10,
            color=legible(colour),
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    if sweep.diverged_at is not None:
        axes.axvline(sweep.diverged_at * peak, color=COLOURS["thawed"], linewidth=1, linestyle=":")
        axes.annotate(
            "diverged",
            (sweep.diverged_at * peak, 0.97),
            xycoords=("data", "axes fraction"),
            xytext=(-5, 0),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=10,
            color=legible(COLOURS["thawed"]),
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    axes.set_title("Loss of each step, and its moving average, while all rates rise together", loc="left", fontsize=11)
    return figure


def _shown(sweep: RateSweep) -> tuple[float, float]:
    """Return the losses between which the curve can be read: where it diverges, it would flatten all the rest."""
    low = float(min(sweep.smoothed.min(), np.quantile(sweep.losses, 0.02)))
    top = float(np.quantile(sweep.losses[: max(3, len(sweep) // 2)], 0.98))
    room = max(top - low, 1e-3 * abs(top), 1e-9)
    return low - 0.35 * room, top + 0.25 * room
