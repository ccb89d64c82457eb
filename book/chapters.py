"""The pages of the course: one for the whole of it and one a chapter, lessons still to come among them."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from book.links import toctree
from book.sources import ROOT
from tlnb.core.syllabus import SyllabusLesson, syllabus
from tlnb.course.lessons import Lesson, all_lessons
from tlnb.evaluation.claims.records import read_record
from tlnb.evaluation.verdicts.wording import VERDICTS

OPENING = """\
# The course

Eleven chapters of three lessons, and one lesson before them. Each lesson tests what is said of its subject: every claim
is put to an experiment whose metric and baseline were written down first, and judged by one rule. *Holds* and *does not
hold* below are the verdicts of the record, a longer run that comes with the lesson; your own run stands beside it.

The pages show the lessons as they were run, with a picture where a live control would be. To steer and to try things,
run them: `tlnb lab` opens your own copy.
"""
_PLURAL = {"holds": "hold", "does not hold": "do not hold"}


def written() -> dict[str, Lesson]:
    """Return the lessons of this release by id."""
    return {lesson.id: lesson for lesson in all_lessons(ROOT / "notebooks")}


def lesson_path(lesson: Lesson) -> str:
    """Return a lesson's notebook as a path in the repository."""
    return lesson.path.relative_to(ROOT).as_posix()


def lesson_homes() -> dict[str, str]:
    """Return where each lesson is found: its own page, or its chapter's where it is still to come."""
    there = {name: lesson_path(lesson).removesuffix(".ipynb") for name, lesson in written().items()}
    return {lesson.id: f"chapters/{lesson.folder}" for lesson in syllabus()} | there


def course_pages() -> dict[str, str]:
    """Return the page of the course and those of its chapters, by path in the site."""
    there = written()
    pages = {}
    rows = []
    for folder, planned in groupby(syllabus(), key=lambda lesson: lesson.folder):
        lessons = list(planned)
        pages[f"chapters/{folder}.md"] = _chapter(lessons, there)
        rows += [f"| **[{_title(lessons[0])}](chapters/{folder}.md)** | | |", *(_row(one, there) for one in lessons)]
    start = there["0.0"]
    table = [
        "| lesson | minutes | claims |",
        "|---|---|---|",
        f"| [0.0 {start.title}]({lesson_path(start)}) | {start.minutes} | |",
        *rows,
    ]
    pages["course.md"] = OPENING + "\n" + "\n".join(table) + "\n"
    return pages


def _title(lesson: SyllabusLesson) -> str:
    return f"{int(lesson.folder.split('_')[0])} {lesson.chapter}"


def _row(planned: SyllabusLesson, there: dict[str, Lesson]) -> str:
    lesson = there.get(planned.id)
    if lesson is None:
        return f"| {planned.id} {planned.title} | | to come |"
    counts = Counter(_verdicts(planned).values())
    claims = ", ".join(
        f"{count} {_PLURAL.get(words, words) if count > 1 else words}" for words, count in counts.items()
    )
    return f"| [{planned.id} {lesson.title}]({lesson_path(lesson)}) | {lesson.minutes} | {claims} |"


def _verdicts(planned: SyllabusLesson) -> dict[str, str]:
    """Claim id to the words of its recorded verdict."""
    record = read_record(planned.id, ROOT / "notebooks" / "records")
    found = {claim.id: record.claim(claim.id) if record else None for claim in planned.claims}
    return {name: VERDICTS[entry["verdict"]][0] if entry else "not recorded yet" for name, entry in found.items()}


def _chapter(lessons: list[SyllabusLesson], there: dict[str, Lesson]) -> str:
    parts = [f"# {_title(lessons[0])}"]
    for planned in lessons:
        lesson = there.get(planned.id)
        parts += [f"## {planned.id} {planned.title}", *(_written(planned, lesson) if lesson else _to_come(planned))]
    pages = [f"/{lesson_path(there[planned.id])}" for planned in lessons if planned.id in there]
    return "\n\n".join([*parts, *([toctree(pages)] if pages else [])]) + "\n"


def _written(planned: SyllabusLesson, lesson: Lesson) -> list[str]:
    seconds = f"; its cells compute for {lesson.seconds:.0f} seconds on two cores" if lesson.seconds else ""
    verdicts = _verdicts(planned)
    rows = [f"| {claim.says} | {verdicts[claim.id]} |" for claim in planned.claims]
    return [
        f"[Read the lesson](/{lesson_path(lesson)}): {lesson.minutes} minutes{seconds}.",
        "\n".join(["| claim | in the record |", "|---|---|", *rows]),
    ]


def _to_come(planned: SyllabusLesson) -> list[str]:
    names = f"It will run {_join(planned.names)}." if planned.names else ""
    claims = "\n".join(f"- {claim.says}" for claim in planned.claims)
    return [f"*Still to come.* {names} It will test:".replace("  ", " "), claims]


def _join(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
