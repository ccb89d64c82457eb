"""``tlnb lessons``: which lessons there are, and what has been found out about their claims.

Its sub-commands, for teachers and authors, are in ``tlnb.cli.authoring``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from tlnb.cli import authoring
from tlnb.cli.common import WRONG_USE, AsJson, errors_end_with, examples, print_json

if TYPE_CHECKING:
    from tlnb.core.syllabus import SyllabusLesson
    from tlnb.course.lessons import Lesson
    from tlnb.evaluation.claims.records import Record

app = typer.Typer(invoke_without_command=True, epilog=examples("tlnb lessons", "tlnb lessons --json"))
app.command("export", epilog=authoring.EXPORT_EXAMPLES)(authoring.export_command)
app.command("check", epilog=authoring.CHECK_EXAMPLES)(authoring.check_command)
app.command("new", epilog=authoring.NEW_EXAMPLES)(authoring.new_command)

# Verdict -> how it reads after a number: of one claim, and of several.
_WORDS = {
    "holds": ("holds", "hold"),
    "does_not_hold": ("does not", "do not"),
    "undecided": ("undecided", "undecided"),
    "demonstrated": ("demonstrated", "demonstrated"),
    "cited": ("cited", "cited"),
    "not_run": ("not run", "not run"),
}


@app.callback()
def lessons_command(context: typer.Context, as_json: AsJson = False) -> None:
    """List the lessons, and what is known of their claims.

    Known is what the evidence of record says. A record is stale where the lesson's code, or its plan, has changed
    since it was made.
    """
    if context.invoked_subcommand is not None:
        return
    with errors_end_with(WRONG_USE):
        lines = _lines()
    if as_json:
        print_json([line.plain() for line in lines])
        return
    width = max(len(line.title) for line in lines)
    chapter = None
    for line in lines:
        if line.chapter != chapter:
            chapter = line.chapter
            typer.echo(f"\n{chapter}" if line is not lines[0] else chapter)
        minutes = f"{line.lesson.minutes} min" if line.lesson else ""
        typer.echo(f"{line.id:>6}  {line.title:<{width}}  {minutes:>7}  {line.state}".rstrip())
    claims = [line for line in lines for _ in line.claims]
    missing = sum(line.lesson is None for line in claims)
    typer.echo(f"\n{missing} of the {len(claims)} claims of the syllabus have no lesson yet.")


@dataclass(frozen=True)
class _Line:
    """One lesson: its place in the syllabus, its notebook and its record, as far as there are any."""

    id: str
    chapter: str
    planned: SyllabusLesson | None
    lesson: Lesson | None
    record: Record | None
    stale: bool

    @property
    def title(self) -> str:
        return self.lesson.title if self.lesson else self.planned.title if self.planned else ""

    @property
    def claims(self) -> list[dict[str, Any]]:
        """Each claim of the syllabus with its recorded verdict; None where nothing is recorded."""
        found = {}
        if self.record and self.record.run:
            found = {entry["id"]: entry["verdict"] for entry in self.record.run["claims"]}
        there = self.planned.claims if self.planned else ()
        return [{"id": one.id, "says": one.says, "show": one.show, "verdict": found.get(one.id)} for one in there]

    @property
    def state(self) -> str:
        """What is recorded, in words."""
        if self.lesson is None:
            return "planned"
        verdicts = Counter(claim["verdict"] for claim in self.claims if claim["verdict"])
        if not self.claims:
            return ""
        if not verdicts:
            return f"none of {len(self.claims)} claims recorded"
        there = {name: words for name, words in _WORDS.items() if verdicts[name]}
        parts = ", ".join(f"{verdicts[name]} {words[verdicts[name] > 1]}" for name, words in there.items())
        stale = " (stale)" if self.stale else ""
        return f"{verdicts.total()} of {len(self.claims)} claims recorded: {parts}{stale}"

    def plain(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "chapter": self.chapter,
            "title": self.title,
            "minutes": self.lesson.minutes if self.lesson else None,
            "path": str(self.lesson.path) if self.lesson else None,
            "stale": self.stale,
            "claims": self.claims,
        }


def _lines() -> list[_Line]:
    """Gather syllabus, notebooks and records, in the order of the lessons' numbers."""
    from tlnb.core.syllabus import numbers, syllabus
    from tlnb.course.lessons import all_lessons
    from tlnb.course.recording import record_state, records_folder
    from tlnb.evaluation.claims.records import read_record

    planned = {lesson.id: lesson for lesson in syllabus()}
    written = {lesson.id: lesson for lesson in all_lessons()}
    chapters = {lesson.id.partition(".")[0]: lesson.chapter for lesson in planned.values()}
    lines = []
    for name in sorted({*planned, *written}, key=numbers):
        number = name.partition(".")[0]
        chapter = f"{number}  {chapters[number]}" if number in chapters else "Before the first chapter"
        lesson = written.get(name)
        record = read_record(name, records_folder(lesson)) if lesson else None
        stale = lesson is not None and record_state(lesson) == "stale"
        lines.append(_Line(name, chapter, planned.get(name), lesson, record, stale))
    return lines
