"""Figures of curves: several in one panel, named at their ends, or each in a small panel of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np

from tlnb.core.figures import CYCLE, Figure, label_ends, mark_place

FEW = 20  # points: so many are marked
Curves = Mapping[str, "Sequence[float] | np.ndarray"]


def plot_curves(
    curves: Curves,
    xlabel: str,
    ylabel: str,
    title: str,
    *,
    x: Sequence[float] | np.ndarray | None = None,
    log: bool = False,
    marks: Mapping[str, float] | None = None,
) -> Figure:
    """Draw curves in one panel, each named at its end.

    Parameters
    ----------
    curves : mapping of str to sequence of float
        Name to heights; what is not finite is left out. One curve alone may have the empty name.
    xlabel, ylabel, title : str
        What the axes are, with units, and what the figure says.
    x : sequence of float, optional
        Places of the heights, for all; 1, 2, 3... if not given.
    log : bool
        Whether heights are drawn on a logarithmic scale.
    marks : mapping of str to float, optional
        Places to mark by a dotted line, with what to write there.

    Examples
    --------
    >>> made = plot_curves({"fast": [3, 1, 0.5], "slow": [3, 2.5, 2]}, "epoch", "loss (nats)", "Fast is fast")
    >>> made.axes[0].get_title("left")
    'Fast is fast'
    """
    made = Figure(7.0, 3.6)
    axes = made.add_subplot()
    ends = []
    for (name, heights), colour in zip(curves.items(), cycle(CYCLE), strict=False):
        places, shown = _finite(heights, x)
        axes.plot(places, shown, color=colour, linewidth=2, marker="o" if len(shown) <= FEW else "", markersize=4)
        if name:
            ends.append((float(places[-1]), float(shown[-1]), name, colour))
    axes.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    axes.set_title(title, loc="left", fontsize=11)
    axes.margins(x=0.2 if ends else 0.02)
    if ends:
        axes.set_xlim(left=min(float(np.min(line.get_xdata())) for line in axes.lines))
    if x is None:
        axes.xaxis.get_major_locator().set_params(integer=True)
    for text, place in (marks or {}).items():
        mark_place(axes, place, text)
    if ends:
        made.draw_without_rendering()  # labels are placed by the laid-out axes
        label_ends(axes, ends)
    return made


def plot_panels(
    curves: Curves, xlabel: str, ylabel: str, title: str, *, x: Sequence[float] | np.ndarray | None = None
) -> Figure:
    """Draw each curve in a small panel of its own, all on the same axes.

    Parameters
    ----------
    curves, xlabel, ylabel, title, x
        As for `plot_curves`.

    Examples
    --------
    >>> made = plot_panels({"up": [1, 2], "down": [2, 1], "level": [1, 1]}, "epoch", "rate", "Three shapes")
    >>> [axes.get_title("left") for axes in made.axes]
    ['up', 'down', 'level']
    """
    columns = min(4, len(curves))
    rows = math.ceil(len(curves) / columns)
    made = Figure(7.0, 0.7 + 1.5 * rows)
    panels = made.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, (name, heights) in zip(panels, curves.items(), strict=False):
        axes.plot(*_finite(heights, x), color=CYCLE[0], linewidth=1.6)
        axes.set_title(name, loc="left", fontsize=9)
    for axes in panels[len(curves) :]:
        axes.remove()
    made.supxlabel(xlabel, fontsize=10)
    made.supylabel(ylabel, fontsize=10)
    made.suptitle(title, x=0.01, ha="left", fontsize=11)
    return made


def _finite(
    heights: Sequence[float] | np.ndarray, x: Sequence[float] | np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    shown = np.asarray(heights, np.float64)
    places = np.arange(1, len(shown) + 1) if x is None else np.asarray(x, np.float64)[: len(shown)]
    return places[np.isfinite(shown)], shown[np.isfinite(shown)]
