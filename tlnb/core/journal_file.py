"""The file that holds a learner's progress: its form, and how it is read, written and set aside with nothing lost.

What is recorded in it, and when, is in `tlnb.core.journal`. Whoever writes or moves the file holds its lock.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tlnb.core.files import atomic_path, home_dir

log = logging.getLogger("tlnb")

FORMAT = 1

# What an entry holds before anything happened. "first" is when something first did.
NEW: dict[str, dict[str, Any]] = {
    "exercises": {"attempts": 0, "passed": False, "first": "", "passed_at": None, "hints": 0, "solution": False},
    "quizzes": {"attempts": 0, "right": False, "right_first": False, "first": ""},
}


class NewerFormatError(Exception):
    """A journal written by a later tlnb."""


def journal_path() -> Path:
    """Say where the journal is: ``progress.json`` in `home_dir`. It need not exist yet."""
    return home_dir() / "progress.json"


def empty_journal() -> dict[str, Any]:
    """Make a journal in which nothing is recorded yet."""
    return {"format": FORMAT, **{part: {} for part in NEW}}


def load_journal(path: Path) -> dict[str, Any]:
    """Read a journal; an empty one where there is no file.

    Raises
    ------
    ValueError
        If the file is damaged, or another program's.
    NewerFormatError
        If a later tlnb wrote it.
    OSError
        If it cannot be read.
    """
    try:
        journal = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return empty_journal()
    except RecursionError:
        raise ValueError("it nests too deeply") from None
    written_as = journal.get("format") if isinstance(journal, dict) else None
    if type(written_as) is int and written_as > FORMAT:
        raise NewerFormatError(
            f"it has format {written_as}, and this tlnb knows {FORMAT}. Update it (pip install -U tlnb)"
        )
    if type(written_as) is not int or written_as != FORMAT or not all(_fits(journal, part) for part in NEW):
        raise ValueError("it is not a journal of tlnb")
    return journal


def write_journal(path: Path, journal: dict[str, Any]) -> None:
    """Write a journal in the order of the course, whole or not at all."""
    for part in NEW:
        journal[part] = dict(sorted(journal[part].items(), key=lambda item: _in_course_order(item[0])))
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(journal, indent=2) + "\n", encoding="utf-8")


def load_or_set_aside(path: Path) -> dict[str, Any]:
    """Read a journal; one that is damaged is kept under another name, which a warning says, and a new one begun."""
    try:
        return load_journal(path)
    except ValueError as error:
        kept = set_aside(path, "damaged")
        log.warning("%s could not be read (%s). It is kept as %s, and a new one begun.", path, error, kept.name)
        return empty_journal()


def set_aside(path: Path, why: str) -> Path:
    """Rename a journal to one of its day, beside it and never onto an earlier one, and say how it is called now."""
    day = utc_now().partition("T")[0]
    kept, number = path.with_name(f"{path.stem}.{why}-{day}.json"), 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.stem}.{why}-{day}-{number}.json")
    path.rename(kept)
    return kept


def utc_now() -> str:
    """Say the time as journals do: ISO 8601, UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _fits(journal: dict[str, Any], part: str) -> bool:
    """Whether each entry has values of the right kinds; what it has beyond them is kept, what it lacks is filled in."""
    kinds = {key: str | None if value is None else type(value) for key, value in NEW[part].items()}
    entries = journal.get(part)
    return isinstance(entries, dict) and all(
        isinstance(entry, dict) and all(isinstance(entry[key], kinds[key]) for key in kinds if key in entry)
        for entry in entries.values()
    )


def _in_course_order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in name.split(".")]
