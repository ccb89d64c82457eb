"""Figures of projected features: the same points by domain and by class, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from tlnb.core.errors import TlnbError
from tlnb.core.figures import CYCLE, Figure, legible
from tlnb.evaluation.features.projection import Projection

COLOURS = (*CYCLE, "#888888")
MARKERS = "os^Dvphd*X"
MOST = len(COLOURS)


def plot_features(
    projection: Projection, groups: Mapping[str, Sequence[str]], names: Sequence[str], title: str
) -> Figure:
    """Draw projected features, a column for each set and a row for each way to group the points.

    Parameters
    ----------
    projection : Projection
        Of `project`, with one set or more.
    groups : mapping of str to sequence of str
        A grouping, ``"by domain"``, to what each point is, N values of at most ten kinds. Kinds of one letter or digit
        are drawn as that, others as marks with a legend.
    names : sequence of str
        What each set is, as many as there are.
    title : str
        What the figure says.

    Raises
    ------
    TlnbError
        If there are too many kinds, or not as many values as points, or not as many names as sets.

    Examples
    --------
    >>> from tlnb.evaluation import project
    >>> rows = np.random.default_rng(0).normal(size=(20, 4))
    >>> made = plot_features(project(rows, rows), {"by class": ["a", "b"] * 10}, ["before", "after"], "Two classes")
    >>> [axes.get_title("left") for axes in made.axes]
    ['before', 'after']
    """
    count = len(projection.points[0])
    if len(names) != len(projection.points):
        raise TlnbError(f"{len(names)} names for {len(projection.points)} sets of points: give one for each.")
    for grouping, values in groups.items():
        if len(values) != count:
            raise TlnbError(f"{grouping!r} has {len(values)} values for {count} points: give one for each.")
        if len(set(values)) > MOST:
            raise TlnbError(f"{grouping!r} has {len(set(values))} kinds; at most {MOST} can be told apart.")
    made = Figure(7.0, 0.5 + 2.9 * len(groups))
    panels = made.subplots(len(groups), len(names), sharex="col", sharey="col", squeeze=False)
    for row, (grouping, values) in enumerate(groups.items()):
        for place, (name, points) in enumerate(zip(names, projection.points, strict=True)):
            _draw(panels[row, place], points, np.asarray(values))
            if row == 0:
                panels[row, place].set_title(name, loc="left", fontsize=10)
            panels[row, place].tick_params(labelbottom=False, labelleft=False, length=0)
        panels[row, 0].set_ylabel(grouping)
        if max(map(len, values)) > 1:
            panels[row, 0].legend(fontsize=8, loc="best", framealpha=0.9)
    made.suptitle(title, x=0.01, ha="left", fontsize=11)
    return made


def _draw(axes: Axes, points: np.ndarray, values: np.ndarray) -> None:
    kinds = sorted(set(values.tolist()))
    for kind, colour, marker in zip(kinds, COLOURS, MARKERS, strict=False):
        own = points[values == kind]
        letter = len(kind) == 1
        look: dict[str, Any] = {"marker": marker, "s": 10}
        if letter:
            look = {"marker": f"${kind}$", "s": 22, "linewidths": 0.2}
        axes.scatter(*own.T, color=legible(colour) if letter else colour, alpha=0.75, label=kind, **look)
