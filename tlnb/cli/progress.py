"""``tlnb progress``: how far you are, and your progress moved to another machine, or wiped."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tlnb.cli.common import FAILED, WRONG_USE, AsJson, errors_end_with, examples, print_json, stop

app = typer.Typer(epilog=examples("tlnb progress", "tlnb progress --json"))

File = Annotated[Path, typer.Argument(metavar="FILE", help="A file of progress, as mine.json.")]


@app.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show how far you are in the course, and what comes next.

    It is kept in one small file on this machine, which holds no answers and no names. TLNB_HOME names its folder.
    """
    if context.invoked_subcommand is not None:
        return
    from tlnb.core.journal import journal_path
    from tlnb.course.progress import progress

    done = progress()
    if as_json:
        lessons = [{**asdict(lesson), "left": lesson.left} for lesson in done.lessons]
        print_json({"file": str(journal_path()), "next": done.next, "lessons": lessons})
    else:
        typer.echo(done)
        typer.echo(f"Kept in {journal_path()}")


@app.command("export", epilog=examples("tlnb progress export mine.json"))
def export_command(
    file: File,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE where it is there.")] = False,
) -> None:
    """Write your progress into FILE, to take it to another machine.

    There, tlnb progress import FILE adds it to what was done on that machine.
    """
    from tlnb.core.journal_transfer import export_progress

    with errors_end_with(FAILED):
        written = export_progress(file, overwrite)
    typer.echo(f"Written: {written}. On the other machine: tlnb progress import {written.name}")


@app.command("import", epilog=examples("tlnb progress import mine.json"))
def import_command(file: File) -> None:
    """Add the progress in FILE to yours.

    Nothing of yours is lost: what is passed stays passed, of attempts the larger number counts, of times the earlier.
    To import a file twice changes nothing.
    """
    from tlnb.core.journal_transfer import ProgressError, import_progress

    with errors_end_with(FAILED):
        try:
            came = import_progress(file)
        except ProgressError as error:
            stop(error, WRONG_USE)
    lines = [
        (came.passed, "Exercises that count as passed now"),
        (came.right, "Quizzes that count as right now"),
        (came.other, "Others, of which attempts, times or help came in"),
    ]
    for names, what in lines:
        if names:
            typer.echo(f"{what}: {', '.join(names)}")
    if not came:
        typer.echo(f"Nothing in {file} is new: your progress is as it was.")


@app.command(epilog=examples("tlnb progress wipe", "tlnb progress wipe --yes"))
def wipe(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Begin the course anew, with nothing passed.

    What was recorded is kept beside, in a file with the date in its name, and tlnb progress import brings it back.
    """
    from tlnb.core.journal import journal_path
    from tlnb.core.journal_transfer import wipe_progress

    own = journal_path()
    if own.is_file() and not yes:
        if not sys.stdin.isatty():
            stop(f"this would wipe the progress in {own}: say --yes.", WRONG_USE)
        if not typer.confirm(f"Wipe the progress in {own}? It is kept beside, under another name."):
            stop("nothing was wiped.", FAILED)
    with errors_end_with(FAILED):
        kept = wipe_progress()
    typer.echo(f"Wiped. What was there is kept: {kept}" if kept else f"Nothing is recorded in {own}: nothing to wipe.")
