"""Write the table of lessons into README.md: every chapter of the syllabus, and which of its lessons are there.

``python tools/build_front_page.py``; with ``--check`` nothing is written, and it fails where the table is out of date.
"""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from pathlib import Path

from tlnb.core.files import atomic_path
from tlnb.core.syllabus import syllabus
from tlnb.course.lessons import Lesson, all_lessons

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "README.md"
BEGIN, END = "<!-- lessons: made by tools/build_front_page.py -->", "<!-- end of lessons -->"


def table(lessons: tuple[Lesson, ...], root: Path = ROOT) -> str:
    """Write the table: a line for each chapter; lessons that are there are linked, with their minutes."""
    there = {lesson.id: lesson for lesson in lessons}
    lines = ["| | chapter | lessons | |", "|---|---|---|---|"]
    first = [_linked(lesson, root) for lesson in lessons if lesson.number[0] == 0]
    if first:
        lines.append(f"| 0 | Before the first chapter | {'<br>'.join(first)} | here |")
    for chapter, planned in groupby(syllabus(), key=lambda lesson: (lesson.id.partition(".")[0], lesson.chapter)):
        parts = [(there.get(lesson.id), f"{lesson.id} {lesson.title}") for lesson in planned]
        told = [_linked(lesson, root) if lesson else title for lesson, title in parts]
        written = sum(lesson is not None for lesson, _ in parts)
        state = "here" if written == len(parts) else f"{written} of {len(parts)} here" if written else "to come"
        lines.append(f"| {chapter[0]} | {chapter[1]} | {'<br>'.join(told)} | {state} |")
    return "\n".join(lines)


def _linked(lesson: Lesson, root: Path) -> str:
    path = lesson.path.resolve().relative_to(root).as_posix()
    return f"[{lesson.id} {lesson.title}]({path}), {lesson.minutes} min"


def summary(lessons: tuple[Lesson, ...]) -> str:
    """Say how many lessons are there, and how many are not."""
    planned = {lesson.id for lesson in syllabus()}
    written = sum(lesson.id in planned for lesson in lessons)
    return f"{written} of the {len(planned)} lessons are written, and lesson 0.0; the others are planned."


def filled(page: str, lessons: tuple[Lesson, ...]) -> str:
    """Return the page with the table as it is now."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{PAGE.name} lacks the lines {BEGIN} and {END}, between which the table goes.")
    return "".join([before, begin, "\n\n", summary(lessons), "\n\n", table(lessons), "\n\n", end, after])


def main(arguments: list[str] | None = None) -> int:
    """Write the table, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the table is out of date")
    check = parser.parse_args(arguments).check
    page = PAGE.read_text(encoding="utf-8")
    made = filled(page, all_lessons(ROOT / "notebooks"))
    if made == page:
        return 0
    if check:
        sys.stderr.write("The table of lessons in README.md is out of date: python tools/build_front_page.py\n")
        return 1
    with atomic_path(PAGE) as temporary:
        temporary.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
