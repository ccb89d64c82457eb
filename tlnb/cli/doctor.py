"""``tlnb doctor``: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tlnb.cli.common import FAILED, AsJson, examples

if TYPE_CHECKING:
    from tlnb.course.doctor import Finding

# State -> its mark, and what stands for that where the terminal cannot write it.
_MARKS = {"good": ("✓", "+"), "warning": ("!", "!"), "broken": ("✗", "x")}
EXAMPLES = examples("tlnb doctor", "tlnb doctor --offline    # asks no server", "tlnb doctor --json")
_WIDTH = 17  # of the longest name of a check


def doctor_command(
    as_json: AsJson = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask whether the hub answers.")] = False,
) -> None:
    """Say what works on this machine, and what to do about the rest.

    Everything is tried, not only looked up: torch in a process of its own, so that nothing it does ends this one.
    Exit code 1 means that something is broken; with warnings alone the lessons work.
    """
    from tlnb.course.doctor import findings

    logging.getLogger("tlnb").setLevel(logging.WARNING)  # what is only told by the way, the lines say
    found = []
    for finding in findings(offline):
        found.append(finding)
        if not as_json:
            _show(finding)
    states = Counter(finding.state for finding in found)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=1))  # ASCII: no terminal refuses that
    else:
        broken = f"{states['broken']} broken" if states["broken"] else "Nothing is broken"
        warned = f", {states['warning']} warning{'s' if states['warning'] > 1 else ''}" if states["warning"] else ""
        typer.echo(f"\n{broken}{warned}.")
    raise typer.Exit(FAILED if states["broken"] else 0)


def _show(finding: Finding) -> None:
    mark, plain = _MARKS[finding.state]
    lead = f"{mark if _can_write(mark) else plain} {finding.state:<8}"
    _echo(f"{lead} {finding.what:<{_WIDTH}}  {finding.says}")
    if finding.do:
        _echo(f"{'':{len(lead)}} {'':{_WIDTH}}  to do: {finding.do}")


def _echo(line: str) -> None:
    """Print a line; what the terminal cannot write, as a character of somebody's name in a path, becomes a mark."""
    line = " ".join(line.splitlines())
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    typer.echo(line.encode(encoding, "replace").decode(encoding))


def _can_write(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
