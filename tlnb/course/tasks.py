"""One lesson as a piece of work that any process can do: what to run, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlnb.core.progress import Progress
from tlnb.course.engine import execute
from tlnb.course.pages import write_page


@dataclass(frozen=True)
class Task:
    """A lesson to be executed.

    Attributes
    ----------
    id, label : str
        The lesson, and what progress calls it.
    source, target : Path
        Its notebook, and where the executed one goes.
    parameters : mapping
        For the cell tagged ``parameters``.
    variables : mapping of str to str
        Environment of its kernel.
    cells : int
        How many code cells will run.
    memory_limit : int or None
        Bytes that its kernel may hold.
    """

    id: str
    label: str
    source: Path
    target: Path
    parameters: Mapping[str, Any]
    variables: Mapping[str, str]
    cells: int
    memory_limit: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a task: the error in one line if it failed, seconds, and the kernel's peak memory."""

    error: str | None
    seconds: float
    peak_bytes: int | None = None

    @property
    def told(self) -> str:
        """The outcome in a few words.

        Examples
        --------
        >>> Outcome(None, 41.2, 2**30).told, Outcome("ValueError: no", 1.0).told
        ('done, 1.0 GiB', 'failed: ValueError: no')
        """
        memory = f", {self.peak_bytes / 2**30:.1f} GiB" if self.peak_bytes else ""
        return f"failed: {self.error}" if self.error else f"done{memory}"


def perform(task: Task, on_cell: Callable[[], None], **start: Any) -> Outcome:
    """Execute a lesson and write its page.

    Parameters
    ----------
    task : Task
        What to run.
    on_cell : callable
        Called after each cell.
    **start
        Passed on to `tlnb.course.engine.execute`.
    """
    started = time.monotonic()
    start |= {"environment": task.variables, "memory_limit": task.memory_limit}
    result = execute(task.source, task.target, task.parameters, on_cell, **start)
    seconds = time.monotonic() - started
    write_page(task.target)
    return Outcome(result.error, seconds, result.peak_bytes)


def run_in_turn(
    tasks: list[Task],
    on_start: Callable[[Task], None],
    on_end: Callable[[Task, Outcome], None],
    on_cell: Callable[[int, int], None] | None = None,
) -> None:
    """Run tasks one after another, in this process, with a line of progress for each.

    Parameters
    ----------
    tasks : list of Task
        They run in this order.
    on_start, on_end : callable
        Called as each task starts and ends.
    on_cell : callable, optional
        Called with the cells done and their number, in place of the line of progress.
    """
    for task in tasks:
        on_start(task)
        with Progress(task.cells, task.label, enabled=on_cell is None) as progress:

            def cell_done(task: Task = task, progress: Progress = progress) -> None:
                progress.update()
                if on_cell is not None:
                    on_cell(progress.done, task.cells)

            outcome = perform(task, cell_done)
            progress.close(outcome.told)
        on_end(task, outcome)
