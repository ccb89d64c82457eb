"""What the learner did: exercises tried and passed, help looked at, quizzes answered, in one small readable file.

It stays on this machine, and holds no answers, no names and nothing about the machine. Whatever happens to the file,
no check and no quiz fails for it: they go on, and a warning says once what is not recorded.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from tlnb.core.files import file_lock
from tlnb.core.journal_file import NEW, empty_journal, load_journal, load_or_set_aside, utc_now, write_journal
from tlnb.core.journal_file import journal_path as journal_path

log = logging.getLogger("tlnb")

_LOCK_SECONDS = 5.0  # a write takes milliseconds; a lock that lasts longer is stuck, and nobody should wait for it


def read_journal() -> dict[str, Any]:
    """Read what was recorded so far.

    Returns
    -------
    dict
        ``{"format": 1, "exercises": {name: entry}, "quizzes": {name: entry}}``. An exercise's entry has attempts
        (until it was passed), passed, first and passed_at (times, UTC), hints (the furthest looked at) and
        solution (whether looked at); a quiz's has attempts (until it was right), right, right_first and first.
        Empty where there is no journal, or none that can be read: a warning says so.

    Examples
    --------
    >>> note_attempt("3.1.a", passed=False)
    >>> note_attempt("3.1.a", passed=True)
    >>> read_journal()["exercises"]["3.1.a"]["attempts"]
    2
    """
    try:
        return load_journal(journal_path())
    except Exception as error:
        _warn_once("Your progress cannot be read", _reason(error))
        return empty_journal()


def note_attempt(exercise: str, passed: bool) -> None:
    """Record that an answer was checked. What is passed stays passed, and its attempts are no longer counted.

    Parameters
    ----------
    exercise : str
        Its name: ``"3.1.a"``.
    passed : bool
        Whether the answer was right.
    """

    def change(entry: dict[str, Any]) -> None:
        if not entry["passed"]:
            entry["attempts"] += 1
            entry["passed"] = bool(passed)
            entry["passed_at"] = utc_now() if passed else None

    _record("exercises", exercise, change)


def note_hint(exercise: str, number: int) -> None:
    """Record that a hint was looked at; the furthest counts.

    Parameters
    ----------
    exercise : str
        Its name: ``"3.1.a"``.
    number : int
        Which hint, from 1.
    """

    def change(entry: dict[str, Any]) -> None:
        entry["hints"] = max(entry["hints"], int(number))

    _record("exercises", exercise, change)


def note_solution(exercise: str) -> None:
    """Record that the solution was looked at.

    Parameters
    ----------
    exercise : str
        Its name: ``"3.1.a"``.
    """
    _record("exercises", exercise, lambda entry: entry.update(solution=True))


def note_quiz(name: str, right: bool) -> None:
    """Record that an answer of a quiz was chosen. What was right stays right, and attempts end with it.

    Parameters
    ----------
    name : str
        Its name: ``"3.1.1"``.
    right : bool
        Whether it was the right one.
    """

    def change(entry: dict[str, Any]) -> None:
        if not entry["right"]:
            entry["right_first"] = bool(right) and entry["attempts"] == 0
            entry["attempts"] += 1
            entry["right"] = bool(right)

    _record("quizzes", name, change)


def _record(part: str, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change one entry of the file as it is now, with every other writer kept out."""
    try:
        path = journal_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(path, timeout=_LOCK_SECONDS):
            journal = load_or_set_aside(path)
            there = journal[part].get(name, {})
            entry = {**NEW[part], "first": utc_now(), **there}
            change(entry)
            if entry != there:
                journal[part][name] = entry
                write_journal(path, journal)
    except Exception as error:  # read-only, full, locked for good, no home at all: the lesson matters more
        _warn_once("Your progress is not recorded", _reason(error))


def _reason(error: Exception) -> str:
    # An OSError's own text has the temporary file's name in it, a new one each time.
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _warn_once(what: str, reason: str) -> None:
    try:
        where = str(journal_path())
    except Exception:
        where = "the folder for your own data"
    _warn(f"{what} in {where}: {reason}. The lessons go on without it.")


@functools.cache
def _warn(message: str) -> None:
    log.warning(message)
