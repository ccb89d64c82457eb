"""What a run of lessons leaves: how each lesson went, and ``run.json``, which holds it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tlnb.core.files import write_json
from tlnb.core.syllabus import numbers

PROFILES = ("quick", "full")


@dataclass(frozen=True)
class LessonRun:
    """How one lesson went.

    Attributes
    ----------
    id, title : str
        The lesson.
    status : {"done", "failed", "stopped"}
        Whether all cells ran.
    seconds : float
        Wall time, with the kernel's start.
    peak_bytes : int or None
        The most memory that the kernel held.
    error : str or None
        What failed, in one line.
    notebook : str
        The executed notebook, relative to the run's folder; the page beside it ends in .html.
    profile, device, when : str
        How and when (UTC) it ran.
    key : str
        Digest of everything the result depends on.
    kept : bool
        Whether this call found it done already.
    data : str or None
        The data it was given; None for its own.
    seed : int or None
        The seed it was given; None for its own.
    jobs : int
        How many lessons ran at the same time.
    claims : tuple of str
        Ids of the claims that it tested.
    contradictions : tuple of str
        Those whose verdict is the opposite of the record's; none are sought on other data than its own.
    """

    id: str
    title: str
    status: str
    seconds: float
    peak_bytes: int | None
    error: str | None
    notebook: str
    profile: str
    device: str
    when: str
    key: str
    kept: bool = False
    data: str | None = None
    seed: int | None = None
    jobs: int = 1
    claims: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()


@dataclass(frozen=True)
class CourseRun:
    """A folder of executed lessons: the environment, and each lesson that was ever run into it, in order.

    Attributes
    ----------
    folder : Path
        Where everything was written.
    environment : dict of str to str
        Machine and versions.
    lessons : tuple of LessonRun
        In the order of their numbers.
    records : Path or None
        Folder of the records that claims are shown beside; None for those that came with the lessons.
    unrecorded : tuple of str
        Lessons that were to be recorded and lacked something; the log says what.
    """

    folder: Path
    environment: dict[str, str]
    lessons: tuple[LessonRun, ...]
    records: Path | None = None
    unrecorded: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[LessonRun, ...]:
        """The lessons that did not get to their end."""
        return tuple(lesson for lesson in self.lessons if lesson.status != "done")


def read_run(folder: Path) -> tuple[LessonRun, ...]:
    """Return the lessons of an earlier run; none if there was no such run, or another version wrote it."""
    try:
        records = json.loads((folder / "run.json").read_text(encoding="utf-8"))["lessons"]
        return tuple(_read_lesson(record) for record in records)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def save_run(course: CourseRun) -> Path:
    """Write ``run.json`` into the run's folder."""
    content = {"environment": course.environment, "lessons": [asdict(lesson) for lesson in course.lessons]}
    return write_json(course.folder / "run.json", content)


def in_order(lessons: Iterable[LessonRun]) -> tuple[LessonRun, ...]:
    """Sort lessons by their numbers."""
    return tuple(sorted(lessons, key=lambda lesson: numbers(lesson.id)))


def _read_lesson(record: dict[str, Any]) -> LessonRun:
    lists = {name: tuple(record[name]) for name in ("claims", "contradictions")}
    return LessonRun(**{**record, **lists, "kept": True})
