"""A learner's own copy of the lessons: made once, brought up to date later, and never written over what was changed.

A lesson that is as it was copied is replaced by the new version; one that the learner worked on stays, and the new
version is put beside it. Whatever stops this halfway, the next call goes on from what it finds.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

from tlnb._version import __version__
from tlnb.core.files import atomic_path
from tlnb.course import lessons
from tlnb.course.copy_record import (
    CopyError,
    CopyRecord,
    Entry,
    content_digest,
    digest_of_file,
    free_name,
    read_copy_record,
    write_copy_record,
)
from tlnb.course.editions import notebook_text, read_edition
from tlnb.course.lessons import Lesson
from tlnb.course.trusting import trust_notebook


@dataclass(frozen=True)
class CopiedLesson:
    """What became of one lesson.

    Attributes
    ----------
    lesson : Lesson
        As the package has it.
    path : Path
        The learner's copy.
    what : {"copied", "copied again", "updated", "beside", "as it was"}
        ``"copied again"`` had been deleted; ``"beside"`` was worked on, so that the new version lies beside it.
    beside : Path or None
        The new version beside the learner's.
    """

    lesson: Lesson
    path: Path
    what: str
    beside: Path | None = None


@dataclass(frozen=True)
class Copied:
    """What became of all of them, and of the folder's record.

    Attributes
    ----------
    edition : str
        Which edition the folder holds.
    lessons : tuple of CopiedLesson
        In order.
    retired : tuple of Path
        Copies of lessons that the package no longer has; told once, and left alone.
    set_aside : Path or None
        The damaged record, where there was one.
    """

    edition: str
    lessons: tuple[CopiedLesson, ...]
    retired: tuple[Path, ...] = ()
    set_aside: Path | None = None

    def of(self, *what: str) -> tuple[CopiedLesson, ...]:
        """Return the lessons of which one of these things is true."""
        return tuple(one for one in self.lessons if one.what in what)


def copy_lessons(
    folder: str | Path,
    source: Path | None = None,
    *,
    edition: str | None = None,
    version: str = __version__,
    only: Collection[str] | None = None,
) -> Copied:
    """Copy the lessons into a folder, or bring those in it up to date. What the learner changed is never touched.

    Running a lesson is no change; a cell that was changed, added or taken out is.

    Parameters
    ----------
    folder : str or Path
        Where the learner works; made if missing.
    source : Path, optional
        Where the lessons are; by default those that came with the package.
    edition : {"learner", "classroom"}, optional
        By default the one that the folder has; the learner's in a new folder.
    version : str
        The version of the lessons, for the names of those that are put beside a learner's.
    only : collection of str, optional
        Numbers of lessons (``"3.1"``): the others stay as they are. By default all.

    Returns
    -------
    Copied
        What became of each lesson. To get one anew, delete the copy and call this again.

    Raises
    ------
    CopyError
        If the folder is a file, cannot be written to, belongs to the package, or was made by a later version.
    """
    source = source or lessons.lessons_folder()
    folder = Path(folder).expanduser()
    with told_clearly(folder):
        make_usable(folder, source)
        record, set_aside = read_copy_record(folder)
        before = deepcopy(record)
        record.edition = edition or record.edition or "learner"
        try:
            there = lessons.all_lessons(source)
            wanted = [lesson for lesson in there if only is None or lesson.id in only]
            done = tuple(_bring(folder, lesson, source, record, version) for lesson in wanted)
            retired = _retire(folder, record, {one.path for one in done}) if only is None else ()
        finally:  # what was done before an error is done
            if record != before:
                write_copy_record(folder, record, version)
    return Copied(record.edition, done, retired, set_aside)


def _bring(folder: Path, lesson: Lesson, source: Path, record: CopyRecord, version: str) -> CopiedLesson:
    name = lesson.path.relative_to(source).as_posix()
    path = folder / name
    notebook = read_edition(lesson.path, record.edition or "learner")
    new, text = content_digest(notebook), notebook_text(notebook)
    entry = record.lessons.get(name, Entry(None, version))
    if not path.exists():
        write_notebook(path, text)
        record.lessons[name] = Entry(new, version)
        return CopiedLesson(lesson, path, "copied again" if entry.copied else "copied")
    found = digest_of_file(path)
    if found == new:  # also where the learner took the new version over, or a copy was made but not yet noted
        if entry.copied != new:
            record.lessons[name] = Entry(new, version)
        return CopiedLesson(lesson, path, "as it was")
    if found is not None and found == entry.copied:
        write_notebook(path, text)
        record.lessons[name] = Entry(new, version)
        return CopiedLesson(lesson, path, "updated")
    if new in (entry.copied, entry.offered):
        return CopiedLesson(lesson, path, "as it was")
    beside = _put_beside(path, new, text, version)
    record.lessons[name] = replace(entry, offered=new)
    return CopiedLesson(lesson, path, "beside", beside)


def _put_beside(path: Path, digest: str, text: str, version: str) -> Path:
    beside = path.with_name(f"{path.stem}.new-{version}{path.suffix}")
    if beside.exists() and digest_of_file(beside) == digest:  # put there by a call that was stopped before it noted it
        return beside
    beside = free_name(beside)
    write_notebook(beside, text)
    return beside


def _retire(folder: Path, record: CopyRecord, current: set[Path]) -> tuple[Path, ...]:
    """Forget copies of lessons that are no more: they are the learner's own from now on."""
    gone = [name for name in record.lessons if folder / name not in current]
    for name in gone:
        del record.lessons[name]
    return tuple(folder / name for name in gone if (folder / name).exists())


def write_notebook(path: Path, text: str) -> None:
    """Write a notebook's text, whole or not at all; Jupyter shows its stored outputs as they are."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    trust_notebook(text)


def make_usable(folder: Path, source: Path) -> None:
    """Make the folder where it is missing; CopyError or OSError if lessons cannot be written there."""
    if folder.exists() and not folder.is_dir():
        raise CopyError(f"{folder} is a file, and the lessons need a folder: name another, or move the file away.")
    place = folder.resolve()
    for ours in (Path(__file__).parents[1].resolve(), source.resolve()):
        if place.is_relative_to(ours):
            raise CopyError(
                f"{folder} belongs to the installed package ({ours}), which an upgrade replaces with all in it. "
                "Name a folder of your own, as ~/tlnb-lessons."
            )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):  # a folder may look writable and not be: on network drives, for root
        pass


@contextmanager
def told_clearly(folder: Path) -> Iterator[None]:
    """Say of an error of the file system which folder it is about, and what to do."""
    try:
        yield
    except CopyError:
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
        mend = "Make room there" if full else "Make it writable"
        raise CopyError(
            f"The lessons cannot be written to {folder} ({error.strerror or error}). {mend}, or name a folder of your "
            "own, as ~/tlnb-lessons. What was copied so far stays."
        ) from error
