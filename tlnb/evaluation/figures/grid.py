"""A figure of differences: conditions in rows, kinds of test in columns, in each cell the gain over a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from tlnb.core.figures import COLOURS, Figure

if TYPE_CHECKING:
    from tlnb.evaluation.experiments.evidence import Evidence

_WORSE_TO_BETTER = LinearSegmentedColormap.from_list("tlnb", [COLOURS["thawed"], "#FFFFFF", COLOURS["valid"]])


def plot_differences(
    evidence: Evidence, metrics: Mapping[str, str], conditions: Sequence[str], baseline: str, title: str
) -> Figure:
    """Draw how much each condition gains over a baseline in each of several scores.

    A cell holds the mean paired difference; it is bold where the 95 % interval over seeds leaves out zero. Colour says
    the same again: green is better, orange worse.

    Parameters
    ----------
    evidence : Evidence
        With all of them.
    metrics : mapping of str to str
        Metric, of which more is better, to what its column is called.
    conditions : sequence of str
        The rows.
    baseline : str
        What they are compared with.
    title : str
        What the figure says.

    Examples
    --------
    >>> from tlnb.evaluation import Evidence
    >>> found = Evidence.from_scores({"auc": {"plain": [0.6, 0.7], "flips": [0.8, 0.9]}})
    >>> made = plot_differences(found, {"auc": "as it is"}, ["flips"], "plain", "Flips help")
    >>> [text.get_text() for text in made.axes[0].texts]
    ['+0.20']
    """
    intervals = [[evidence.difference(metric, name, baseline) for metric in metrics] for name in conditions]
    means = np.array([[interval.mean for interval in row] for row in intervals])
    reach = float(np.abs(means).max()) or 1.0
    made = Figure(7.0, 1.1 + 0.38 * len(conditions))
    axes = made.add_subplot()
    axes.imshow(means, cmap=_WORSE_TO_BETTER, vmin=-1.3 * reach, vmax=1.3 * reach, aspect="auto")
    for row, found in enumerate(intervals):
        for column, interval in enumerate(found):
            sure = interval.low > 0 or interval.high < 0
            axes.text(
                column,
                row,
                f"{interval.mean:+.2f}",
                ha="center",
                va="center",
                color="#222222",
                fontsize=10,
                fontweight="bold" if sure else "normal",
            )
    axes.set_xticks(range(len(metrics)), list(metrics.values()), fontsize=9)
    axes.set_yticks(range(len(conditions)), list(conditions), fontsize=10)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set_title(title, loc="left", fontsize=11)
    return made
