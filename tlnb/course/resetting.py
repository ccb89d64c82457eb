"""A lesson as it was shipped again: the learner's own version is kept beside it, under a name of its own."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

from tlnb._version import __version__
from tlnb.core.files import atomic_path
from tlnb.course import lessons
from tlnb.course.copy_record import Entry, content_digest, read_copy_record, write_copy_record
from tlnb.course.copying import make_usable, told_clearly, write_notebook
from tlnb.course.editions import notebook_text, read_edition
from tlnb.course.lessons import Lesson

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EACCES)


@dataclass(frozen=True)
class Reset:
    """What became of a lesson.

    Attributes
    ----------
    path : Path
        The lesson, as it was shipped.
    kept : Path or None
        The learner's version; None where there was none, or one that had not one letter changed.
    """

    path: Path
    kept: Path | None


def reset_lesson(
    folder: str | Path, lesson: Lesson, source: Path | None = None, *, version: str = __version__
) -> Reset:
    """Put the shipped version of a lesson in the place of the learner's, which is kept beside it.

    The learner's version has its second name before the first one is given away: whatever stops this halfway, nothing
    is lost.

    Parameters
    ----------
    folder : str or Path
        The learner's copy of the lessons.
    lesson : Lesson
        Which, as the package has it.
    source : Path, optional
        Where the lessons are; by default those that came with the package.
    version : str
        The version of the lessons, for the record.

    Returns
    -------
    Reset
        For a later `copy_lessons` the lesson is unchanged.

    Raises
    ------
    CopyError
        If the folder cannot be written to, belongs to the package, or was made by a later version.
    """
    source = source or lessons.lessons_folder()
    folder = Path(folder).expanduser()
    with told_clearly(folder):
        make_usable(folder, source)
        record, _ = read_copy_record(folder)
        name = lesson.path.relative_to(source).as_posix()
        path = folder / name
        record.edition = record.edition or "learner"
        notebook = read_edition(lesson.path, record.edition)
        text = notebook_text(notebook)
        kept = None if not path.exists() or path.read_bytes() == text.encode() else keep_beside(path)
        write_notebook(path, text)
        record.lessons[name] = Entry(content_digest(notebook), version)
        write_copy_record(folder, record, version)
    return Reset(path, kept)


def keep_beside(path: Path) -> Path:
    """Give a file a second name that nothing had: its own with the day, and a number where that is taken.

    Where a file system has no second names, as those of some memory sticks and network drives, it is copied.
    """
    for number in count(1):
        mark = f"kept-{date.today().isoformat()}{'' if number == 1 else f'-{number}'}"
        kept = path.with_name(f"{path.stem}.{mark}{path.suffix}")
        if kept.exists():
            continue
        try:
            if path.is_symlink():  # a second name would be one of the link, and not of what it leads to
                raise OSError(errno.EXDEV, "a link")
            os.link(path, kept)
        except FileExistsError:  # another program was faster
            continue
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            with atomic_path(kept) as temporary:
                shutil.copyfile(path, temporary)
        return kept
    raise AssertionError("numbers do not end")
