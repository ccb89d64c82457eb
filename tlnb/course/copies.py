"""What a learner's folder holds of each lesson. Only looked at: nothing is written, moved or set aside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tlnb.core.stamped import by_stamp
from tlnb.course.copy_record import CopyError, CopyRecord, content_digest, digest_of_file, load_copy_record
from tlnb.course.editions import EDITIONS, read_edition
from tlnb.course.lessons import Lesson


@dataclass(frozen=True)
class Copy:
    """A lesson in the learner's folder.

    Attributes
    ----------
    path : Path
        The learner's own.
    edited : bool
        Whether it differs from what was copied; that it was run is no difference.
    beside : Path or None
        A newer version that was put beside it.
    damaged : bool
        Whether it is no notebook (any more).
    """

    path: Path
    edited: bool
    beside: Path | None
    damaged: bool


def look_up_record(folder: Path) -> tuple[CopyRecord, str | None]:
    """Return the record of what was copied into a folder, and what is wrong with it, if anything is."""
    try:
        return load_copy_record(folder), None
    except CopyError as error:
        return CopyRecord(), str(error)
    except (ValueError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        return CopyRecord(), (
            f"The list of what was copied into {folder} cannot be read ({reason}): to bring the lessons up to date "
            "sets it aside and changes nothing of yours."
        )


def look_up_copy(folder: Path, lesson: Lesson, source: Path, record: CopyRecord) -> Copy | None:
    """Return what the folder holds of a lesson; None if it is not there, or cannot be read.

    Parameters
    ----------
    folder : Path
        The learner's.
    lesson : Lesson
        As the package has it.
    source : Path
        Where the package's lessons are.
    record : CopyRecord
        What is known of the folder.
    """
    name = lesson.path.relative_to(source).as_posix()
    path = folder / name
    try:
        if not path.is_file():
            return None
        digest = _digest(path)
    except OSError:
        return None
    entry = record.lessons.get(name)
    copied = entry.copied if entry else None
    edited = digest != copied if copied else digest not in _shipped_digests(lesson.path)
    newer = [one for one in path.parent.glob(f"{path.stem}.new-*{path.suffix}") if one.is_file()]
    return Copy(path, edited, max(newer, key=_changed, default=None), digest is None)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@by_stamp
def _digest(path: Path) -> str | None:
    return digest_of_file(path)


@by_stamp
def _shipped_digests(path: Path) -> frozenset[str]:
    """Return the digests of all editions of a lesson: one of them was copied where nothing is recorded."""
    return frozenset(content_digest(read_edition(path, edition)) for edition in EDITIONS)
