"""Where cached things are: in a folder that others filled and this process only reads, and in one of its own."""

from __future__ import annotations

import atexit
import logging
import os
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from tlnb.core.files import cache_dir, file_lock, remove, shared_cache_dir

log = logging.getLogger("tlnb")

_PRIVATE = "tlnb-private-"  # how the folders are called that stand in for one that cannot be written
_ALIVE = "alive"


def places() -> list[Path]:
    """List the folders to read from: the shared one where there is one, then one's own."""
    shared = shared_cache_dir()
    return [cache_dir()] if shared is None else [shared, cache_dir()]


def find_cached(relative: str | Path) -> Path | None:
    """Find a file of the cache: one's own, else the shared one.

    Parameters
    ----------
    relative : str or Path
        Its path inside the cache folder, as ``"index/ab12.json"``.

    Returns
    -------
    Path or None
        None where neither folder has it.
    """
    there = (folder / relative for folder in reversed(places()))
    return next((path for path in there if path.exists()), None)


def writable(folder: Path) -> bool:
    """Say whether files can be made in a folder, which is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def private_folder(unwritable: Path) -> Path:
    """Give the folder that stands in for a cache folder until Python ends; the first time, make it and say so."""
    with _one_at_a_time:
        if unwritable not in _private:
            _private[unwritable] = _make_private(unwritable)
    return _private[unwritable]


_one_at_a_time = threading.Lock()
_private: dict[Path, Path] = {}


def _make_private(unwritable: Path) -> Path:
    _remove_deserted()
    folder = Path(tempfile.mkdtemp(prefix=_PRIVATE))
    living = ExitStack()
    living.enter_context(file_lock(folder / _ALIVE))  # free when this process ends, however it ends
    atexit.register(_leave, folder, living, os.getpid())
    log.warning(
        "the cache folder %s cannot be written; using %s until Python ends, so the work is done anew next "
        "time. Set TLNB_CACHE to a folder of your own to keep it.",
        unwritable,
        folder,
    )
    return folder


def _leave(folder: Path, living: ExitStack, owner: int) -> None:
    if os.getpid() == owner:  # a forked child that ends leaves its parent what it needs
        living.close()
        remove(folder)


def _remove_deserted() -> None:
    """Remove the private folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PRIVATE}*"):
        try:
            if time.time() - folder.lstat().st_mtime < 60 or folder.is_symlink():
                continue  # another process may be about to lock it
            with file_lock(folder / _ALIVE, timeout=0) as deserted:
                pass
            if deserted:
                remove(folder)
        except OSError:  # alive (TimeoutError), somebody else's, or gone by now
            continue
