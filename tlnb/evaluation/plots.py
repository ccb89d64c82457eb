"""Figures of evidence: every score as a dot, the mean with its interval beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tlnb.core.figures import COLOURS, CYCLE, Figure, figure, legible
from tlnb.evaluation.intervals import mean_interval


def plot_scores(scores: Mapping[str, Sequence[float]], xlabel: str, title: str, chance: float | None = None) -> Figure:
    """Draw scores by condition, best at the top: a dot a seed, and the mean with its 95 % interval.

    Parameters
    ----------
    scores : mapping of str to sequence of float
        Condition to its scores, one a seed.
    xlabel : str
        What the scores are, with their unit or range.
    title : str
        What the figure says.
    chance : float, optional
        The score of guessing, drawn as a line.

    Examples
    --------
    >>> fig = plot_scores({"a": [0.8, 0.9], "b": [0.6, 0.7]}, "AUC", "a reads more than b", chance=0.5)
    >>> fig.axes[0].get_xlabel()
    'AUC'
    """
    made, axes = figure(7.0, 1.2 + 0.55 * len(scores))
    ranked = sorted(scores, key=lambda name: mean_interval(scores[name]).mean)
    for row, name in enumerate(ranked):
        interval = mean_interval(scores[name])
        colour = COLOURS.get(name.split()[0].replace("-", "").lower(), CYCLE[row % len(CYCLE)])
        axes.plot(scores[name], [row - 0.18] * len(scores[name]), "o", color=colour, markersize=4, alpha=0.5)
        axes.errorbar(
            interval.mean,
            row,
            xerr=[[interval.mean - interval.low], [interval.high - interval.mean]],
            fmt="D",
            color=colour,
            markersize=7,
            capsize=4,
            linewidth=2,
        )
        axes.annotate(
            f"{interval.mean:.2f}",
            (interval.mean, row),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color=legible(colour),
        )
    axes.set_yticks(range(len(ranked)), ranked, fontsize=10)
    axes.set_ylim(-0.5, len(ranked) - 0.4)
    axes.grid(axis="y", visible=False)
    if chance is not None:
        axes.axvline(chance, color="#888888", linestyle=":", linewidth=1.2)
        axes.annotate(
            "guessing",
            (chance, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -2),
            textcoords="offset points",
            fontsize=9,
            color="#666666",
            va="top",
        )
    axes.set_xlabel(xlabel)
    axes.set_title(title, loc="left", fontsize=11)
    return made
