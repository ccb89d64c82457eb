"""Figures of evidence: every score as a dot, the mean with its interval beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from tlnb.core.figures import COLOURS, CYCLE, Figure, figure, label_end, legible, mark_place
from tlnb.evaluation.verdicts.intervals import mean_interval

if TYPE_CHECKING:
    from tlnb.evaluation.experiments.evidence import Evidence


def plot_scores(
    scores: Mapping[str, Sequence[float]],
    xlabel: str,
    title: str,
    chance: float | None = None,
    less_is_better: bool = False,
) -> Figure:
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
    less_is_better : bool
        For errors: the smallest is the best.

    Examples
    --------
    >>> fig = plot_scores({"a": [0.8, 0.9], "b": [0.6, 0.7]}, "AUC", "a reads more than b", chance=0.5)
    >>> fig.axes[0].get_xlabel()
    'AUC'
    """
    ranked = sorted(scores, key=lambda name: mean_interval(scores[name]).mean, reverse=less_is_better)
    own = {name: COLOURS.get(name.split()[0].replace("-", "").lower()) for name in ranked}
    colours = [own[name] or _colour(name, list(scores)) for name in ranked]
    made, axes = _rows([scores[name] for name in ranked], ranked, colours, xlabel, title)
    if chance is not None:
        mark_place(axes, chance, "guessing")
    return made


def plot_bars(values: Mapping[str, Mapping[str, float]], title: str, good: Sequence[str] = ()) -> Figure:
    """Draw a bar for each name, its number at its end; one panel for each quantity, side by side.

    Parameters
    ----------
    values : mapping of str to mapping of str to float
        Quantity, with its unit, to name to number, >= 0. The names are the same in all, in the order of the first.
    title : str
        What the figure says.
    good : sequence of str
        Names drawn in the colour of what is right; the others have the colour of a warning.

    Examples
    --------
    >>> made = plot_bars({"drift": {"wrong": 0.3, "right": 0.0}}, "Only one is still", good=["right"])
    >>> made.axes[0].get_xlabel()
    'drift'
    """
    names = list(next(iter(values.values())))
    made = Figure(7.0, 1.2 + 0.42 * len(names))
    panels = made.subplots(1, len(values), sharey=True, squeeze=False)[0]
    rows = [-row for row in range(len(names))]
    for axes, (quantity, numbers) in zip(panels, values.items(), strict=True):
        for row, name in zip(rows, names, strict=True):
            colour = COLOURS["valid"] if name in good else COLOURS["thawed"]
            axes.barh(row, numbers[name], height=0.6, color=colour)
            text = f"{numbers[name]:.2g}" if numbers[name] else "0"
            place = {"xytext": (5, 0), "textcoords": "offset points", "va": "center"}
            axes.annotate(text, (numbers[name], row), color=legible(colour), **place)
        axes.set_xlim(0, 1.18 * max(numbers.values()) or 1)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(quantity)
    panels[0].set_yticks(rows, names, fontsize=10)
    made.suptitle(title, x=0.01, ha="left", fontsize=11)
    return made


def plot_by_layer(
    evidence: Evidence, metric: str, groups: Sequence[str], conditions: Sequence[str], ylabel: str, title: str
) -> Figure:
    """Draw one metric from layer to layer, a line a condition with its 95 % interval over seeds.

    Parameters
    ----------
    evidence : Evidence
        With a metric ``"<metric>: <group>"`` for each group.
    metric : str
        The metric before the colon.
    groups : sequence of str
        Layer groups, input first.
    conditions : sequence of str
        Which to draw; each keeps its colour in every figure of the same evidence.
    ylabel, title : str
        What the numbers are, and what the figure says.

    Examples
    --------
    >>> from tlnb.evaluation import Evidence
    >>> moved = Evidence.from_scores({"distance: stem": {"a": [0, 0.1]}, "distance: top": {"a": [1, 1.1]}})
    >>> plot_by_layer(moved, "distance", ["stem", "top"], ["a"], "moved", "The top moves").axes[0].get_ylabel()
    'moved'
    """
    names = [f"{metric}: {group}" for group in groups]
    made, axes = figure(7.0, 3.6)
    ends = []
    for condition in conditions:
        colour = _colour(condition, evidence.conditions)
        found = [evidence.interval(name, condition) for name in names]
        means = [interval.mean for interval in found]
        axes.plot(means, marker="o", markersize=5, color=colour, linewidth=2)
        lows, highs = [max(0, i.low) for i in found], [i.high for i in found]
        axes.fill_between(range(len(groups)), lows, highs, color=colour, alpha=0.15, linewidth=0)
        ends.append((means[-1], condition, colour))
    axes.set_xticks(range(len(groups)), groups, fontsize=9)
    axes.set_xlim(-0.3, len(groups) + 0.6)
    axes.set_ylim(bottom=0)
    for (_, condition, colour), y in zip(sorted(ends), _apart(sorted(e[0] for e in ends), axes), strict=True):
        label_end(axes, len(groups) - 1, y, condition, colour)
    axes.set_xlabel("layer group, input on the left")
    axes.set_ylabel(ylabel)
    axes.set_title(title, loc="left", fontsize=11)
    return made


