"""Locks between threads and processes, by files; and where a file system has none, a word about it."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger("tlnb")


@contextmanager
def file_lock(path: str | Path, timeout: float | None = None) -> Iterator[bool]:
    """Keep other threads and processes out while something is made.

    The operating system frees the lock when its holder dies, so a killed process blocks nobody.

    Parameters
    ----------
    path : str or Path
        What is protected. The lock itself is the file `path` + ``.lock`` beside it, which stays.
    timeout : float, optional
        Seconds to wait for another holder; without it, as long as it takes.

    Yields
    ------
    bool
        Whether others are kept out: False, after one warning, on a file system that has no locks, as some network
        ones. What is written by `atomic_path` is whole even there; it may be made twice.

    Raises
    ------
    TimeoutError
        The other holder did not let go in time.
    """
    from filelock import FileLock, Timeout

    name = Path(f"{path}.lock")
    if not _has_locks(name):
        warn_once("files in %s cannot be locked: two processes that want the same may both make it.", name.parent)
        yield False
        return
    lock = FileLock(name, timeout=-1 if timeout is None else timeout)
    try:
        lock.acquire()
    except Timeout:
        raise TimeoutError(
            f"another process has been busy with {path} for {timeout} seconds. Wait for it, or end it."
        ) from None
    try:
        yield True
    finally:
        lock.release()


_lockable: dict[Path, bool] = {}  # by folder


def _has_locks(name: Path) -> bool:
    """Try for ourselves: without locks `filelock` fails, waits for ever or leaves marks, as its version has it."""
    try:
        import fcntl
    except ImportError:  # Windows, where every file system has them
        return True
    if name.parent not in _lockable:
        file = os.open(name, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _lockable[name.parent] = True
        except OSError as error:  # one that another holds is a lock too
            _lockable[name.parent] = error.errno in {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK}
        finally:
            os.close(file)
    return _lockable[name.parent]


def warn_once(message: str, *values: object) -> None:
    """Log a warning once in this process, whichever of its threads come by."""
    mine = object()
    if _told.setdefault((message, values), mine) is mine:
        log.warning(message, *values)


_told: dict[tuple[object, ...], object] = {}
