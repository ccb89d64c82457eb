"""The explorer as a still picture, for pages where no widget is alive."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from tlnb.controls.exploring.look import Look
from tlnb.controls.exploring.pictures import Pictures
from tlnb.controls.exploring.points import Points
from tlnb.core.figures import CYCLE, Figure, legible
from tlnb.evaluation import DepthScores

if TYPE_CHECKING:
    from matplotlib.gridspec import GridSpec

MAPS = 11  # beside the picture itself
MARKERS = "osD^vPX*<>"  # a shape beside each colour


def draw(look: Look, pictures: Pictures, points: Points | None, depth: dict[str, DepthScores] | None) -> Figure:
    """Draw the picture with its first maps, and below it what of the set is computed."""
    credit = textwrap.fill(pictures.images.card.attribution, 110)
    heights = [2.9] + [3.0] * (points is not None) + [2.4] * (depth is not None)
    figure = Figure(7.0, sum(heights) + 0.2 * bool(credit))
    if credit:
        figure.supxlabel(credit, fontsize=8, color="#555555")
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    _maps(figure, grid, look)
    if points is not None:
        _points(figure, grid, points, pictures)
    if depth is not None:
        _depth(figure.add_subplot(grid[len(heights) - 1]), depth)
    return figure


def _maps(figure: Figure, grid: GridSpec, look: Look) -> None:
    cells = grid[0].subgridspec(2, 6)
    order = look.sheet.ranked(look.order).tolist()[:MAPS]
    by = "change" if look.order == "change" else "mean"
    values = look.sheet.changes if by == "change" and look.sheet.changes is not None else look.sheet.strengths
    for place in range(1 + len(order)):
        axes = figure.add_subplot(cells[place // 6, place % 6])
        axes.set_axis_off()
        if place == 0:
            axes.imshow(look.shown.pixels.permute(1, 2, 0).squeeze(-1).numpy(), cmap="gray", vmin=0, vmax=255)
            axes.set_title(look.shown.label or look.shown.title, fontsize=9)
        else:
            number = order[place - 1]
            axes.imshow(look.sheet.maps[number].numpy(), cmap="magma")
            axes.set_title(f"{number}: {by} {values[number]:.2g}", fontsize=8)
    ranked = {"change": "the most changed maps", "mean": "the strongest maps", "number": "the first maps"}[look.order]
    figure.suptitle(f"{look.shown.title}: {ranked} of {look.layer.name}", x=0.01, ha="left", fontsize=11)


def _points(figure: Figure, grid: GridSpec, points: Points, pictures: Pictures) -> None:
    sets = points.projection.points
    colouring = pictures.colourings()[0]
    cells = grid[1].subgridspec(1, len(sets))
    axes = None
    for place, some in enumerate(sets):
        axes = figure.add_subplot(cells[0, place], sharex=axes, sharey=axes)
        when = "" if len(sets) == 1 else (" before the training", " after it")[place]
        axes.set_title(f"{points.layer}{when}", loc="left", fontsize=9)
        axes.tick_params(labelbottom=False, labelleft=False)
        for code, value in enumerate(colouring.values[: len(CYCLE)]):
            own = colouring.codes == code
            label = value if place == 0 else None
            axes.scatter(
                *some[own].T, s=9, marker=MARKERS[code % len(MARKERS)], color=CYCLE[code], alpha=0.7, label=label
            )
        others = colouring.codes >= len(CYCLE)
        if others.any():
            label = "other classes" if place == 0 else None
            axes.scatter(*some[others].T, s=5, marker=".", color="#888888", label=label)
        if place == 0:
            axes.legend(fontsize=7, loc="best", framealpha=0.9)


def _depth(axes: Axes, depth: dict[str, DepthScores]) -> None:
    for (when, scores), marker, colour in zip(depth.items(), "os", CYCLE[:2][::-1], strict=False):
        intervals = list(scores.intervals.values())
        places = np.arange(len(intervals))
        means = np.array([interval.mean for interval in intervals])
        ends = np.array([[i.mean - i.low, i.high - i.mean] for i in intervals]).T
        axes.errorbar(places, means, ends, marker=marker, color=legible(colour), capsize=3, label=when)
        axes.set_xticks(places, list(scores.scores))
        axes.set_ylabel(scores.metric)
    if len(depth) > 1:
        axes.legend(fontsize=8)
    axes.set_title("A linear classifier on each layer group, 95 % interval over seeds", loc="left", fontsize=9)
