"""What is known of the run of a lesson, in a small file: it outlives the process that runs it, and whoever asked."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tlnb.core.files import write_json
from tlnb.core.stamped import by_stamp

FOLDER = "states"  # in the folder of the runs
GOING_ON = ("waiting", "running")
ENDS = ("done", "failed", "stopped")
_SAME = 2.0  # seconds between two starts of one process number, at least


@dataclass(frozen=True)
class Process:
    """A process, told apart from a later one of the same number."""

    host: str
    pid: int
    created: float

    @classmethod
    def this(cls) -> Process:
        """Return the process that asks."""
        import psutil

        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

    @property
    def lives(self) -> bool:
        """Whether it is still there; of another machine that cannot be known, and the answer is no."""
        if self.host != socket.gethostname():
            return False
        try:
            import psutil
        except ImportError:
            return False
        try:
            # Not to the last digit: where the clock was set anew, the system reckons from another start.
            return abs(psutil.Process(self.pid).create_time() - self.created) < _SAME
        except (ValueError, psutil.Error):
            return False


@dataclass(frozen=True)
class RunState:
    """How far the run of a lesson is, or what came of it.

    Attributes
    ----------
    lesson, profile : str
        What runs: ``"3.1"``, and ``"quick"`` or ``"full"``.
    state : {"waiting", "running", "done", "failed", "stopped"}
        Where it is.
    cell, of : int
        Code cells done, and how many there are.
    began : float
        When, in seconds since 1970.
    seconds : float
        How long it took; while it goes on, until the last cell.
    error : str or None
        What failed, in one line.
    notebook, report : str or None
        The executed notebook and the report, relative to the folder of the runs.
    measured : dict of str to float
        Seconds of the last run that came to its end, by profile. A later run that fails leaves them.
    process : Process or None
        What runs it.
    """

    lesson: str
    profile: str
    state: str
    cell: int = 0
    of: int = 0
    began: float = 0.0
    seconds: float = 0.0
    error: str | None = None
    notebook: str | None = None
    report: str | None = None
    measured: dict[str, float] = field(default_factory=dict)
    process: Process | None = None

    def as_of_now(self, goes_on: bool = False) -> RunState:
        """Return the state at this moment: what goes on takes longer, and a run whose process is gone was cut.

        Parameters
        ----------
        goes_on : bool
            Whether the caller knows that it goes on, though its process may not have said so yet.
        """
        if self.state not in GOING_ON:
            return self
        if not (goes_on or (self.process is not None and self.process.lives)):
            return replace(self, state="stopped")
        return replace(self, seconds=round(time.time() - self.began, 1)) if self.state == "running" else self


def state_path(runs: Path, lesson: str) -> Path:
    """Return where the state of a lesson's run is kept."""
    return runs / FOLDER / f"{lesson}.json"


def read_states(runs: Path, own: Collection[str] = ()) -> dict[str, RunState]:
    """Return the state of every run in a folder, by lesson; what cannot be read is left out.

    Parameters
    ----------
    runs : Path
        The folder of the runs; it need not exist.
    own : collection of str
        Lessons of which the caller knows that they go on.
    """
    try:
        lessons = sorted(path.stem for path in (runs / FOLDER).glob("*.json"))
    except OSError:
        return {}
    found = {lesson: state for lesson in lessons if (state := read_state(runs, lesson))}
    return {lesson: state.as_of_now(lesson in own) for lesson, state in found.items()}


def read_state(runs: Path, lesson: str) -> RunState | None:
    """Return the state of a run as it was written; None where there is none, or none that can be read."""
    try:
        return _read(state_path(runs, lesson))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write_state(runs: Path, state: RunState) -> None:
    """Write the state of a run, whole or not at all."""
    write_json(state_path(runs, state.lesson), asdict(state))


@by_stamp
def _read(path: Path) -> RunState:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    process = content.pop("process")
    state = RunState(**content, process=Process(**process) if process else None)
    if state.lesson != path.stem or state.state not in (*GOING_ON, *ENDS):
        raise ValueError(f"{path} is not the state of a run")
    return state
