"""``tlnb lab``: a learner's own copy of the lessons, open in JupyterLab."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from tlnb.cli.common import FAILED, WRONG_USE, errors_end_with, examples, stop
from tlnb.course.copied_lines import copied_lines

DEFAULT = Path("tlnb-lessons")
EXAMPLES = examples(
    "tlnb lab                        # your copy is tlnb-lessons, in this folder",
    "tlnb lab course --no-browser    # says the address, opens nothing",
    "tlnb lab -- --debug             # an option of JupyterLab",
)


def lab_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your copy of the lessons.")] = DEFAULT,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
    port: Annotated[
        int | None, typer.Option(metavar="N", help="Port of the server. Default: the first free one from 8888 on.")
    ] = None,
) -> None:
    """Open your own copy of the lessons in JupyterLab.

    Lessons that DIR lacks are copied there. After an upgrade of tlnb, lessons that you have not changed are replaced
    by their new versions; one that you have changed stays as it is, and the new version is put beside it. What follows
    after -- goes to JupyterLab. In JupyterHub the lessons are copied, and no second server is started.
    """
    need_course()
    extra = list(context.args)
    if str(folder).startswith("-"):  # without DIR, the first word after -- stands in its place
        folder, extra = DEFAULT, [str(folder), *extra]
    from tlnb.course.copying import copy_lessons
    from tlnb.course.lab import open_lab

    with errors_end_with(WRONG_USE):
        copied = copy_lessons(folder)
    for line in copied_lines(folder, copied):
        typer.echo(line)
    if "JUPYTERHUB_SERVICE_PREFIX" in os.environ and port is None:
        typer.echo(f"You are in JupyterHub already: open {folder} in the file browser on the left.")
        return
    window = browser and _can_open()
    first = next((one.path for one in copied.lessons), None)
    with errors_end_with(WRONG_USE):
        code = open_lab(
            folder.expanduser(),
            first=first,
            browser=window,
            port=port,
            extra=extra,
            on_ready=lambda address, taken: _tell_address(address, taken, window),
        )
    raise typer.Exit(FAILED if code else 0)


def _can_open() -> bool:
    from tlnb.course.ports import has_browser

    if has_browser():
        return True
    typer.echo("No browser is found on this machine.")
    return False


def _tell_address(address: str, port: int, window: bool) -> None:
    from tlnb.course.ports import tunnel

    lines = ["", f"JupyterLab is at {address}"]
    if not window:
        lines.append("Copy the whole address into a browser of this machine.")
    command = tunnel(port)
    if command:
        lines += [
            "If you sit at another machine, type there, in a terminal of its own, and then open the address there:",
            f"  {command}",
        ]
    lines.append("It runs until you press Ctrl-C here, twice. Your work is in the files, not in this window.")
    typer.echo("\n".join(lines))


def need_course() -> None:
    """End with the pip command where the tools that run lessons are not installed."""
    missing = [name for name in ("papermill", "jupyterlab", "psutil", "nbconvert") if find_spec(name) is None]
    if missing:
        stop(f'{", ".join(missing)} not installed. To run lessons: pip install "tlnb[course]"', WRONG_USE)
