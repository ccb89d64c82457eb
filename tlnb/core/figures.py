"""The look of every figure: one palette by meaning, one paper, no pyplot.

pyplot keeps the current figure in global state, and corrupts it when a thread or a widget's observer draws.
Here a figure is a plain object that shows itself in Jupyter. Colours: Okabe and Ito, Color Universal Design,
2008.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure as _MatplotlibFigure

# The same colour for the same thing, in every lesson.
COLOURS: dict[str, str] = {
    "pretrained": "#0072B2",  # blue
    "random": "#E69F00",  # orange
    "pixels": "#666666",  # grey
    "train": "#222222",  # near black
    "valid": "#009E73",  # green
    "test": "#CC79A7",  # purple
    "frozen": "#56B4E9",  # sky
    "thawed": "#D55E00",  # vermilion
}
# For things without a meaning of their own, in this order.
CYCLE: tuple[str, ...] = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#222222"),
    *("#999933", "#882255"),  # two more, from Tol's muted scheme
)

DOTS_PER_INCH = 110
_LINE = 11.5  # points from one line of small text to the next
_INK, _FAINT = "#222222", "#DDDDDD"


class Figure(_MatplotlibFigure):
    """A matplotlib figure in the house style, which a cell shows when it is its last value.

    White and opaque, so that it reads on a light page and on a dark one.

    Parameters
    ----------
    width, height : float
        Inches; 7 is the width of a notebook's column.
    **options
        Passed on to :class:`matplotlib.figure.Figure`.

    Examples
    --------
    >>> left, right = Figure(7, 3).subplots(1, 2)
    >>> bool(left.spines["top"].get_visible())
    False
    """

    def __init__(self, width: float = 7.0, height: float = 3.6, **options: Any) -> None:
        settings: dict[str, Any] = {
            "facecolor": "white",
            "dpi": DOTS_PER_INCH,
            "layout": "constrained",
        } | options
        super().__init__(figsize=(width, height), **settings)

    def add_subplot(self, *args: Any, **kwargs: Any) -> Any:
        """As matplotlib's, with the axes in our style."""
        axes = super().add_subplot(*args, **kwargs)
        _style(axes)
        return axes

    def png(self) -> bytes:
        """Draw the figure as a PNG file; equal figures give equal bytes."""
        file = io.BytesIO()
        small = {"optimize": True}  # a lesson keeps dozens of figures
        self.savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None}, pil_kwargs=small)
        return file.getvalue()

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        titles = [axes.get_title(place) for axes in self.axes for place in ("left", "center", "right")]
        return self.png(), {"alt": "; ".join(filter(None, [self.get_suptitle(), *titles])) or "Figure"}


def figure(width: float = 7.0, height: float = 3.6) -> tuple[Figure, Axes]:
    """Make a figure with one axes.

    Parameters
    ----------
    width, height : float
        Inches.

    Returns
    -------
    tuple of Figure and matplotlib.axes.Axes
        Return the figure from a cell to show it.

    Examples
    --------
    >>> fig, axes = figure(height=3)
    >>> _ = axes.plot([1, 2, 3], color=COLOURS["train"])
    >>> fig.png()[1:4]
    b'PNG'
    """
    made = Figure(width, height)
    return made, made.add_subplot()


def label_end(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    """Write a line's name at its end, in its colour (darker where pale), instead of a legend.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where the line is.
    x, y : float
        The line's last point, in data units.
    text, colour : str
        The name and the line's colour.
    """
    axes.annotate(
        text,
        (x, y),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        color=legible(colour),
        fontsize=10,
    )


def mark_place(axes: Axes, x: float, text: str) -> None:
    """Mark a place on the horizontal axis by a dotted line, with a word at its top."""
    axes.axvline(x, color="#888888", linestyle=":", linewidth=1.2)
    axes.annotate(
        text,
        (x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        fontsize=9,
        color="#666666",
        va="top",
    )


def label_ends(axes: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write the names of several lines at their ends, moved apart where they would lie on each other.

    Call it last: it goes by the axes' present limits.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where the lines are.
    ends : sequence of (float, float, str, str)
        Of each line: its last point in data units, its name, its colour.
    """
    low, high = axes.transData.inverted().transform(axes.transAxes.transform([(0, 0), (0, 1)]))[:, 1]
    shown = [(x, min(max(y, low), high), text, colour) for x, y, text, colour in ends]
    points_per_pixel = 72 / axes.figure.get_dpi()
    heights = axes.transData.transform([(x, y) for x, y, *_ in shown])[:, 1] * points_per_pixel
    floor = axes.transAxes.transform((0, 0))[1] * points_per_pixel
    places = apart(heights, _LINE, floor + _LINE / 2)
    for (x, y, text, colour), height, place in zip(shown, heights, places, strict=True):
        axes.annotate(
            text,
            (x, y),
            xytext=(5, place - height),
            textcoords="offset points",
            va="center",
            color=legible(colour),
            fontsize=10,
        )


def apart(places: Sequence[float] | np.ndarray, gap: float, floor: float = -np.inf) -> np.ndarray:
    """Move places as little as it takes to leave a gap between any two; their order stays, and none is below the floor.

    Each run of places that are too close is spread about its mean.

    Examples
    --------
    >>> apart([10.0, 0.0, 1.0], gap=2.0).tolist()
    [10.0, -0.5, 1.5]
    """
    order = np.argsort(places, kind="stable")
    runs: list[list[float]] = []  # of each: its middle, and how many places it has
    for value in np.asarray(places, float)[order]:
        runs.append([value, 1])
        while len(runs) > 1 and runs[-1][0] - runs[-2][0] < gap * (runs[-1][1] + runs[-2][1]) / 2:
            (first, some), (second, more) = runs[-2:]
            runs[-2:] = [[(first * some + second * more) / (some + more), some + more]]
    spread = np.empty(len(order))
    spread[order] = np.concatenate([middle + gap * (np.arange(n) - (n - 1) / 2) for middle, n in runs] or [np.empty(0)])
    spread[order] = np.maximum(spread[order], floor + gap * np.arange(len(order)))
    return spread


def legible(colour: str) -> str:
    """Darken a colour until text in it has a contrast of 4.5 on white (WCAG 2.2, AA).

    Parameters
    ----------
    colour : str
        Any colour that matplotlib knows.

    Returns
    -------
    str
        As ``#rrggbb``.

    Examples
    --------
    >>> legible("#0072B2"), legible("#E69F00")
    ('#0072b2', '#9d6d00')
    """
    rgb = np.asarray(to_rgb(colour))
    while _contrast_on_white(rgb) < 4.5:
        rgb = rgb * 0.99
    red, green, blue = rgb.tolist()
    return to_hex((red, green, blue))


def _contrast_on_white(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ (0.2126, 0.7152, 0.0722) + 0.05))


def _style(axes: Axes) -> None:
    """Set everything on the axes themselves: rcParams are global, and not safe with threads."""
    axes.set_facecolor("white")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#888888")
    axes.tick_params(labelsize=9, colors=_INK, color="#888888")
    axes.grid(color=_FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_prop_cycle(color=CYCLE)
