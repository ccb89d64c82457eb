"""The command ``tlnb``. Exit codes: 0 done, 1 a lesson, a training or a check failed, 2 wrong use.

Results go to standard output, progress and errors to standard error. Each command imports what it needs when it
runs, so that ``tlnb --help`` answers at once.
"""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from tlnb._version import __version__
from tlnb.cli import cache, data, doctor, lab, lessons, models, progress, run
from tlnb.cli.common import examples

app = typer.Typer(
    help="Transfer learning in CNNs, learnt by steering it.",
    epilog=examples(
        "tlnb doctor                # does everything work on this machine?",
        "tlnb lab                   # the lessons, in JupyterLab",
        "tlnb run 0.0               # one lesson, without a page; writes a report",
        "tlnb data check my_photos  # what would spoil a result with these images",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run", epilog=run.EXAMPLES)(run.run_command)
app.command("lab", epilog=lab.EXAMPLES, context_settings={"allow_extra_args": True, "ignore_unknown_options": False})(
    lab.lab_command
)
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor_command)
app.add_typer(progress.app, name="progress")
app.add_typer(lessons.app, name="lessons")
app.add_typer(data.app, name="data")
app.add_typer(models.app, name="models")
app.add_typer(cache.app, name="cache")


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


def main() -> None:
    """Run the command line."""
    sys.exit(app())
