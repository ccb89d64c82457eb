"""Comparisons as drawn intervals: this run thick, the record thin below it, grey what is too small to count."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tlnb.core.figures import Figure, legible
from tlnb.evaluation.verdicts.metrics import OF_BASELINE
from tlnb.evaluation.verdicts.wording import tell_interval, tell_test, verdict_colour

HERE = "this run"  # its name, on every card
_WIDTH, _ROW = 640, 18  # of the drawing, in its own units
Found = Mapping[str, Any]


def svg_strip(comparison: Sequence[tuple[str, Found]]) -> str:
    """Draw the results of one comparison as SVG that takes its ink from the page.

    No text is in it: where a page strips SVG, letters would be all that is left.

    Parameters
    ----------
    comparison : sequence of (str, mapping)
        The results of one comparison by the name of the run, as the ledger keeps them.

    Returns
    -------
    str
        An ``<svg>`` element, as wide as its place.
    """
    found = [one for _, one in comparison]
    left, right = _span(found)
    base = _ROW * len(found) + 4

    def x(value: float) -> float:
        return round(_WIDTH * (value - left) / (right - left), 1)

    smallest = found[0]["smallest"]
    width = x(smallest) - x(-smallest)
    shapes = [
        f'<rect x="{x(-smallest)}" y="0" width="{width:.1f}" height="{base}" fill="#888" opacity=".25"/>',
        f'<line x1="{x(0)}" x2="{x(0)}" y1="0" y2="{base}" stroke="currentColor" stroke-width="1.2"/>',
    ]
    for i, (name, one) in enumerate(comparison):
        y, colour = _ROW * i + _ROW / 2 + 2, verdict_colour(one["verdict"])
        shapes.append(
            f'<line x1="{x(one["low"])}" x2="{x(one["high"])}" y1="{y}" y2="{y}" stroke="{colour}" '
            f'stroke-width="{6 if name == HERE else 3}" stroke-linecap="round"/>'
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
    heads = textwrap.wrap(title, 84)
    body = [part for line in lines for part in textwrap.wrap(line, 100)]
    told = [textwrap.wrap(tell_test(test[0][1]), 104) for test in tests]
    # Inches from the top, by hand: a layout engine would have to guess how much room so many lines need.
    heights = [0.3 + 0.16 * len(words) + 0.24 * len(test) + 0.3 for words, test in zip(told, tests, strict=True)]
    top = 0.15 + 0.2 * len(heads) + 0.19 * len(body)
    made = Figure(7.0, top + sum(heights) + 0.05, layout="none")
    whole = made.get_figheight()
    _write(made, "\n".join(heads), 0.1, fontsize=10, fontweight="bold")
    _write(made, "\n".join(body), 0.15 + 0.2 * len(heads), fontsize=9)
    for words, test, height in zip(told, tests, heights, strict=True):
        _write(made, "\n".join(words), top + 0.18, fontsize=8.5)
        above, drawn = top + 0.22 + 0.16 * len(words), 0.24 * len(test) + 0.08
        left = max(0.2, 0.04 + 0.0095 * max(len(name) for name, _ in test))  # where the names of the runs end
        axes = made.add_subplot(position=(left, 1 - (above + drawn) / whole, 0.97 - left, drawn / whole))
        _draw_strip(axes, test)
        top += height
    return made


def _write(made: Figure, text: str, inches: float, **style: Any) -> None:
    """Write at the left edge, so many inches below the figure's top."""
    made.text(0.012, 1 - inches / made.get_figheight(), text, va="top", linespacing=1.25, **style)


def _draw_strip(axes: Any, test: Sequence[tuple[str, Found]]) -> None:
    found = [one for _, one in test]
    smallest = found[0]["smallest"]
    percent = found[0]["unit"] == OF_BASELINE
    axes.axvspan(-smallest, smallest, color="#888888", alpha=0.25, linewidth=0)
    axes.axvline(0, color="#222222", linewidth=1.2)
    for i, (name, one) in enumerate(test):
        colour = verdict_colour(one["verdict"])
        axes.plot([one["low"], one["high"]], [-i, -i], color=colour, linewidth=5 if name == HERE else 2.5)
        axes.plot(one["effect"], -i, "o", color=colour, markersize=8)
    axes.set_xlim(*_span(found))
    axes.set_ylim(0.4 - len(found), 0.6)
    axes.set_yticks([-i for i in range(len(found))], [name for name, _ in test], fontsize=8.5)
    for label, one in zip(axes.get_yticklabels(), found, strict=True):
        label.set_color(legible(verdict_colour(one["verdict"])))
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="x", labelsize=8)
    if percent:
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")


def _span(found: Sequence[Found]) -> tuple[float, float]:
    """Return the ends of the axis: all intervals, zero and the smallest effect, with air on both sides."""
    smallest = found[0]["smallest"]
    ends = [-2 * smallest, 2 * smallest, *(one[key] for one in found for key in ("low", "high"))]
    air = 0.06 * (max(ends) - min(ends))
    return min(ends) - air, max(ends) + air
