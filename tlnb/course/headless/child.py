"""The process that runs one lesson: it says how far it is, and ends with whoever started it.

What to run comes as the first line of standard input. The end of the input is the request to stop: it comes when the
other side closes it, and by itself when the other side dies, however it dies.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tlnb.core.files import file_lock
from tlnb.course.headless.states import Process, RunState, write_state

PATIENCE = 10.0  # seconds in which a run that is told to stop ends its kernel


@dataclass(frozen=True)
class Request:
    """What to run: a lesson, the learner's notebook of it, the folder for results, and what is known from before."""

    lesson: str
    title: str
    notebook: str
    runs: str
    profile: str
    of: int
    measured: dict[str, float]

    def line(self) -> bytes:
        """Write it as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    def first_state(self, process: Process | None = None) -> RunState:
        """Return the state of the run before anything was done."""
        about = {"of": self.of, "measured": self.measured, "process": process}
        return RunState(self.lesson, self.profile, "waiting", began=time.time(), **about)  # type: ignore[arg-type]


def main() -> None:
    """Run the lesson that standard input names."""
    signal.signal(signal.SIGTERM, _stop)
    request = Request(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_follow_input, daemon=True).start()
    _Run(request).go()


class _Run:
    """The run of one lesson, and the file that tells of it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.runs = Path(request.runs)
        self.state = request.first_state(Process.this())

    def go(self) -> None:
        try:
            self.tell()
            # Another server, or a panel in a notebook, may be at work in the same folder.
            with file_lock(self.runs / "running"):
                self.tell(state="running", began=time.time())
                self.tell(**self.run())
        except KeyboardInterrupt:
            self.tell(state="stopped", seconds=self.seconds)
        except BaseException as error:
            said = str(error).strip().partition("\n")[0]
            self.tell(state="failed", seconds=self.seconds, error=f"{type(error).__name__}: {said}".rstrip(": "))
            raise

    @property
    def seconds(self) -> float:
        return round(time.time() - self.state.began, 1)

    def tell(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        write_state(self.runs, self.state)

    def run(self) -> dict[str, Any]:
        from tlnb.core.syllabus import numbers
        from tlnb.course.host import may_have_gpu
        from tlnb.course.lessons import Lesson
        from tlnb.course.runner import run_lessons

        asked = self.request
        lesson = Lesson(numbers(asked.lesson), asked.title, Path(asked.notebook), minutes=0)
        # Asking torch would leave it in this process: half a gigabyte, of the two that a session on Binder has.
        device = "auto" if may_have_gpu() else "cpu"
        course = run_lessons(
            [lesson], self.runs, profile=asked.profile, device=device, fresh=True, on_cell=self.cell_done
        )
        (ran,) = (one for one in course.lessons if one.id == asked.lesson)
        measured = {**asked.measured, asked.profile: ran.seconds} if ran.status == "done" else asked.measured
        return {
            "state": ran.status,
            "seconds": ran.seconds,
            "error": ran.error,
            "measured": measured,
            "notebook": ran.notebook,
            "report": "report.html",
        }

    def cell_done(self, done: int, of: int) -> None:
        if not _stopping.is_set():  # the cell that is being stopped is not done
            self.tell(cell=done, of=of, seconds=self.seconds)


_stopping = threading.Event()


def _stop(*_: Any) -> None:
    _stopping.set()
    signal.signal(signal.SIGTERM, lambda *_: None)  # once is enough: the kernel is being ended
    raise KeyboardInterrupt


def _follow_input() -> None:
    while os.read(sys.stdin.fileno(), 1024):  # not by sys.stdin, whose lock would be held as Python ends
        pass
    if os.name == "nt":
        import _thread

        _thread.interrupt_main()
    else:
        os.kill(os.getpid(), signal.SIGTERM)  # a signal, so that also a wait of the main thread ends
    time.sleep(PATIENCE)
    os._exit(1)
