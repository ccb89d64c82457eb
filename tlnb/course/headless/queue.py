"""Starts runs one after the other, stops them, and leaves no process behind."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tlnb.course.headless.child import PATIENCE, Request
from tlnb.course.headless.states import FOLDER, GOING_ON, RunState, read_state, read_states, write_state

if TYPE_CHECKING:
    import psutil

log = logging.getLogger("tlnb")

# The path is handed over whole: the process would otherwise look into the folder that it was started in.
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from tlnb.course.headless.child import main; main()"
_SECONDS_BETWEEN = 0.5  # looks at what a run has started


class RunQueue:
    """The runs of one folder. Any thread may ask.

    When this process ends, however it does, the run ends too.

    Parameters
    ----------
    runs : Path
        Where results go.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._waiting: deque[Request] = deque()
        self._current: tuple[Request, subprocess.Popen[bytes]] | None = None
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None

    def states(self) -> dict[str, RunState]:
        """Return the state of each lesson's last run, by lesson."""
        with self._changed:
            waiting = {request.lesson: request.first_state() for request in self._waiting}
            current = {self._current[0].lesson} if self._current else set()
        return read_states(self.runs, current) | waiting

    @property
    def lessons(self) -> tuple[str, ...]:
        """The lessons that run or wait here."""
        with self._changed:
            current = [self._current[0].lesson] if self._current else []
            return (*current, *(request.lesson for request in self._waiting))

    def add(self, request: Request) -> bool:
        """Run a lesson as soon as those before it are done; False if it runs or waits already."""
        with self._changed:
            state = self.states().get(request.lesson)
            # A run that has said what came of it, and is about to end, stands in nobody's way.
            if request.lesson in self.lessons and (state is None or state.state in GOING_ON):
                return False
            self._waiting.append(request)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="tlnb-runs", daemon=True)
                self._worker.start()
            return True

    def stop(self, lesson: str, patience: float = 4.0) -> bool:
        """End a run, or take it out of the queue, and wait a while until it is gone; False if there is none."""
        with self._changed:
            if lesson not in self.lessons:
                return False
            self._waiting = deque(request for request in self._waiting if request.lesson != lesson)
            if self._current is not None and self._current[0].lesson == lesson:
                _ask_to_end(self._current[1])
            self._changed.wait_for(lambda: lesson not in self.lessons, patience)
        return True

    def close(self) -> None:
        """End all runs."""
        for lesson in reversed(self.lessons):
            self.stop(lesson)

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._worker = None
                    return
                request = self._waiting[0]
                try:
                    process = self._start(request)
                except OSError as error:
                    process = None
                    self._tell_end(request, "failed", f"no process could be started for it ({error})")
                self._waiting.popleft()
                self._current = (request, process) if process else None
            if process is not None:
                try:
                    self._watch(request, process)
                except Exception:  # the others still have their turn
                    log.warning("What became of the run of lesson %s is not known.", request.lesson, exc_info=True)
            with self._changed:
                self._current = None
                self._changed.notify_all()

    def _start(self, request: Request) -> subprocess.Popen[bytes]:
        (self.runs / FOLDER).mkdir(parents=True, exist_ok=True)
        write_state(self.runs, request.first_state())
        apart: dict[str, Any] = {"start_new_session": True}  # Ctrl-C in the server's terminal asks the server alone
        if os.name == "nt":
            apart = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        with self._log(request).open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-c", _CODE, *map(str, sys.path)],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                **apart,
            )
        with suppress(OSError):  # it is dead already, and its end tells why
            _input(process).write(request.line())
            _input(process).flush()
        return process

    def _watch(self, request: Request, process: subprocess.Popen[bytes]) -> None:
        """Wait for the end of a run, and end what it has started and left."""
        import psutil

        family: dict[int, psutil.Process] = {}
        asked = 0
        while True:
            with suppress(psutil.Error):
                family |= {one.pid: one for one in psutil.Process(process.pid).children(recursive=True)}
            try:
                process.wait(_SECONDS_BETWEEN)
                break
            except subprocess.TimeoutExpired:
                asked += _input(process).closed
                if asked * _SECONDS_BETWEEN > PATIENCE:
                    process.kill()
        for one in family.values():
            with suppress(psutil.Error):
                one.kill()
        stopped = _input(process).closed
        _ask_to_end(process)
        self._settle(request, process.returncode, stopped)

    def _settle(self, request: Request, code: int, stopped: bool) -> None:
        """Say what became of a run whose process ended before it could."""
        said = read_state(self.runs, request.lesson)
        if said is not None and said.state not in GOING_ON:
            return
        if stopped:
            self._tell_end(request, "stopped", None)
        else:
            self._tell_end(request, "failed", f"The process that ran it {_death(code, self._log(request))}")

    def _tell_end(self, request: Request, state: str, error: str | None) -> None:
        before = read_state(self.runs, request.lesson) or request.first_state()
        try:
            write_state(self.runs, replace(before, state=state, error=error, process=None))
        except OSError as failure:
            log.warning("What became of lesson %s cannot be written: %s", request.lesson, failure)

    def _log(self, request: Request) -> Path:
        return self.runs / FOLDER / f"{request.lesson}.log"


def _input(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        _input(process).close()


def _death(code: int, log_file: Path) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        return f"was killed ({name}{': too little memory?' if name == 'SIGKILL' else ''})"
    with suppress(OSError):
        lines = [line for line in log_file.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        if lines:
            return f"ended before the lesson did: {lines[-1].strip()}"
    return "ended before the lesson did"
