"""Several lessons at a time: a pool of processes, each running papermill on one lesson after another.

Every place of the pool is a `ProcessPoolExecutor` of one worker: where a worker is killed, concurrent.futures gives up
the whole executor, and only one lesson must be lost by it. Workers are started by spawn, since forking a process that
has loaded torch or CUDA is not safe.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil

from tlnb.course.pool_progress import PoolProgress
from tlnb.course.tasks import Outcome, Task, perform

_SPAWN = multiprocessing.get_context("spawn")
_PATIENCE = 10.0  # seconds in which a worker that is told to stop may end its kernel
_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def thread_limits(jobs: int, cores: int) -> dict[str, str]:
    """Return the environment variables that share the cores fairly among kernels; a lower limit set outside stays.

    Examples
    --------
    >>> thread_limits(8, 2)["MKL_NUM_THREADS"], thread_limits(1, 8)
    ('1', {})
    """
    if jobs == 1:
        return {}
    share = max(1, cores // jobs)

    def limit(name: str) -> int:
        outside = os.environ.get(name, "")
        return min(share, int(outside)) if outside.isdecimal() and int(outside) > 0 else share

    return {name: str(limit(name)) for name in _THREADS}


def run_in_pool(
    tasks: Sequence[Task], jobs: int, on_start: Callable[[Task], None], on_end: Callable[[Task, Outcome], None]
) -> None:
    """Run tasks in several processes, with one line of progress for all of them.

    Parameters
    ----------
    tasks : sequence of Task
        They start in this order.
    jobs : int
        How many at a time.
    on_start, on_end : callable
        Called in this process as each task starts and ends.

    Raises
    ------
    KeyboardInterrupt
        If stopped; no worker and no kernel is left then.
    """
    waiting = deque(tasks)
    with tempfile.TemporaryDirectory() as folder, PoolProgress(tasks) as progress:
        places = [_Place(Path(folder) / "start") for _ in range(jobs)]
        try:
            while waiting or any(place.task for place in places):
                for place in places:
                    if waiting and place.task is None:
                        on_start(waiting[0])
                        place.begin(waiting.popleft())
                        progress.started(place.working_on)
                connection.wait([place.inbox for place in places if place.task], timeout=0.1)
                for place in places:
                    ended = place.future is not None and place.future.done()
                    place.hear(progress)
                    if ended:
                        task, outcome = place.end()
                        progress.ended(task, outcome)
                        on_end(task, outcome)
        except BaseException:
            _stop(places)
            raise
        finally:
            for place in places:
                place.close()


class _Place:
    """A place in the pool: its worker, the task that it is at, and what it says meanwhile."""

    def __init__(self, start_lock: Path) -> None:
        self.start_lock = start_lock
        self.inbox, self._outbox = _SPAWN.Pipe(duplex=False)
        self.executor: ProcessPoolExecutor | None = None
        self.process: BaseProcess | None = None
        self.kernel: psutil.Process | None = None
        self.task: Task | None = None
        self.future: Future[Outcome] | None = None
        self.began = 0.0

    @property
    def working_on(self) -> Task:
        assert self.task is not None
        return self.task

    def begin(self, task: Task) -> None:
        before = set(multiprocessing.active_children())
        if self.executor is None:
            self.executor = ProcessPoolExecutor(1, _SPAWN, initializer=_prepare, initargs=(self._outbox,))
        self.task, self.kernel, self.began = task, None, time.monotonic()
        self.future = self.executor.submit(_work, task, self.start_lock)
        new = set(multiprocessing.active_children()) - before
        self.process = new.pop() if new else self.process

    def hear(self, progress: PoolProgress) -> None:
        """Take what the worker said: its kernel's process id, and None for each cell done."""
        while self.inbox.poll():
            said = self.inbox.recv()
            if said is None:
                progress.cell(self.working_on)
            else:
                self.kernel = _find(said)

    def end(self) -> tuple[Task, Outcome]:
        assert self.future is not None
        task, seconds = self.working_on, time.monotonic() - self.began
        try:
            outcome = self.future.result()
        except BrokenProcessPool:
            outcome = Outcome(f"The process that ran it {_death(self.process)}", seconds)
            _kill(_family(self.kernel))
            self.close()
            self.executor = None
        except Exception as error:
            outcome = Outcome(f"{type(error).__name__}: {error}".splitlines()[0], seconds)
        self.task = self.future = self.kernel = None
        return task, outcome

    def close(self) -> None:
        if self.executor is not None:
            self.executor.shutdown(wait=True, cancel_futures=True)


def _stop(places: Sequence[_Place]) -> None:
    """End all workers and all that they started; a second interrupt ends them at once."""
    workers = [found for place in places if place.process and (found := _find(place.process.pid))]
    families = [one for worker in workers for one in _family(worker)]
    families += [one for place in places for one in _family(place.kernel)]
    try:
        for place in places:
            if place.process is not None:
                place.process.terminate()
        psutil.wait_procs(workers, timeout=_PATIENCE)
    finally:
        _kill(families)


def _find(pid: int | None) -> psutil.Process | None:
    try:
        return psutil.Process(pid) if pid else None
    except psutil.Error:
        return None


def _family(process: psutil.Process | None) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)] if process is not None else []
    except psutil.Error:
        return []


def _kill(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()


def _death(process: BaseProcess | None) -> str:
    code = process.exitcode if process is not None else None
    if code is None or code >= 0:
        return "ended before the lesson did"
    name = signal.Signals(-code).name
    return f"was killed ({name}{': too little memory?' if name == 'SIGKILL' else ''})"


# What follows runs in the workers.
_outbox: Connection | None = None
_busy = False


def _prepare(outbox: Connection) -> None:
    """Set up a worker: it listens to its parent alone, and does not outlive it."""
    global _outbox
    _outbox = outbox
    # Ctrl-C reaches the whole group, and the parent decides. Not SIG_IGN, which the kernel would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, _told_to_stop)
    # Where the word to stop comes in the middle of a kernel's message, pyzmq logs it as an error before it hands it on.
    logging.getLogger("tornado.general").addFilter(lambda record: "KeyboardInterrupt" not in str(record.exc_info))
    threading.Thread(target=_follow_parent, daemon=True).start()


def _told_to_stop(*_: Any) -> None:
    if not _busy:
        os._exit(1)
    raise KeyboardInterrupt


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_PATIENCE)
        os._exit(1)


def _work(task: Task, start_lock: Path) -> Outcome:
    global _busy
    assert _outbox is not None
    _busy = True
    try:
        return perform(task, lambda: _outbox.send(None), on_kernel=_outbox.send, start_lock=start_lock)
    except KeyboardInterrupt:
        os._exit(1)  # the kernel is gone by now, and nobody waits for a result
    finally:
        _busy = False
