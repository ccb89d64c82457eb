"""One line of progress: in a terminal by tqdm, in a notebook by a display that is updated, or nothing at all.

No ipywidgets: the state of each would be saved with the notebook, and papermill cannot show it.
"""

from __future__ import annotations

import html
import os
import sys
import threading
import time
from types import TracebackType
from typing import Any
from uuid import uuid4

_SECONDS_BETWEEN = 0.2  # at most five drawings a second: more would slow down the work itself


class Progress:
    """Count steps of a long job on one line, with the time left.

    The line is drawn on standard error in a terminal, as HTML and text in a notebook (papermill too), and
    not at all when ``enabled`` is false or the environment has ``TLNB_PROGRESS=0``. Any thread may update it.

    Parameters
    ----------
    total : int
        How many steps there are.
    label : str
        What is being done, in a word or three.
    enabled : bool
        False shows nothing.
    done : int
        Steps that were done before, by a run that this one goes on from.

    Examples
    --------
    >>> with Progress(3, "Counting", enabled=False) as progress:
    ...     for _ in range(3):
    ...         progress.update(note="fine")
    >>> progress.line.startswith("Counting 3/3")
    True
    """

    def __init__(self, total: int, label: str, enabled: bool = True, done: int = 0) -> None:
        self.total, self.label = int(total), label
        self.done = self._done_before = int(done)
        self.note = ""
        self.closed = False
        self._started = self._ended = time.monotonic()
        self._drawn = float("-inf")
        self._lock = threading.RLock()
        wanted = enabled and os.environ.get("TLNB_PROGRESS", "1") != "0"
        self._surface: _Notebook | _Terminal | None = None
        if wanted:
            self._surface = _Notebook() if _in_notebook() else _Terminal()
            self._draw()

    @property
    def seconds(self) -> float:
        """Seconds since the start, or until the close."""
        return (self._ended if self.closed else time.monotonic()) - self._started

    @property
    def line(self) -> str:
        """The line as text: label, count, time (left, or taken once closed) and note."""
        if self.closed:
            told = duration(self.seconds)
        elif self.done > self._done_before and self.total:
            left = self.seconds / (self.done - self._done_before) * max(self.total - self.done, 0)
            told = f"{duration(left)} left"
        else:
            told = ""
        count = f"{self.done:,}/{self.total:,}"
        return " · ".join(part for part in (f"{self.label} {count}", told, self.note) if part)

    def update(self, n: int = 1, note: str = "") -> None:
        """Say that ``n`` more steps are done; a note replaces the one before."""
        with self._lock:
            if self.closed:
                return
            self.done += n
            self.note = note or self.note
            if time.monotonic() - self._drawn >= _SECONDS_BETWEEN:
                self._draw()

    def close(self, note: str = "") -> None:
        """End the job: the last state stays as one short line. A second call does nothing."""
        with self._lock:
            if self.closed:
                return
            self._ended, self.closed = time.monotonic(), True
            self.note = note or self.note
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        if self._surface is not None:
            self._surface.draw(self)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("stopped" if kind else "")

    def __repr__(self) -> str:
        return f"Progress({self.label!r}, {self.done}/{self.total})"


class _Notebook:
    """A display of the running cell, updated under one id; works from threads and under papermill."""

    def __init__(self) -> None:
        self._id: str | None = None

    def draw(self, progress: Progress) -> None:
        from IPython.display import display

        bundle = {"text/plain": progress.line, "text/html": _as_html(progress)}
        if self._id is None:
            self._id = uuid4().hex
            display(bundle, raw=True, display_id=self._id)
        else:
            display(bundle, raw=True, display_id=self._id, update=True)


class _Terminal:
    """A tqdm bar where somebody watches; only the last line where standard error is a file or a pipe."""

    def __init__(self) -> None:
        self._bar: Any = None

    def draw(self, progress: Progress) -> None:
        from tqdm import tqdm

        if sys.stderr is None:  # pythonw, some services
            return
        if progress.closed:
            if self._bar is not None:
                self._bar.close()
            tqdm.write(progress.line, file=sys.stderr)
        elif sys.stderr.isatty():
            if self._bar is None:
                form = "{bar:20} {desc}"
                self._bar = tqdm(total=progress.total, bar_format=form, leave=False, mininterval=0)
            self._bar.n = progress.done
            self._bar.set_description_str(progress.line)  # this draws


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def _as_html(progress: Progress) -> str:
    line = html.escape(progress.line)
    if progress.closed:
        return f'<span style="opacity: 0.75; font-size: 90%">{line}</span>'
    share = min(1.0, progress.done / progress.total) if progress.total else 0.0
    return (
        '<div style="font-size: 90%"><span style="display: inline-block; width: 12em; height: 0.7em; '
        'margin-right: 0.8em; border-radius: 3px; background: rgba(128, 128, 128, 0.3)">'
        f'<span style="display: block; width: {share:.0%}; height: 100%; border-radius: 3px; '
        f'background: #0072B2"></span></span>{line}</div>'
    )


def duration(seconds: float) -> str:
    """Write a duration as people say it.

    >>> duration(0.42), duration(12.3), duration(75), duration(3700)
    ('0.4 s', '12 s', '1 min 15 s', '1 h 1 min')
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
