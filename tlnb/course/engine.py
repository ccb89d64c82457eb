"""One notebook through papermill: says each cell as it ends, and measures the kernel's memory.

papermill's own progress bar knows nothing of lessons, and it does not measure memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
from papermill import PapermillExecutionError, execute_notebook
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from tlnb.core.files import file_lock
from tlnb.course.memory_limit import Hold, held_to

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Execution:
    """What came of a notebook.

    Attributes
    ----------
    error : str or None
        The last line of the traceback, and the cell it came from; None if all cells ran.
    peak_bytes : int or None
        The most memory that the kernel held; None if it could not be read.
    """

    error: str | None
    peak_bytes: int | None


def execute(
    source: Path,
    target: Path,
    parameters: Mapping[str, Any],
    on_cell: Callable[[], None] = lambda: None,
    *,
    environment: Mapping[str, str] | None = None,
    start_lock: Path | None = None,
    on_kernel: Callable[[int], None] = lambda pid: None,
    memory_limit: int | None = None,
) -> Execution:
    """Run a notebook in a fresh kernel, in the folder of the result.

    Parameters
    ----------
    source, target : Path
        The notebook, and where to write it executed. The target is written after every cell, so that a
        notebook that is stopped leaves what it did.
    parameters : mapping
        Values for the cell tagged ``parameters``.
    on_cell : callable
        Called after each code cell.
    environment : mapping of str to str, optional
        Variables for the kernel, besides those of this process, which stay as they are.
    start_lock : Path, optional
        Held while the kernel starts, by all that run at once: each picks free ports, and two could pick the same.
    on_kernel : callable
        Called with the kernel's process id once it answers.
    memory_limit : int, optional
        Bytes that the kernel may hold; it is ended when it needs more.

    Returns
    -------
    Execution
        An error in a cell does not raise; an interrupt does.
    """
    meter = _Meter(on_cell)
    error = None
    try:
        execute_notebook(
            str(source),
            str(target),
            parameters=dict(parameters),
            engine_name=_Engine.name,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=str(target.parent),
            start=_Start({**os.environ, **(environment or {})}, start_lock, on_kernel, memory_limit),
            meter=meter,
        )
    except PapermillExecutionError as failure:
        line = f"{failure.ename}: {failure.evalue}".strip().splitlines()[0]
        error = f"{line} (cell [{failure.exec_count}])"
    except Exception as failure:  # the kernel died, or never started: one lesson less, not the end of the run
        error = f"{type(failure).__name__}: {failure}".splitlines()[0]
        if meter.hold and meter.hold.exceeded:
            error = f"{type(failure).__name__}: {meter.hold}"
    finally:
        if target.exists():
            notebook = nbformat.read(target, as_version=4)
            strip_widgets(notebook)
            nbformat.write(notebook, target)
    return Execution(error, meter.peak_bytes)


def strip_widgets(notebook: nbformat.NotebookNode) -> None:
    """Take out the saved state of widgets, and the views that need it; their pictures and text stay.

    State is saved once an instance and makes notebooks grow by megabytes; without a kernel it does nothing.
    """
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)


class _Meter:
    """Counts code cells and reads the kernel's memory after each."""

    def __init__(self, on_cell: Callable[[], None]) -> None:
        self.on_cell = on_cell
        self.peak_bytes: int | None = None
        self.hold: Hold | None = None

    def cell_done(self, kernel: int | None) -> None:
        now = peak_bytes(kernel) if kernel is not None else None
        if now is not None:
            self.peak_bytes = max(now, self.peak_bytes or 0)
        self.on_cell()


@dataclass(frozen=True)
class _Start:
    """How a kernel starts: its variables, the lock held meanwhile, whom to tell, and how much memory it may hold."""

    variables: Mapping[str, str]
    lock: Path | None
    on_kernel: Callable[[int], None]
    memory_limit: int | None


class _Client(PapermillNotebookClient):
    start: _Start
    meter: _Meter

    @contextmanager
    def setup_kernel(self, **kwargs: Any) -> Iterator[None]:
        with ExitStack() as kernel:
            with file_lock(self.start.lock) if self.start.lock else nullcontext():
                kernel.enter_context(super().setup_kernel(**kwargs))
            self.start.on_kernel(self.km.provisioner.pid)
            if self.start.memory_limit is not None:
                self.meter.hold = kernel.enter_context(held_to(self.start.memory_limit, self.km.provisioner.pid))
            yield

    def papermill_execute_cells(self) -> None:
        try:
            super().papermill_execute_cells()
        except KeyboardInterrupt:
            self.shutdown_kernel = "immediate"  # a busy kernel would let a polite request wait for seconds
            raise

    def execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().execute_cell(cell, cell_index, *args, **kwargs)
        finally:
            if cell.cell_type == "code":
                self.meter.cell_done(getattr(self.km.provisioner, "pid", None))


class _Engine(NBClientEngine):
    """papermill's engine, with a client that tells the meter."""

    name = "tlnb"

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, start: _Start, meter: _Meter, start_timeout: int = 60, **_: Any
    ) -> None:
        client = _Client(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=None,
            extra_arguments=["--log-level=50"],  # what a kernel says as it is shut down would tear the progress line
        )
        client.start, client.meter = start, meter
        client.execute(env=dict(start.variables))


papermill_engines.register(_Engine.name, _Engine)


def peak_bytes(pid: int) -> int | None:
    """Return the most memory that a process held so far, or holds now where the system keeps no peak.

    Examples
    --------
    >>> import os
    >>> peak_bytes(os.getpid()) > 1_000_000
    True
    """
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        memory = psutil.Process(pid).memory_info()
    except psutil.Error:
        return None
    return int(getattr(memory, "peak_wset", memory.rss))
