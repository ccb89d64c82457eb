"""The command ``tlnb``. Exit codes: 0 done, 1 a lesson failed, 2 wrong use."""

from __future__ import annotations

import json
import logging
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tlnb._version import __version__
from tlnb.core.errors import TlnbError

app = typer.Typer(
    help="Transfer learning in CNNs, learnt by steering it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Profile(str, Enum):
    """How much a lesson computes."""

    quick = "quick"
    full = "full"


class Device(str, Enum):
    """Where a lesson computes."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tlnb {__version__}")
        raise typer.Exit


@app.callback()
def _tlnb(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("tlnb").setLevel(logging.INFO)


@app.command()
def run(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="Numbers, as 3.1 (or 3 for a chapter). Default: all.")
    ] = None,
    profile: Annotated[Profile, typer.Option(help="quick: a CPU and a minute; full: a GPU.")] = Profile.quick,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.auto,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what is done already.")] = False,
) -> None:
    """Execute lessons and write a report."""
    _need_course()
    from tlnb.course.lessons import find_lessons
    from tlnb.course.runner import run_lessons

    try:
        chosen = find_lessons(lessons or [])
        course = run_lessons(chosen, out, profile=profile.value, device=device.value, fresh=fresh)
    except TlnbError as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        typer.echo(f"\nStopped. What was done is kept: {out / 'report.html'}", err=True)
        raise typer.Exit(1) from None
    asked = {lesson.id for lesson in chosen}
    typer.echo(f"Report: {course.folder / 'report.html'}")
    raise typer.Exit(any(lesson.id in asked for lesson in course.failed))


@app.command("lessons")
def list_lessons(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List the lessons."""
    from tlnb.course.lessons import all_lessons

    try:
        there = all_lessons()
    except TlnbError as error:
        _refuse(str(error))
    if as_json:
        rows = [{"lesson": one.id, "title": one.title, "minutes": one.minutes, "path": str(one.path)} for one in there]
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        for one in there:
            typer.echo(f"{one.id:>5}  {one.title}  ({one.minutes} min)")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": False})
def lab(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Your copy of the lessons.")] = Path("tlnb-lessons"),
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
    port: Annotated[int | None, typer.Option(help="Port of the server.")] = None,
) -> None:
    """Copy the lessons into DIR, never over your own work, and open JupyterLab there.

    What follows DIR after -- goes to JupyterLab.
    """
    _need_course()
    from tlnb.course.lab import copy_lessons, open_lab

    try:
        copied = copy_lessons(folder)
    except (TlnbError, OSError) as error:
        _refuse(str(error))
    typer.echo(f"{folder}: {len(copied.new)} lessons copied, {len(copied.kept)} were there and are as you left them.")
    raise typer.Exit(open_lab(folder, browser=browser, port=port, extra=context.args))


def _need_course() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("papermill", "jupyterlab", "psutil", "nbconvert") if find_spec(name) is None]
    if missing:
        _refuse(f'{", ".join(missing)} not installed. To run lessons: pip install "tlnb[course]"')


def _refuse(message: str) -> NoReturn:
    typer.echo(f"tlnb: {message}", err=True)
    raise typer.Exit(2)


def main() -> None:
    """Run the command line."""
    sys.exit(app())
