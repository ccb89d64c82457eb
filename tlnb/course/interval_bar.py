"""An effect with its interval as a small drawing (SVG), to stand beside the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, _ROW, _FOOT = 300, 22, 15  # in the drawing's own units


@dataclass(frozen=True)
class Bar:
    """One interval: what it is called (``"run"`` or ``"record"``), its verdict, and its numbers."""

    name: str
    verdict: str
    effect: float
    low: float
    high: float


def interval_bars(bars: Sequence[Bar], smallest: float, counts: str, label: str) -> str:
    """Draw intervals under each other, with the zero line and the band of effects that are too small to count.

    Colours come from the page's classes, so that it reads on light, dark and paper; the run's bar is thick with a
    round point, the record's thin with a square one.

    Parameters
    ----------
    bars : sequence of Bar
        From the top.
    smallest : float
        Half the width of the band.
    counts : str
        The same in words, written at the band's end: ``"0.01"``.
    label : str
        What it shows, for those who do not see it.

    Returns
    -------
    str
        An ``<svg>`` element.

    Examples
    --------
    >>> drawn = interval_bars([Bar("run", "holds", 0.05, 0.03, 0.07)], 0.01, "0.01", "+0.05 AUC")
    >>> drawn.count("<rect"), drawn.count("<circle")
    (1, 1)
    """
    ends = [0.0, -2 * smallest, 2 * smallest, *(end for bar in bars for end in (bar.low, bar.high))]
    air = 0.05 * (max(ends) - min(ends))
    left, right = min(ends) - air, max(ends) + air

    def x(value: float) -> float:
        return round(WIDTH * (value - left) / (right - left), 1)

    base = _ROW * len(bars) + 4
    height = base + _FOOT
    shapes = [
        f'<rect class="band" x="{x(-smallest)}" y="0" width="{round(x(smallest) - x(-smallest), 1)}" height="{base}"/>',
        f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="0" y2="{base}"/>',
        f'<text x="{x(0)}" y="{height - 3}" text-anchor="middle">0</text>',
    ]
    if x(smallest) - x(0) > 24:  # else the two labels would touch
        shapes.append(f'<text x="{x(smallest)}" y="{height - 3}" text-anchor="middle">{escape(counts)}</text>')
    for place, bar in enumerate(bars):
        y = _ROW * place + _ROW / 2 + 2
        ends_at = f'x1="{x(bar.low)}" x2="{x(bar.high)}" y1="{y}" y2="{y}"'
        point = f'<circle cx="{x(bar.effect)}" cy="{y}" r="5.5"/>'
        if bar.name == "record":
            point = f'<rect x="{x(bar.effect) - 4.5}" y="{y - 4.5}" width="9" height="9"/>'
        shapes.append(f'<g class="{bar.name} {bar.verdict}"><line {ends_at}/>{point}</g>')
    return (
        f'<svg class="bars" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f"{''.join(shapes)}</svg>"
    )
