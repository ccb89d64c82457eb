"""``tlnb lab``: a learner's own copy of the lessons, open in JupyterLab."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from tlnb.cli.common import WRONG_USE, errors_end_with, stop


def lab_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your copy of the lessons.")] = Path("tlnb-lessons"),
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
    port: Annotated[int | None, typer.Option(metavar="N", help="Port of the server.")] = None,
) -> None:
    """Open your own copy of the lessons in JupyterLab.

    Lessons that DIR lacks are copied there; what you have worked on is never touched. What follows DIR after -- goes
    to JupyterLab.
    """
    need_course()
    from tlnb.course.lab import copy_lessons, open_lab

    with errors_end_with(WRONG_USE):
        copied = copy_lessons(folder)
    typer.echo(f"{folder}: {len(copied.new)} lessons copied, {len(copied.kept)} were there and are as you left them.")
    raise typer.Exit(open_lab(folder, browser=browser, port=port, extra=context.args))


def need_course() -> None:
    """End with the pip command where the tools that run lessons are not installed."""
    missing = [name for name in ("papermill", "jupyterlab", "psutil", "nbconvert") if find_spec(name) is None]
    if missing:
        stop(f'{", ".join(missing)} not installed. To run lessons: pip install "tlnb[course]"', WRONG_USE)
