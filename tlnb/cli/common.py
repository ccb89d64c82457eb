"""What the commands share: how they refuse and fail, how they print tables, and choices that several offer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Annotated, Any, NoReturn, TypeAlias

import typer

from tlnb.core.errors import TlnbError

FAILED, WRONG_USE = 1, 2

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def examples(*commands: str) -> str:
    """Write the examples of a command as the end of its ``--help``, which breaks none of their lines.

    A test collects them from there and runs them. What stands after ``#`` is for the reader: a shell leaves it out.

    Examples
    --------
    >>> examples("tlnb doctor", "tlnb doctor --offline  # asks no server").splitlines()[1:]
    ['Examples:', '  tlnb doctor', '  tlnb doctor --offline  # asks no server']
    """
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])


class Device(str, Enum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


def stop(message: object, code: int) -> NoReturn:
    """Say in one line on standard error why the command ends here, and end it."""
    complain(message)
    raise typer.Exit(code)


def complain(message: object) -> None:
    """Say in one line on standard error what is wrong."""
    typer.echo(f"tlnb: {' '.join(str(message).split())}", err=True)


@contextmanager
def errors_end_with(code: int) -> Iterator[None]:
    """Show what the library, or the system, complains of as one line without a traceback, and end with `code`."""
    try:
        yield
    except (TlnbError, OSError) as error:
        stop(error, code)


def print_json(value: Any) -> None:
    """Print plain data for programs."""
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))


def in_bytes(count: int) -> str:
    """Say a number of bytes as people do.

    Examples
    --------
    >>> in_bytes(67_174_528), in_bytes(812)
    ('67.2 MB', '812 bytes')
    """
    if count < 1000:
        return f"{count} bytes"
    power = next((power for power in (1, 2, 3) if count / 1000**power < 999.95), 4)
    return f"{count / 1000**power:.1f} {' kMGT'[power]}B"
