"""Exercises: ``check``, ``hint`` and ``solution``, as lessons call them.

What is asked of answers lives in ``tlnb.course.answers``, one module a lesson. A check helps without giving
the answer away, and a stub (``...``) never raises: a notebook that is not yet filled in runs to its end. What was
tried is kept in the learner's journal.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from tlnb.core.errors import TlnbError, did_you_mean
from tlnb.core.journal import note_attempt, note_hint, note_solution
from tlnb.course.answering import AnswerError, UnansweredError, error_line, is_stub

# The check of an answer: None if it is right, else what to think about next.
Checker = Callable[[Any], str | None]


class ExerciseError(TlnbError, LookupError):
    """An exercise that does not exist, or a hint that it does not have."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    id : str
        Lesson and letter: ``"3.1.a"``.
    check : callable
        Gets the answer; returns None if it is right, else what to think about next.
    hints : tuple of str
        From faint to plain.
    solution : str
        Code that makes one right answer: it assigns one variable, or defines one function.
    wrong : tuple of str
        Plausible wrong answers, as code of the same form; tests hold that each fails with a reply of its own.
    setup : str
        Code that makes the lesson's names that `solution` and `wrong` need, small and offline; only tests run it.
    """

    id: str
    check: Checker
    hints: tuple[str, ...]
    solution: str
    wrong: tuple[str, ...] = ()
    setup: str = ""


@dataclass(frozen=True, repr=False)
class Feedback:
    """What a check says. ``passed`` is None while there is no answer yet."""

    exercise: str
    passed: bool | None
    message: str

    def __repr__(self) -> str:
        mark = {True: "✓ right", False: "✗ not yet", None: "… no answer yet"}[self.passed]
        return f"Exercise {self.exercise}: {mark}. {self.message}"

    def _repr_html_(self) -> str:
        colour = {True: "#009E73", False: "#D55E00", None: "#888888"}[self.passed]
        return _card(repr(self), colour)


@dataclass(frozen=True, repr=False)
class Note:
    """A hint or a solution: text, shown as it is."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return _card(self.text, "#56B4E9")


def check(exercise: str, answer: Any) -> Feedback:
    """Check an answer to an exercise, and keep in the learner's journal that it was tried.

    Parameters
    ----------
    exercise : str
        Its name in the lesson: ``"0.0.a"``.
    answer : object
        The learner's. ``...``, something with ``...`` in it, or a function whose body is ``...`` mean that there is
        none yet: nothing is recorded then.

    Returns
    -------
    Feedback
        Never an error, whatever the answer is.

    Raises
    ------
    ExerciseError
        If there is no such exercise.

    Examples
    --------
    >>> check("0.0.a", ...).passed is None
    True
    """
    found = find_exercise(exercise)
    unanswered = Feedback(exercise, None, f'Replace the three dots; hint("{exercise}") gives you a start.')
    if is_stub(answer):
        return unanswered
    try:
        wrong = _undisturbed(found.check, answer)
    except UnansweredError:
        return unanswered
    except AnswerError as error:
        wrong = str(error)
    except (Exception, SystemExit) as error:  # an answer can be anything at all
        wrong = f"The check could not read your answer: {error_line(error)}"
    note_attempt(exercise, passed=wrong is None)
    return Feedback(exercise, wrong is None, "Well done." if wrong is None else wrong)


def hint(exercise: str, number: int = 1) -> Note:
    """Give a hint.

    Parameters
    ----------
    exercise : str
        Its name in the lesson.
    number : int
        Which one, from 1: later ones say more.

    Raises
    ------
    ExerciseError
        If there is no such exercise or hint.
    """
    hints = find_exercise(exercise).hints
    if not 1 <= number <= len(hints):
        raise ExerciseError(f"Exercise {exercise} has hints 1 to {len(hints)}, not {number!r}.")
    note_hint(exercise, number)
    more = f' (More: hint("{exercise}", {number + 1}))' if number < len(hints) else ""
    return Note(f"{hints[number - 1]}{more}")


def solution(exercise: str) -> Note:
    """Show one solution, as code to compare with yours. Others may be right as well.

    Parameters
    ----------
    exercise : str
        Its name in the lesson.

    Raises
    ------
    ExerciseError
        If there is no such exercise.
    """
    found = find_exercise(exercise)
    note_solution(exercise)
    return Note(found.solution)


def find_exercise(name: str) -> Exercise:
    """Return an exercise by its name.

    Raises
    ------
    ExerciseError
        If there is none; near names are given.
    """
    parts = re.fullmatch(r"(\d+\.\d+)\.[a-z]", name) if isinstance(name, str) else None
    if parts is None:
        raise ExerciseError(f'{name!r} is not the name of an exercise: lesson, dot and letter, as "0.0.a".')
    there = {exercise.id: exercise for exercise in exercises_of(parts[1])}
    if name not in there:
        raise ExerciseError(f"There is no exercise {name!r}.{did_you_mean(name, there)}")
    return there[name]


def exercises_of(lesson: str) -> tuple[Exercise, ...]:
    """Return the exercises of a lesson (``"3.1"``), in order.

    Raises
    ------
    ExerciseError
        If it has none.
    """
    module = f"tlnb.course.answers.lesson_{lesson.replace('.', '_')}"
    try:
        return tuple(importlib.import_module(module).EXERCISES)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ExerciseError(f"Lesson {lesson} has no exercises.") from None


def _undisturbed(checker: Checker, answer: Any) -> str | None:
    """Check with torch's random state and gradient mode kept: what follows must not depend on having checked."""
    import torch

    from tlnb.core.random_lock import RANDOM_LOCK

    with RANDOM_LOCK, torch.random.fork_rng(devices=[]), torch.set_grad_enabled(torch.is_grad_enabled()):
        return checker(answer)


def _card(text: str, colour: str) -> str:
    style = f"border-left: 4px solid {colour}; padding: 0.3em 0.8em; white-space: pre-wrap"
    return f'<div style="{style}">{escape(text)}</div>'
