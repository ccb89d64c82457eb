"""Files that are whole or not there at all: the cache folder, atomic writes, locks and checksums."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

log = logging.getLogger("tlnb")

PART = ".part"  # the ending of temporary siblings; nothing that ends so is ever read


def cache_dir() -> Path:
    """Say which folder holds what is costly to make twice: decoded images, features, fetched weights.

    Returns
    -------
    Path
        The environment variable ``TLNB_CACHE`` where it is set, else the platform's cache folder for tlnb.
        The folder need not exist yet.
    """
    return _folder("TLNB_CACHE", "user_cache_dir")


def shared_cache_dir() -> Path | None:
    """Say which second cache folder is read and never written, as one that a teacher filled for a class.

    Returns
    -------
    Path or None
        The environment variable ``TLNB_SHARED_CACHE``; None where it is not set, or names `cache_dir` itself.
    """
    named = os.environ.get("TLNB_SHARED_CACHE")
    folder = Path(named).expanduser().absolute() if named else None
    return None if folder == cache_dir() else folder


def home_dir() -> Path:
    """Say which folder holds what is the learner's own: exercises passed, claims tested.

    Returns
    -------
    Path
        The environment variable ``TLNB_HOME`` where it is set, else the platform's data folder for tlnb.
        The folder need not exist yet.
    """
    return _folder("TLNB_HOME", "user_data_dir")


def _folder(variable: str, of_platform: str) -> Path:
    named = os.environ.get(variable)
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return Path(getattr(platformdirs, of_platform)("tlnb", appauthor=False))


def notebooks_folder() -> Path:
    """Say where the lessons and their records are: in an installed package, or in the repository installed editable.

    Raises
    ------
    FileNotFoundError
        If neither is there.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"There are no lessons in {package / 'notebooks'}: install tlnb again (pip install -U tlnb)."
    )


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Write a file or a folder so that others see the whole of it or nothing.

    The parent folder is made where it is missing. What stood at `path` before is replaced; if the block
    raises, it stays as it was and the temporary sibling is removed.

    Parameters
    ----------
    path : str or Path
        Where the result shall be.

    Yields
    ------
    Path
        A sibling of `path` that does not exist yet: write a file there, or make a folder.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with atomic_path(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}{PART}")
    try:
        yield temporary
        if temporary.is_dir() and path.exists():
            # A folder cannot be renamed onto one that holds something: the old one steps aside first.
            old = temporary.with_name(f".old{temporary.name}")
            path.rename(old)
            temporary.rename(path)
            remove(old)
        else:
            temporary.replace(path)
    finally:
        remove(temporary)


def write_json(path: str | Path, content: Any, plain: Callable[[Any], Any] | None = None) -> Path:
    """Write plain data as readable JSON, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Where to.
    content : object
        What `json` can write.
    plain : callable, optional
        Turns what `json` cannot write into what it can.

    Returns
    -------
    Path
        The file.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, default=plain)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return Path(path)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def sha256_file(path: str | Path) -> str:
    """Compute the SHA-256 of a file without holding it in memory.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(1 << 20))
    with Path(path).open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()


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
        _warn_of_no_locks(name.parent)
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


@cache
def _warn_of_no_locks(folder: Path) -> None:
    log.warning("files in %s cannot be locked: two processes that want the same may both make it.", folder)
