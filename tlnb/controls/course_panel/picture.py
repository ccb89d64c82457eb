"""The course as a still picture, for pages where no script runs: a table of its lessons."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from tlnb.controls.course_panel.words import course_says
from tlnb.core.figures import COLOURS, Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINE = 0.26  # inches
_COLUMNS = {"": 0.0, "lesson": 0.05, "minutes": 0.66, "exercises": 0.77, "quizzes": 0.9}  # as shares of the width
_MARKS = {"done": ("●", COLOURS["valid"]), "begun": ("◐", COLOURS["pretrained"]), "not begun": ("○", "#777777")}
_INK, _FAINT = "#222222", "#777777"


def picture(state: Mapping[str, Any]) -> Figure:
    """Draw the lessons of this release, chapter by chapter; of a chapter that has none yet, its title.

    Parameters
    ----------
    state : mapping
        From `tlnb.course.overview.course_overview`.
    """
    lines = sum(1 + sum(lesson["written"] for lesson in chapter["lessons"]) for chapter in state["chapters"]) + 2
    made = Figure(7.0, 0.45 + _LINE * lines)
    axes = made.subplots()
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(lines - 0.5, -0.5))
    axes.set_title(course_says(state), loc="left", fontsize=10, parse_math=False)
    for name, x in _COLUMNS.items():
        _write(axes, x, 0, name, color=_FAINT)
    row = 1
    for chapter in state["chapters"]:
        lessons = [lesson for lesson in chapter["lessons"] if lesson["written"]]
        later = "" if lessons else "  (planned)"
        _write(
            axes, 0, row, f"{chapter['number']}  {chapter['title']}{later}", fontweight="bold" if lessons else "normal"
        )
        for place, lesson in enumerate(lessons, row + 1):
            _draw(axes, place, lesson)
        row += 1 + len(lessons)
    _write(axes, 0, row, "●  done    ◐  begun    ○  not begun", color=_FAINT)
    return made


def _draw(axes: Axes, row: int, lesson: Mapping[str, Any]) -> None:
    mark, colour = _MARKS[lesson["status"]]
    _write(axes, _COLUMNS[""] + 0.015, row, mark, color=colour, fontsize=12)
    _write(axes, _COLUMNS["lesson"], row, shorten(f"{lesson['id']}  {lesson['title']}", 62, placeholder=" …"))
    _write(axes, _COLUMNS["minutes"], row, "" if lesson["minutes"] is None else str(lesson["minutes"]))
    exercises = lesson["exercises"]
    if exercises:
        _write(axes, _COLUMNS["exercises"], row, f"{sum(one['passed'] for one in exercises)} of {len(exercises)}")
    quizzes = lesson["quizzes"]
    if quizzes["of"]:
        _write(axes, _COLUMNS["quizzes"], row, f"{quizzes['right']} of {quizzes['of']}")


def _write(axes: Axes, x: float, row: float, text: str, **style: Any) -> None:
    axes.text(x, row, text, va="center", parse_math=False, **{"fontsize": 10, "color": _INK, **style})
