"""What the package has of each lesson, read once and again where a notebook changes; a damaged one is told of."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlnb.core.errors import did_you_mean
from tlnb.core.stamped import by_stamp
from tlnb.core.syllabus import syllabus
from tlnb.course.code import asks_quiz, parse_cell
from tlnb.course.lessons import Lesson, LessonError, lesson_of, lesson_paths, lessons_folder


@dataclass(frozen=True)
class ShippedLesson:
    """A lesson of the package.

    Attributes
    ----------
    lesson : Lesson
        What its notebook says of itself.
    quizzes : tuple of str
        The names under which its questions are recorded, in order.
    """

    lesson: Lesson
    quizzes: tuple[str, ...]


@dataclass(frozen=True)
class Shipped:
    """All lessons of the package, by number and in order, and what was wrong with others, a line each."""

    lessons: Mapping[str, ShippedLesson]
    problems: tuple[str, ...] = ()


def shipped_lessons(source: Path | None = None) -> Shipped:
    """Return the lessons that came with the package.

    Parameters
    ----------
    source : Path, optional
        Another folder of lessons.

    Examples
    --------
    >>> shipped_lessons().lessons["0.0"].quizzes
    ('0.0.1', '0.0.2', '0.0.3')
    """
    try:
        paths = lesson_paths(source or lessons_folder())
    except (LessonError, OSError) as error:
        return Shipped({}, (str(error),))
    read = [_read_or_tell(path) for path in paths]
    found = sorted((one for one in read if isinstance(one, ShippedLesson)), key=lambda one: one.lesson)
    problems = tuple(one for one in read if isinstance(one, str))
    return Shipped({one.lesson.id: one for one in found}, problems)


def find_shipped(number: str, source: Path | None = None) -> Lesson:
    """Return a lesson by its number.

    Raises
    ------
    LessonError
        If there is none in this release; the message says whether the syllabus has it.

    Examples
    --------
    >>> find_shipped("0.0").path.name
    '00_start_here.ipynb'
    """
    there = shipped_lessons(source).lessons
    if number in there:
        return there[number].lesson
    if number in {planned.id for planned in syllabus()}:
        raise LessonError(
            f"Lesson {number} is not in this release of tlnb: it is planned. There are {', '.join(there)}."
        )
    raise LessonError(f"There is no lesson {number!r}.{did_you_mean(number, there)} There are {', '.join(there)}.")


def _read_or_tell(path: Path) -> ShippedLesson | str:
    try:
        return _read(path)
    except (LessonError, OSError) as error:
        return f"{error} Install tlnb again (pip install -U tlnb)."


@by_stamp
def _read(path: Path) -> ShippedLesson:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        lesson = lesson_of(notebook, path)
        code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise LessonError(f"{path} is damaged ({type(error).__name__}: {error}).") from error
    return ShippedLesson(lesson, tuple(dict.fromkeys(name for cell in code for name in _quizzes(cell))))


def _quizzes(cell: str) -> Iterator[Any]:
    if "quiz" not in cell:
        return
    try:
        tree = parse_cell(cell)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and asks_quiz(node):
            yield from (
                word.value.value
                for word in node.keywords
                if word.arg == "name" and isinstance(word.value, ast.Constant)
            )
