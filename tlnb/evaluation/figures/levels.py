"""A figure of what a number does to a score: a line a series, its mean at each level with the interval over seeds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

from tlnb.core.figures import CYCLE, Figure, label_ends
from tlnb.evaluation.verdicts.metrics import find_metric, tell_metric

if TYPE_CHECKING:
    from tlnb.evaluation.experiments.evidence import Evidence


def plot_levels(
    evidence: Evidence,
    metric: str,
    series: Mapping[str, Mapping[float, str]],
    xlabel: str,
    title: str,
    *,
    log: bool = False,
    chance: float | None = None,
) -> Figure:
    """Draw a metric against a number that conditions differ in.

    Parameters
    ----------
    evidence : Evidence
        With all the conditions.
    metric : str
        What is drawn.
    series : mapping of str to mapping of float to str
        Name of a line to the level of each of its conditions: ``{"pre-trained": {1: "1 a class", 5: "5 a class"}}``.
        One line alone may have the empty name.
    xlabel, title : str
        What the number is, with its unit, and what the figure says.
    log : bool
        Whether the levels are drawn on a logarithmic scale.
    chance : float, optional
        The score of guessing, drawn as a line.

    Raises
    ------
    TlnbError
        If a condition was not run.

    Examples
    --------
    >>> from tlnb.evaluation import Evidence
    >>> made = Evidence.from_scores({"accuracy": {"dim": [0.5, 0.6], "light": [0.8, 0.9]}})
    >>> plot_levels(made, "accuracy", {"": {0: "light", 1: "dim"}}, "darkness", "It falls").axes[0].get_ylabel()
    'accuracy, 2 seeds'
    """
    made = Figure(7.0, 3.6)
    axes = made.add_subplot()
    ends = []
    for (name, levels), colour in zip(series.items(), cycle(CYCLE), strict=False):
        places = sorted(levels)
        found = [evidence.interval(metric, levels[place]) for place in places]
        axes.plot(places, [one.mean for one in found], color=colour, linewidth=2, marker="o", markersize=5)
        bounds = find_metric(metric)
        lows, highs = [max(bounds.low, one.low) for one in found], [min(bounds.high, one.high) for one in found]
        axes.fill_between(places, lows, highs, color=colour, alpha=0.15, linewidth=0)
        if name:
            ends.append((float(places[-1]), found[-1].mean, name, colour))
    if log:
        axes.set_xscale("log")
        ticks = sorted({place for levels in series.values() for place in levels})
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
    axes.set(xlabel=xlabel, ylabel=f"{tell_metric(metric)}, {len(evidence.seeds)} seeds")
    axes.set_title(title, loc="left", fontsize=11)
    axes.margins(x=0.04)
    if chance is not None:
        axes.axhline(chance, color="#888888", linestyle=":", linewidth=1.2)
        place = {"xycoords": ("axes fraction", "data"), "xytext": (-3, 3), "textcoords": "offset points"}
        axes.annotate("guessing", (1, chance), fontsize=9, color="#666666", ha="right", **place)
    if ends:
        first, last = axes.get_xlim()
        axes.set_xlim(first, last * (last / first) ** 0.3 if log else last + 0.3 * (last - first))
        made.draw_without_rendering()  # labels are placed by the laid-out axes
        label_ends(axes, ends)
    return made
