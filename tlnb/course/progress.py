"""How far the learner is: exercises passed and quizzes right, lesson by lesson, and what comes next."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from tlnb.core.journal import read_journal
from tlnb.core.syllabus import syllabus
from tlnb.core.tables import Table
from tlnb.course import answers
from tlnb.course.checks import exercises_of
from tlnb.course.lessons import LessonError, all_lessons


@dataclass(frozen=True)
class LessonProgress:
    """What was done in one lesson.

    Attributes
    ----------
    id, title : str
        ``"3.1"``, and what it is called.
    exercises, passed : tuple of str
        Names of all its exercises, and of those that were passed.
    attempts : int
        How often an answer was checked, until it passed.
    quizzes, right : int
        How many were answered, and how many of them right in the end.
    helped : int
        For how many exercises a hint or the solution was looked at.
    """

    id: str
    title: str
    exercises: tuple[str, ...]
    passed: tuple[str, ...]
    attempts: int
    quizzes: int
    right: int
    helped: int

    @property
    def begun(self) -> bool:
        """Whether anything at all was done in it."""
        return bool(self.attempts or self.quizzes or self.helped)

    @property
    def left(self) -> tuple[str, ...]:
        """Exercises not passed yet, in order."""
        return tuple(name for name in self.exercises if name not in self.passed)


@dataclass(frozen=True, repr=False)
class CourseProgress(Table):
    """Progress in every lesson that has exercises, in the order of the course."""

    lessons: tuple[LessonProgress, ...]

    @property
    def next(self) -> str | None:
        """The exercise to do next: in the first lesson begun and not finished, else in the first not begun."""
        unfinished = [lesson for lesson in self.lessons if lesson.left]
        return next((lesson.left[0] for lesson in sorted(unfinished, key=lambda lesson: not lesson.begun)), None)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return one row a lesson."""
        header = ["lesson", "exercises passed", "attempts", "quizzes right"]
        return header, [
            [
                f"{lesson.id} {lesson.title}".strip(),
                f"{len(lesson.passed)} of {len(lesson.exercises)}",
                str(lesson.attempts) if lesson.attempts else "",
                f"{lesson.right} of {lesson.quizzes} answered" if lesson.quizzes else "",
            ]
            for lesson in self.lessons
        ]

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n\n{self._what_is_next()}"

    def _repr_html_(self) -> str:
        return f"{super()._repr_html_()}<p>{escape(self._what_is_next())}</p>"

    def _what_is_next(self) -> str:
        if self.next is None:
            return "Every exercise is passed. Well done."
        (lesson,) = (lesson for lesson in self.lessons if self.next in lesson.exercises)
        return f"Next: exercise {self.next}, in lesson {lesson.id}{f' ({lesson.title})' if lesson.title else ''}."


def progress() -> CourseProgress:
    """Return how far you are in the course.

    Returns
    -------
    CourseProgress
        Shows itself as a table, with what comes next. Read from the journal on this machine, which `check`, `hint`,
        `solution` and the quizzes keep.

    Examples
    --------
    >>> progress().next
    '0.0.a'
    """
    return course_progress(read_journal(), _titles())


def course_progress(journal: Mapping[str, Any], titles: Mapping[str, str]) -> CourseProgress:
    """Say how far a journal is in the course.

    Parameters
    ----------
    journal : mapping
        From `tlnb.core.journal.read_journal`.
    titles : mapping of str to str
        What lessons are called, by number.

    Examples
    --------
    >>> from tlnb.core.journal import read_journal
    >>> course_progress(read_journal(), {}).lessons[0].exercises
    ('0.0.a',)
    """
    return CourseProgress(
        tuple(_in_lesson(lesson, titles.get(lesson, ""), journal) for lesson in lessons_with_exercises())
    )


def lessons_with_exercises() -> tuple[str, ...]:
    """Return the numbers of the lessons that have exercises (``"3.1"``), in order."""
    names = (found.name.split("_") for found in pkgutil.iter_modules(answers.__path__))
    numbers = (parts[1:] for parts in names if parts[0] == "lesson")
    return tuple(".".join(number) for number in sorted(numbers, key=lambda number: [int(part) for part in number]))


def _in_lesson(lesson: str, title: str, journal: Mapping[str, Any]) -> LessonProgress:
    exercises = tuple(exercise.id for exercise in exercises_of(lesson))
    # Only what the lesson still has: an exercise that was taken out must not make "3 of 2".
    done = {name: entry for name in exercises if (entry := journal["exercises"].get(name))}
    quizzes = [entry for name, entry in journal["quizzes"].items() if name.rpartition(".")[0] == lesson]
    return LessonProgress(
        lesson,
        title,
        exercises,
        tuple(name for name, entry in done.items() if entry.get("passed")),
        sum(entry.get("attempts", 0) for entry in done.values()),
        len(quizzes),
        sum(bool(entry.get("right")) for entry in quizzes),
        sum(bool(entry.get("hints") or entry.get("solution")) for entry in done.values()),
    )


def _titles() -> dict[str, str]:
    """Return what lessons are called: their notebooks say so, and the syllabus where there is no notebook."""
    titles = {lesson.id: lesson.title for lesson in syllabus()}
    try:
        return titles | {lesson.id: lesson.title for lesson in all_lessons()}
    except LessonError:  # no notebooks, or one that cannot be read: the table is worth more than a title
        return titles
