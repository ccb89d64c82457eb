"""One piece of work for each file, on all cores."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor


def parallel(work: Callable[[int], None], rows: Sequence[int], label: str, progress: bool) -> None:
    """Do something for each row on all cores, with a line of progress; the first error stops it.

    Pillow's warnings (of odd EXIF, of palettes) name no file and ask for nothing: they are not shown.
    """
    from tlnb.core.progress import Progress

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with (
        warnings.catch_warnings(),
        Progress(len(rows), label, enabled=progress) as bar,
        ThreadPoolExecutor(cores) as pool,
    ):
        warnings.filterwarnings("ignore", module=r"PIL\b")
        try:
            for _ in pool.map(work, rows):
                bar.update()
        except BaseException:  # Ctrl-C too: do not work off the queue first
            pool.shutdown(cancel_futures=True)
            raise