def plot_tradeoff(
    evidence: Evidence, cost: str, score: str, conditions: Sequence[str], xlabel: str, title: str
) -> Figure:
    """Draw each condition's scores in a row of its own, the cheapest at the top, its mean cost beside its name.

    Parameters
    ----------
    evidence : Evidence
        With both metrics under the same conditions.
    cost, score : str
        Metrics; a cost in bytes is told in kB or MB.
    conditions : sequence of str
        Which to draw.
    xlabel, title : str
        What the scores are, and what the figure says.

    Examples
    --------
    >>> from tlnb.evaluation import Evidence
    >>> made = Evidence.from_scores({"bytes": {"a": [5e6, 5e6]}, "auc": {"a": [0.8, 0.9]}})
    >>> [label.get_text() for label in plot_tradeoff(made, "bytes", "auc", ["a"], "AUC", "a").axes[0].get_yticklabels()]
    ['a (5 MB)']
    """
    costs = {name: evidence.interval(cost, name).mean for name in conditions}
    ranked = sorted(conditions, key=lambda name: -costs[name])
    labels = [f"{name} ({_told(costs[name], cost)})" for name in ranked]
    colours = [_colour(name, evidence.conditions) for name in ranked]
    there = evidence.scores(score)
    return _rows([there[name] for name in ranked], labels, colours, xlabel, title)[0]


def _rows(
    scores: Sequence[Sequence[float]], labels: Sequence[str], colours: Sequence[str], xlabel: str, title: str
) -> tuple[Figure, Axes]:
    """Draw scores in rows, the first at the bottom."""
    made, axes = figure(7.0, 1.2 + 0.55 * len(scores))
    for row, (one, colour) in enumerate(zip(scores, colours, strict=True)):
        _draw_row(axes, row, one, colour)
    axes.set_yticks(range(len(labels)), labels, fontsize=10)
    axes.set_ylim(-0.5, len(labels) - 0.4)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(xlabel)
    axes.set_title(title, loc="left", fontsize=11)
    return made, axes


def _draw_row(axes: Axes, row: float, scores: Sequence[float], colour: str) -> None:
    """Draw a dot for each score, and above them the mean with its interval, cut where scores end."""
    interval = mean_interval(scores)
    shares = min(scores) >= 0 and max(scores) <= 1
    low, high = (max(0.0, interval.low), min(1.0, interval.high)) if shares else (interval.low, interval.high)
    axes.plot(scores, [row - 0.18] * len(scores), "o", color=colour, markersize=4, alpha=0.5)
    axes.errorbar(
        interval.mean,
        row,
        xerr=[[interval.mean - low], [high - interval.mean]],
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


def _told(cost: float, metric: str) -> str:
    if metric != "bytes":
        return f"{cost:.3g} {metric}"
    return f"{cost / 1e6:.2g} MB" if cost >= 1e5 else f"{cost / 1e3:.2g} kB"


def _apart(heights: Sequence[float], axes: Axes) -> list[float]:
    """Move labels up until no two of them touch; heights come in rising order."""
    low, high = axes.get_ylim()
    gap = 0.065 * (high - low)
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap) if placed else height)
    return placed


def _colour(condition: str, conditions: Sequence[str]) -> str:
    return CYCLE[list(conditions).index(condition) % len(CYCLE)]
