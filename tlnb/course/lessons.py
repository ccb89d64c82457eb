"""Which lessons there are: read from the notebooks' metadata, the only place that names them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlnb.core.errors import TlnbError, did_you_mean
from tlnb.core.files import notebooks_folder


class LessonError(TlnbError, LookupError):
    """A lesson that does not exist, or a notebook that is not a lesson."""


@dataclass(frozen=True, order=True)
class Lesson:
    """One lesson.

    Attributes
    ----------
    number : tuple of int
        Chapter and lesson; lessons sort by it.
    title : str
        What it is called.
    path : Path
        Its notebook (.ipynb), executed in the quick profile.
    minutes : int
        How long a learner takes.
    seconds : float or None
        How long the quick profile computed on two cores when the notebook was made.
    """

    number: tuple[int, ...]
    title: str
    path: Path
    minutes: int
    seconds: float | None = None

    @property
    def id(self) -> str:
        """Chapter and lesson as people write them: ``"3.1"``."""
        return ".".join(map(str, self.number))

    @property
    def slug(self) -> str:
        """A file name without ending that no other lesson has: ``"3.1_freezing"``."""
        name = re.sub(r"^[\d_]+", "", self.path.stem)
        return f"{self.id}_{name}"


def lessons_folder() -> Path:
    """Return the folder of the lessons: in an installed package, or in the repository installed editable.

    Raises
    ------
    LessonError
        If neither is there.
    """
    try:
        return notebooks_folder()
    except FileNotFoundError as error:
        raise LessonError(str(error)) from None


def all_lessons(folder: Path | None = None) -> tuple[Lesson, ...]:
    """Return every lesson of a folder, in order.

    Parameters
    ----------
    folder : Path, optional
        Where the notebooks are; by default the lessons that came with the package.
    """
    return tuple(sorted(read_lesson(path) for path in lesson_paths(folder or lessons_folder())))


def lesson_paths(folder: Path) -> list[Path]:
    """Return the notebooks of a folder of lessons, whatever they hold."""
    return sorted(path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)


def read_lesson(path: Path) -> Lesson:
    """Read what a notebook says about itself, under the key ``tlnb`` of its metadata.

    Raises
    ------
    LessonError
        If it says nothing, or too little.
    """
    try:
        return lesson_of(json.loads(path.read_text(encoding="utf-8")), path)
    except ValueError as error:
        raise _no_lesson(path, error) from error


def lesson_of(notebook: Mapping[str, Any], path: Path) -> Lesson:
    """Say which lesson a notebook is, by its metadata.

    Raises
    ------
    LessonError
        If they say nothing, or too little.
    """
    try:
        about = notebook["metadata"]["tlnb"]
        number = tuple(int(part) for part in str(about["lesson"]).split("."))
        seconds = about.get("seconds")
        return Lesson(number, about["title"], path, int(about["minutes"]), None if seconds is None else float(seconds))
    except (KeyError, ValueError, TypeError) as error:
        raise _no_lesson(path, error) from error


def _no_lesson(path: Path, error: Exception) -> LessonError:
    return LessonError(
        f'{path} is not a lesson: its metadata need a key "tlnb" with lesson ("3.1"), title and minutes '
        f"({type(error).__name__}: {error})."
    )


def find_lessons(names: Sequence[str], lessons: Iterable[Lesson] | None = None) -> tuple[Lesson, ...]:
    """Return the lessons with these numbers, in their own order and each once; all of them for no names.

    Parameters
    ----------
    names : sequence of str
        ``"3.1"``, or ``"3"`` for a whole chapter.
    lessons : iterable of Lesson, optional
        Where to look; by default all lessons.

    Raises
    ------
    LessonError
        If there is no such lesson; the message lists those there are.
    """
    there = tuple(all_lessons() if lessons is None else lessons)
    if not there:
        raise LessonError("There are no lessons: install tlnb again (pip install -U tlnb).")
    found = set()
    for name in names:
        some = {lesson for lesson in there if name in (lesson.id, str(lesson.number[0]))}
        if not some:
            ids = [lesson.id for lesson in there]
            raise LessonError(f"There is no lesson {name!r}.{did_you_mean(name, ids)} There are {', '.join(ids)}.")
        found |= some
    return tuple(lesson for lesson in there if lesson in found or not names)
