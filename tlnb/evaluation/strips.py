"""Comparisons as drawn intervals: this run thick, the record thin below it, grey what is too small to count."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tlnb.core.figures import Figure, legible
from tlnb.evaluation.wording import VERDICTS, tell_interval, tell_test

_WIDTH, _ROW = 640, 18  # of the drawing, in its own units
Found = Mapping[str, Any]


def svg_strip(found: Sequence[Found]) -> str:
    """Draw the results of one comparison as SVG that takes its ink from the page.

    No text is in it: where a page strips SVG, letters would be all that is left.

    Parameters
    ----------
    found : sequence of mapping
        The same comparison in one run or several, as the ledger keeps it.

    Returns
    -------
    str
        An ``<svg>`` element, as wide as its place.
    """
    left, right = _span(found)
    base = _ROW * len(found) + 4

    def x(value: float) -> float:
        return round(_WIDTH * (value - left) / (right - left), 1)

    start, smallest = _grey(found[0])
    shapes = [
        f'<rect x="{x(start)}" y="0" width="{x(smallest) - x(start):.1f}" height="{base}" fill="#888" opacity=".25"/>',
        f'<line x1="{x(0)}" x2="{x(0)}" y1="0" y2="{base}" stroke="currentColor" stroke-width="1.2"/>',
    ]
    for i, one in enumerate(found):
        y, colour = _ROW * i + _ROW / 2 + 2, VERDICTS[one["verdict"]][2]
        shapes.append(
            f'<line x1="{x(one["low"])}" x2="{x(one["high"])}" y1="{y}" y2="{y}" stroke="{colour}" '
            f'stroke-width="{6 if i == 0 else 3}" stroke-linecap="round"/>'
            f'<circle cx="{x(one["effect"])}" cy="{y}" r="6" fill="{colour}"/>'
        )
    label = "; ".join(tell_interval(one["effect"], one["low"], one["high"], one["unit"]) for one in found)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {base}" style="width:100%;height:auto" '
        f'role="img" aria-label="{escape(label)}">{"".join(shapes)}</svg>'
    )


def draw_card(title: str, lines: Sequence[str], tests: Sequence[Sequence[tuple[str, Found]]]) -> Figure:
    """Draw a claim's card: its sentence, its verdicts, and a strip for each comparison.

    Parameters
    ----------
    title : str
        The claim.
    lines : sequence of str
        What is written below it.
    tests : sequence of sequence of (str, mapping)
        For each comparison, its results by the name of the run.
    """
    heads = textwrap.wrap(title, 78)
    body = [part for line in lines for part in textwrap.wrap(line, 96)]
    top = 0.15 + 0.21 * len(heads) + 0.19 * len(body)
    heights = [top] + [0.75 + 0.22 * len(test) for test in tests]
    made = Figure(7.0, sum(heights))
    rows = made.add_gridspec(len(heights), 1, height_ratios=heights)
    words = made.add_subplot(rows[0])
    words.set_axis_off()
    words.annotate("\n".join(heads), (0, 1), va="top", fontsize=10, fontweight="bold", xycoords="axes fraction")
    below = (0, -15 * len(heads) - 4)  # points: a share of the axes would change with what the layout leaves them
    words.annotate(
        "\n".join(body),
        (0, 1),
        xytext=below,
        va="top",
        fontsize=9,
        xycoords="axes fraction",
        textcoords="offset points",
    )
    for row, test in zip(range(1, len(heights)), tests, strict=True):
        _draw_strip(made.add_subplot(rows[row]), test)
    return made


def _draw_strip(axes: Any, test: Sequence[tuple[str, Found]]) -> None:
    found = [one for _, one in test]
    start, smallest = _grey(found[0])
    percent = found[0]["unit"] == "of the baseline"
    axes.axvspan(start, smallest, color="#888888", alpha=0.25, linewidth=0)
    axes.axvline(0, color="#222222", linewidth=1.2)
    for i, one in enumerate(found):
        colour = VERDICTS[one["verdict"]][2]
        axes.plot([one["low"], one["high"]], [-i, -i], color=colour, linewidth=5 if i == 0 else 2.5)
        axes.plot(one["effect"], -i, "o", color=colour, markersize=8)
    axes.set_xlim(*_span(found))
    axes.set_ylim(0.4 - len(found), 0.6)
    axes.set_yticks([-i for i in range(len(found))], [name for name, _ in test], fontsize=8.5)
    for label, one in zip(axes.get_yticklabels(), found, strict=True):
        label.set_color(legible(VERDICTS[one["verdict"]][2]))
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="x", labelsize=8)
    if percent:
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_title(tell_test(found[0]), loc="left", fontsize=8.5)


def _span(found: Sequence[Found]) -> tuple[float, float]:
    """Return the ends of the axis: all intervals, zero and the smallest effect, with air on both sides."""
    start, smallest = _grey(found[0])
    ends = [start, 2 * smallest, -smallest, *(one[key] for one in found for key in ("low", "high"))]
    air = 0.06 * (max(ends) - min(ends))
    return min(ends) - air, max(ends) + air


def _grey(one: Found) -> tuple[float, float]:
    return (-one["smallest"] if one["direction"] == "equal" else 0.0), one["smallest"]
