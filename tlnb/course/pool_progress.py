"""The progress of lessons that run side by side: one live line in a terminal, and a line for each as it ends."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from types import TracebackType

from tlnb.core.progress import Progress, duration
from tlnb.course.tasks import Outcome, Task


class PoolProgress:
    """Shows how far a pool of lessons is.

    Parameters
    ----------
    tasks : sequence of Task
        All that will run.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._line = Progress(sum(task.cells for task in tasks), f"{len(tasks)} lessons, cell")
        self._cells: Counter[str] = Counter()
        self._running: list[str] = []
        self._ended: Counter[str] = Counter()

    def started(self, task: Task) -> None:
        """Say that a lesson begins."""
        self._running.append(task.id)
        self._line.update(0, self._note())

    def cell(self, task: Task) -> None:
        """Say that a cell of a lesson is done."""
        self._cells[task.id] += 1
        self._line.update(1, self._note())

    def ended(self, task: Task, outcome: Outcome) -> None:
        """Say that a lesson ended; what came of it stays as a line of its own."""
        from tqdm import tqdm

        self._running.remove(task.id)
        self._ended["failed" if outcome.error else "done"] += 1
        self._line.update(task.cells - self._cells[task.id], self._note())
        if sys.stderr is not None and os.environ.get("TLNB_PROGRESS", "1") != "0":
            count = f"{self._cells[task.id]}/{task.cells}"
            tqdm.write(f"{task.label} {count} · {duration(outcome.seconds)} · {outcome.told}", file=sys.stderr)

    def _note(self) -> str:
        counts = [f"{self._ended[word]} {word}" for word in ("done", "failed") if self._ended[word]]
        running = [f"{', '.join(self._running)} running"] if self._running else []
        return ", ".join([*counts, *running])

    def __enter__(self) -> PoolProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.close("stopped" if kind else self._note())
