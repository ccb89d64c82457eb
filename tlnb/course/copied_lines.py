"""What copying the lessons did, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlnb.course.copying import Copied, CopiedLesson


def copied_lines(folder: Path, copied: Copied) -> list[str]:
    """Tell what became of a folder of lessons: a line in all, and one for each lesson that asks for attention.

    Parameters
    ----------
    folder : Path
        As the user named it.
    copied : Copied
        What `tlnb.course.copying.copy_lessons` returned.
    """
    new, left = copied.of("copied"), copied.of("as it was")
    counts = [f"{_lessons(len(new))} copied"] if new else []
    counts += [f"{_lessons(len(some))} {word}" for word in ("updated", "copied again") if (some := copied.of(word))]
    counts += [f"{_lessons(len(some))} of yours kept" for some in [copied.of("beside")] if some]
    if left:
        counts.append(f"{_lessons(len(left))} as you left {'them' if len(left) > 1 else 'it'}")
    lines = [f"{folder}: {', '.join(counts)}."]
    if copied.of("updated", "beside") or (new and left):
        lines += [f"  {_told(one)}" for one in copied.lessons if one.what != "as it was"]
    else:
        lines += [f"  {_told(one)}" for one in copied.of("copied again")]
    lines += [f"  {path.name} is no longer a lesson of tlnb; your copy stays." for path in copied.retired]
    if copied.set_aside:
        lines.append(
            f"  The list of what was copied was damaged and is now {copied.set_aside.name}. So what you changed cannot "
            "be told from what you did not: nothing was replaced, and what differs lies beside yours."
        )
    return lines


def _told(one: CopiedLesson) -> str:
    about = f"{one.lesson.id} {one.lesson.title}"
    if one.beside is not None:
        return f"{about}: yours is kept as it is, and the new version is beside it, {one.beside.name}"
    return f"{about}: {_WHAT[one.what]}"


_WHAT = {
    "copied": "new",
    "copied again": "was not there any more, copied again",
    "updated": "updated, as you had not changed it",
}


def _lessons(count: int) -> str:
    return f"{count} lesson{'s' if count != 1 else ''}"
