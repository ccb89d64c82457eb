"""The control as a still picture, for pages where no script runs."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from tlnb.controls.following import told_value, words
from tlnb.core.figures import COLOURS, Figure
from tlnb.core.setting_values import Settings
from tlnb.core.settings import Number, Setting, Switch, Weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEFT, _RIGHT = 0.34, 0.74  # of the sliders, as shares of the width
_LINE = 0.3  # inches


def picture(says: str, settings: Settings) -> Figure:
    """Draw each setting as a line: its name, a slider with its default and its value, or the words of a choice.

    Parameters
    ----------
    says : str
        The sentence on top.
    settings : Settings
        What is set.
    """
    title = fill(says, 88)
    rows = sum(_rows(setting) for setting in settings.declared)
    slides = any(isinstance(setting, (Number, Weights)) for setting in settings.declared)
    height = 0.35 + 0.2 * (title.count("\n") + 1) + _LINE * (rows + slides)
    made = Figure(7.0, height)
    axes = made.subplots()
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(rows + slides - 0.4, -0.5))
    axes.set_title(title, loc="left", fontsize=10, parse_math=False)
    row = 0
    for setting in settings.declared:
        _draw(axes, row, setting, settings[setting.name])
        row += _rows(setting)
    if slides:
        _write(axes, _LEFT, row, "The stroke on a slider is its default.", fontsize=9, color="#555555")
    return made


def place(setting: Number, value: float) -> float:
    """Return where a value stands on its slider, in [0, 1]; what lies beyond it stands at its end.

    Examples
    --------
    >>> place(Number("rate", 0.01, 1.0, 0.1, log=True), 0.1)
    0.5
    """
    stops = setting.stops
    return float(np.interp(value, stops, np.linspace(0, 1, len(stops))))


def _rows(setting: Setting) -> int:
    return 1 + len(setting.parts) if isinstance(setting, Weights) else 1


def _draw(axes: Axes, row: int, setting: Setting, value: Any) -> None:
    _write(axes, 0, row, words(setting.name), fontweight="bold")
    if isinstance(setting, Number):
        text = f"{told_value(value)}{setting.unit_of(value)}"
        _slider(axes, row, place(setting, value), place(setting, setting.default), text)
    elif isinstance(setting, Weights):
        for at, part in enumerate(setting.parts):
            _write(axes, 0.03, row + 1 + at, part)
            _slider(axes, row + 1 + at, value[at], setting.default[at], f"{100 * value[at]:.3g} %")
    else:
        options = ("off", "on") if isinstance(setting, Switch) else setting.options
        text = "   ".join(f"[{option}]" if option == told_value(value) else option for option in options)
        _write(axes, _LEFT, row, text)


def _slider(axes: Axes, row: float, at: float, default: float, text: str) -> None:
    width = _RIGHT - _LEFT
    axes.plot([_LEFT, _RIGHT], [row, row], color="#bbbbbb", linewidth=2, solid_capstyle="round", zorder=1)
    axes.plot([_LEFT, _LEFT + width * at], [row, row], color=COLOURS["valid"], linewidth=3, zorder=2)
    axes.plot(_LEFT + width * default, row, "|", color="#555555", markersize=12, zorder=3)
    axes.plot(_LEFT + width * at, row, "o", color=COLOURS["valid"], markersize=9, zorder=4)
    _write(axes, _RIGHT + 0.03, row, text)


def _write(axes: Axes, x: float, row: float, text: str, **style: Any) -> None:
    # A method's words may hold what matplotlib would take for a formula.
    axes.text(x, row, text, va="center", parse_math=False, **{"fontsize": 10, **style})
