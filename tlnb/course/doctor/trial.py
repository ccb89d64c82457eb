"""Torch tried in a process of its own, so that no error, crash or hang of it ends the examination."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

_SECONDS = 90.0  # from a slow disk that has never read it, torch takes half a minute
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from tlnb.course.doctor.torch_steps import main; main()"


@dataclass(frozen=True)
class Trial:
    """What was found, step by step.

    Attributes
    ----------
    steps : dict
        Name of a step -> what it found, for the steps that were done.
    ended : str
        Why the process ended before all were done; empty if it did not.
    """

    steps: dict[str, dict[str, Any]]
    ended: str = ""

    def of(self, step: str) -> dict[str, Any]:
        """Return what a step found; under ``error``, why it failed or was never done."""
        if step in self.steps:
            return self.steps[step]
        return {"error": self.ended or "was not tried, as torch cannot be imported"}


@contextmanager
def trying_torch(seconds: float = _SECONDS) -> Iterator[Callable[[], Trial]]:
    """Try torch, as this process would find it, while other things are done.

    Parameters
    ----------
    seconds : float
        After which the trial is ended: something hangs.

    Yields
    ------
    callable
        Waits for what came of it.
    """
    try:
        # The path is handed over whole: the new process would otherwise look into the folder that it was started in.
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE, *map(str, sys.path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    except (OSError, ValueError) as error:  # no room for another process, or no Python to start
        failed = Trial({}, f"no process could be started to try it ({error})")
        yield lambda: failed
        return
    with process:
        try:
            yield cache(partial(_finish, process, seconds))
        finally:
            process.kill()  # where nobody waited for it; else it has ended, and this does nothing


def _finish(process: subprocess.Popen[str], seconds: float) -> Trial:
    ended = ""
    try:
        said, complained = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        said, complained = process.communicate()
        ended = f"it did not answer within {seconds:g} seconds"
    steps: dict[str, dict[str, Any]] = {}
    for line in said.splitlines():
        with suppress(ValueError, TypeError, KeyError, AttributeError):  # what else is written there is not ours
            found = json.loads(line)
            steps[found.pop("step")] = found
    return Trial(steps, ended or _why(process.returncode, complained))


def _why(code: int, complained: str) -> str:
    """Say why a process ended; empty where nothing is wrong with that."""
    if code == 0:
        return ""
    if code < 0:
        with suppress(ValueError):
            return f"it was killed by {signal.Signals(-code).name}"
    lines = [line for line in complained.splitlines() if line.strip()]
    return f"it ended with code {code}{f' ({lines[-1].strip()})' if lines else ''}"
