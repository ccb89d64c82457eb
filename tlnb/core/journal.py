"""What the learner did: exercises tried and passed, help looked at, quizzes answered, in one small readable file.

It stays on this machine, and holds no answers, no names and nothing about the machine. Whatever happens to the file,
no check and no quiz fails for it: they go on, and a warning says once what is not recorded.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tlnb.core.files import atomic_path, file_lock, home_dir

log = logging.getLogger("tlnb")

FORMAT = 1
_LOCK_SECONDS = 5.0  # a write takes milliseconds; a lock that lasts longer is stuck, and nobody should wait for it

# What an entry holds before anything happened. "first" is when something first did.
_NEW: dict[str, dict[str, Any]] = {
    "exercises": {"attempts": 0, "passed": False, "first": "", "passed_at": None, "hints": 0, "solution": False},
    "quizzes": {"attempts": 0, "right": False, "right_first": False, "first": ""},
}


class _NewerFormatError(Exception):
    """A journal written by a later tlnb."""


def journal_path() -> Path:
    """Say where the journal is: ``progress.json`` in `home_dir`. It need not exist yet."""
    return home_dir() / "progress.json"


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
        return _load(journal_path())
    except Exception as error:
        _warn_once("Your progress cannot be read", _reason(error))
        return _empty()


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
            entry["passed_at"] = _now() if passed else None

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
            journal = _load_or_set_aside(path)
            there = journal[part].get(name, {})
            entry = {**_NEW[part], "first": _now(), **there}
            change(entry)
            if entry != there:
                journal[part][name] = entry
                _write(path, journal)
    except Exception as error:  # read-only, full, locked for good, no home at all: the lesson matters more
        _warn_once("Your progress is not recorded", _reason(error))


def _write(path: Path, journal: dict[str, Any]) -> None:
    for part in _NEW:
        journal[part] = dict(sorted(journal[part].items(), key=lambda item: _in_course_order(item[0])))
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(journal, indent=2) + "\n", encoding="utf-8")


def _load(path: Path) -> dict[str, Any]:
    """Read a journal; ValueError if it is damaged or another program's."""
    try:
        journal = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _empty()
    except RecursionError:
        raise ValueError("it nests too deeply") from None
    written_as = journal.get("format") if isinstance(journal, dict) else None
    if type(written_as) is int and written_as > FORMAT:
        raise _NewerFormatError(
            f"it has format {written_as}, and this tlnb knows {FORMAT}. Update it (pip install -U tlnb)"
        )
    if type(written_as) is not int or written_as != FORMAT or not all(_fits(journal, part) for part in _NEW):
        raise ValueError("it is not a journal of tlnb")
    return journal


def _fits(journal: dict[str, Any], part: str) -> bool:
    """Whether each entry has values of the right kinds; what it has beyond them is kept, what it lacks is filled in."""
    kinds = {key: str | None if value is None else type(value) for key, value in _NEW[part].items()}
    entries = journal.get(part)
    return isinstance(entries, dict) and all(
        isinstance(entry, dict) and all(isinstance(entry[key], kinds[key]) for key in kinds if key in entry)
        for entry in entries.values()
    )


def _load_or_set_aside(path: Path) -> dict[str, Any]:
    try:
        return _load(path)
    except ValueError as error:
        day = _now().partition("T")[0]
        kept, number = path.with_name(f"{path.stem}.damaged-{day}.json"), 1
        while kept.exists():  # never onto an earlier one
            number += 1
            kept = path.with_name(f"{path.stem}.damaged-{day}-{number}.json")
        path.rename(kept)
        log.warning("%s could not be read (%s). It is kept as %s, and a new one begun.", path, error, kept.name)
        return _empty()


def _empty() -> dict[str, Any]:
    return {"format": FORMAT, **{part: {} for part in _NEW}}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _in_course_order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in name.split(".")]


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
