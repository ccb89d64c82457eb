"""``tlnb lessons export``, ``check`` and ``new``: for teachers who hand lessons out, and for authors who write them."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from tlnb.cli.common import FAILED, WRONG_USE, complain, errors_end_with, examples, stop
from tlnb.course.copied_lines import copied_lines

EXPORT_EXAMPLES = examples(
    "tlnb lessons export handout --edition classroom    # without solutions",
    "tlnb lessons export reference --edition learner    # solutions folded away",
)
CHECK_EXAMPLES = examples("tlnb lessons check", "tlnb lessons check 3.1")
NEW_EXAMPLES = examples("tlnb lessons new 5.1    # in a checkout of the repository")


class Edition(str, Enum):
    """Which edition of the lessons."""

    learner = "learner"
    classroom = "classroom"


def export_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made if missing.")],
    edition: Annotated[
        Edition | None,
        typer.Option(help="learner: solutions are folded away; classroom: there are none. Default: as DIR has it."),
    ] = None,
) -> None:
    """Copy the lessons into a folder, to be handed out.

    In a folder that has lessons already, those that nobody changed are brought up to date, or to the other edition;
    what was changed stays, and the new version is put beside it.
    """
    from tlnb.course.copying import copy_lessons

    with errors_end_with(WRONG_USE):
        copied = copy_lessons(folder, edition=edition and edition.value)
    for line in copied_lines(folder, copied):
        typer.echo(line)
    solutions = {"learner": "solutions are folded away", "classroom": "there are no solutions in it"}
    typer.echo(f"This is the {copied.edition}'s edition: {solutions[copied.edition]}.")


def check_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="LESSON", help="As 3.1, or 3 for a chapter, or a file: .py or .ipynb. Default: all."),
    ] = None,
) -> None:
    """Say what lessons lack of what all must have.

    The exit code is 1 if one lacks something.
    """
    from tlnb.course.place_cells import place_problems
    from tlnb.course.structure import places_to_write, run_problems, structure_problems

    wrong = False
    with errors_end_with(WRONG_USE):
        found = _lessons_or_files(names or [])
    for name, path in found:
        with errors_end_with(WRONG_USE):
            notebook = _read(path)
        problems = structure_problems(notebook)
        if path.suffix == ".ipynb":
            problems += [*run_problems(notebook), *place_problems(notebook, path)]
        wrong |= bool(problems)
        for problem in problems:
            complain(f"{name}: {problem}")
        to_write = places_to_write(notebook)
        if not problems:
            typer.echo(f"{name}: as it should be" + (f", but {to_write} places say TODO" if to_write else ""))
    if wrong:
        raise typer.Exit(FAILED)


def new_command(
    lesson: Annotated[str, typer.Argument(metavar="LESSON", help="A lesson of the syllabus, as 5.1.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The repository. Default: the current folder.")
    ] = None,
) -> None:
    """Begin a lesson from what the syllabus says of it.

    Written are a source that runs, with a section for each claim, its exercise, and its record. Nothing that is there
    is overwritten.
    """
    from tlnb.course.skeleton import new_lesson

    root = out or Path()
    if out is None and not (root / "notebooks" / "records").is_dir():
        stop(
            "This folder is not a checkout of tlnb: it has no notebooks/records. Go there, or give one with --out.",
            WRONG_USE,
        )
    with errors_end_with(WRONG_USE):
        made = new_lesson(lesson, root)
    for path in made.files:
        typer.echo(f"Written: {path}")
    typer.echo(
        f"First, say what is compared in {made.record.name} and commit it; then write what says TODO.\n"
        f"What the lesson lacks: tlnb lessons check {made.source}\n"
        f"To run it: python tools/build_lessons.py {made.source}"
    )


def _lessons_or_files(names: list[str]) -> list[tuple[str, Path]]:
    """Find what is asked for: a name that ends as a file's does is one."""
    from tlnb.course.lessons import find_lessons

    files = [name for name in names if name.endswith((".py", ".ipynb"))]
    asked = [name for name in names if name not in files]
    lessons = find_lessons(asked) if asked or not names else ()
    return [(lesson.id, lesson.path) for lesson in lessons] + [(name, Path(name)) for name in files]


def _read(path: Path) -> dict[str, Any]:
    if path.suffix == ".ipynb":
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            stop(f"{path} is not a notebook: {error}.", WRONG_USE)
        return content
    try:
        import jupytext
    except ImportError:
        stop('jupytext is not installed. To check a source: pip install "tlnb[lab]"', WRONG_USE)
    return dict(jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent"))
