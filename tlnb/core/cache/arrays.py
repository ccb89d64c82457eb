"""The store of arrays that all lessons and processes share.

An entry is named by the content it was made from, so that it is never out of date. It is made in a temporary folder
and renamed, under a lock: many may ask, one works.
"""

from __future__ import annotations

import atexit
import errno
import logging
import os
import secrets
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tlnb.core.cache.bound import cache_limit, trim
from tlnb.core.cache.entry import DamagedEntryError, entry_name, open_entry, seal, trust
from tlnb.core.cache.inventory import discard, folder_bytes
from tlnb.core.cache.places import places, private_folder, writable
from tlnb.core.cache.room import said_when_full
from tlnb.core.files import PART, cache_dir, file_lock, remove

log = logging.getLogger("tlnb")

Found: TypeAlias = tuple[dict[str, np.ndarray], dict[str, Any]]

_TELL_SECONDS = 10.0
_one_at_a_time = threading.Lock()
_mapped: weakref.WeakKeyDictionary[Any, Path] = weakref.WeakKeyDictionary()  # this process's mappings -> their entry


def cached_arrays(kind: str, key: Mapping[str, Any], make: Callable[[Path], dict[str, Any]]) -> Found:
    """Open arrays from the cache, or make them once.

    Parameters
    ----------
    kind : str
        A sub-folder of the cache, such as ``"images"``.
    key : mapping
        Everything that the result depends on, as plain JSON values.
    make : callable
        Given an empty folder, writes ``*.npy`` files into it (large ones by `new_array`) and returns a dict of plain
        JSON values to keep beside them. Called only if the entry is missing or damaged.

    Returns
    -------
    arrays : dict of str to ndarray
        By file name without its ending, memory-mapped copy-on-write: writing into them changes no file.
    meta : dict
        What `make` returned.

    Raises
    ------
    CacheFullError
        If the disk has no room for what is made.

    Notes
    -----
    It is looked for in ``TLNB_SHARED_CACHE`` first, which is never written, then in ``TLNB_CACHE``. A cache folder that
    cannot be written is no error: what it holds is used, and what it lacks is made in a private folder that is removed
    when Python ends. Where the cache has grown beyond ``TLNB_CACHE_LIMIT``, what was not used for longest goes.
    """
    name = entry_name(key)
    for place in places():
        found = _open(place / kind / name, tell=True)
        if found is not None:
            return found
    place = cache_dir()
    if not writable(place / kind):
        place = private_folder(place)
    found = _make_once(place / kind / name, key, make)
    if found is None:
        place = private_folder(cache_dir())  # a damaged entry that this process may not remove stands in the way
        found = _make_once(place / kind / name, key, make)
    if found is None:
        raise OSError(f"the cache entry {place / kind / name} cannot be read back. Set TLNB_CACHE to another folder.")
    return found


def _make_once(entry: Path, key: Mapping[str, Any], make: Callable[[Path], dict[str, Any]]) -> Found | None:
    """Make an entry, unless another process did so while this one waited; None where it cannot be put in place."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    with said_when_full(entry.parent), _alone(entry) as locked:
        for _ in range(3):  # another process may remove what is just made, to keep within its bound
            found = _open(entry, tell=False)
            if found is not None:
                return found
            if locked:
                for leftover in entry.parent.glob(f".*{entry.name}.*{PART}"):
                    remove(leftover)  # we hold the lock, so whoever made this was killed
                if not discard(entry):
                    return None
            _make(entry, key, make)
    return None


def _make(entry: Path, key: Mapping[str, Any], make: Callable[[Path], dict[str, Any]]) -> None:
    place = entry.parent.parent
    temporary = entry.with_name(f".{entry.name}.{secrets.token_hex(6)}{PART}")
    try:
        with said_when_full(temporary):
            temporary.mkdir()
            seal(temporary, key, make(temporary))
        size = folder_bytes(temporary)
        if not _put_in_place(temporary, entry):
            return
    finally:
        remove(temporary)
    trust(entry)
    try:
        limit = cache_limit(place)
        if limit is not None and size > limit:
            _keep_for_now(entry, size, limit)
        trim(place, limit, keep=mapped_entries(entry))
    except OSError as error:  # the bound can wait; what was made must not be lost for it
        log.debug("%s was not brought within its bound: %s", place, error)


def _put_in_place(temporary: Path, entry: Path) -> bool:
    """Rename what was made; False where, without locks, another process was faster."""
    for _ in range(3):
        try:
            temporary.rename(entry)
            return True
        except OSError as error:  # noqa: PERF203, three times at most
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) and not entry.exists():
                raise
            if _open(entry, tell=False) is not None or not discard(entry):
                return False
    return False


def _open(entry: Path, tell: bool) -> Found | None:
    """Open an entry; None where it is missing, forbidden or damaged, which is told."""
    try:
        found = open_entry(entry)
    except DamagedEntryError as error:
        if tell:
            log.warning("the cache entry %s is damaged (%s): it is made again.", entry, error)
        return None
    except OSError as error:
        log.debug("the cache entry %s cannot be used: %s", entry, error)
        return None
    hold_mapped(entry, found[0].values() if found else ())
    return found


def hold_mapped(entry: Path, arrays: Iterable[np.ndarray]) -> None:
    """Note that this process has an entry's arrays mapped, as long as it has."""
    for array in arrays:
        mapping = getattr(array, "_mmap", None)
        if mapping is not None:
            with _one_at_a_time:
                _mapped[mapping] = entry


def mapped_entries(entry: Path) -> set[Path]:
    """Return the entries that this process may not remove: those that it has mapped, and this one."""
    with _one_at_a_time:  # another thread may be opening one
        return {entry, *_mapped.values()}


@contextmanager
def _alone(entry: Path) -> Iterator[bool]:
    """Keep other makers of an entry out; say so where one of them takes long."""
    with ExitStack() as stack:
        try:
            locked = stack.enter_context(file_lock(entry, timeout=_TELL_SECONDS))
        except TimeoutError:
            log.info("Another process is making %s in the cache: waiting for it", entry.parent.name)
            locked = stack.enter_context(file_lock(entry))
        yield locked


@cache  # told once for each entry
def _keep_for_now(entry: Path, size: int, limit: int) -> None:
    log.warning(
        "%s in the cache (%.1f GB) is larger than the cache may be (%.1f GB): it is kept until Python ends. To keep "
        "it longer, set TLNB_CACHE_LIMIT to more.",
        entry.parent.name,
        size / 1e9,
        limit / 1e9,
    )
    atexit.register(_drop, entry, os.getpid())


def _drop(entry: Path, owner: int) -> None:
    if os.getpid() == owner:  # not at the end of a forked child
        _mapped.clear()
        discard(entry)
