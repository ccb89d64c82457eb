"""Figures of distributions: how values are spread in each of several sets, and a statistic beside its null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from tlnb.core.figures import COLOURS, CYCLE, Figure, legible

if TYPE_CHECKING:
    from tlnb.evaluation.domains.shift import PermutationTest

_BINS = 40


def plot_spread(values: Mapping[str, Mapping[str, Sequence[float] | np.ndarray]], title: str, pairs: int = 2) -> Figure:
    """Draw how values are spread: a row a set, a panel a quantity; the middle half thick, the median a dot.

    Parameters
    ----------
    values : mapping of str to mapping of str to sequence of float
        Quantity, with its unit, to set to its values. The sets are the same in all, in the order of the first.
    title : str
        What the figure says.
    pairs : int
        How many sets that follow each other belong together: they have one colour each in turn, and a gap behind.

    Examples
    --------
    >>> made = plot_spread({"brightness": {"day": [180, 200, 210], "night": [30, 40, 60]}}, "Night is darker")
    >>> made.axes[0].get_xlabel()
    'brightness'
    """
    names = list(next(iter(values.values())))
    made = Figure(7.0, 1.0 + 0.32 * len(names))
    panels = made.subplots(1, len(values), sharey=True, squeeze=False)[0]
    rows = [-(row + 0.6 * (row // pairs)) for row in range(len(names))]
    for axes, (quantity, sets) in zip(panels, values.items(), strict=True):
        for place, (row, name) in enumerate(zip(rows, names, strict=True)):
            low, first, middle, third, high = np.percentile(np.asarray(sets[name], float), (5, 25, 50, 75, 95))
            colour = CYCLE[place % pairs]
            axes.plot((low, high), (row, row), color=colour, linewidth=1.4)
            axes.plot((first, third), (row, row), color=colour, linewidth=6, solid_capstyle="butt", alpha=0.65)
            axes.plot(middle, row, "o", color=colour, markersize=6, markeredgecolor="white")
        axes.set_xlabel(quantity, fontsize=9)
        axes.grid(axis="y", visible=False)
        axes.margins(x=0.08)
    panels[0].set_yticks(rows, names, fontsize=10)
    made.suptitle(title, x=0.01, ha="left", fontsize=11)
    return made


def plot_null(tests: Mapping[str, PermutationTest], title: str) -> Figure:
    """Draw what a statistic is where there is no shift, as a histogram, and what was found as a line: a panel a test.

    Parameters
    ----------
    tests : mapping of str to PermutationTest
        What was tested to its result.
    title : str
        What the figure says.

    Examples
    --------
    >>> import torch
    >>> from tlnb.evaluation import mmd_test
    >>> rows = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    >>> made = plot_null({"no shift": mmd_test(rows[:20], rows[20:], permutations=50)}, "Nothing there")
    >>> made.axes[0].get_title("left")
    'no shift'
    """
    made = Figure(7.0, 2.6)
    panels = made.subplots(1, len(tests), squeeze=False)[0]
    for axes, (name, test) in zip(panels, tests.items(), strict=True):
        _draw_null(axes, test)
        axes.set_title(name, loc="left", fontsize=10)
    panels[0].set_ylabel("permutations", fontsize=10)
    made.supxlabel("squared MMD", fontsize=10)
    made.suptitle(title, x=0.01, ha="left", fontsize=11)
    return made


def _draw_null(axes: Axes, test: PermutationTest) -> None:
    reach = [*test.null, test.statistic]
    axes.hist(test.null, bins=np.linspace(min(reach), max(reach), _BINS).tolist(), color=COLOURS["frozen"])
    axes.axvline(test.statistic, color=COLOURS["thawed"], linewidth=2)
    far = test.statistic > (min(reach) + max(reach)) / 2
    axes.annotate(
        f"found\np = {test.p_value:.2g}",
        (test.statistic, 0.95),
        xycoords=("data", "axes fraction"),
        xytext=(-5 if far else 5, 0),
        textcoords="offset points",
        ha="right" if far else "left",
        va="top",
        fontsize=9,
        color=legible(COLOURS["thawed"]),
    )
    axes.locator_params(axis="x", nbins=4)
