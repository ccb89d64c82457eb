"""The store of arrays that all lessons and processes share.

An entry is a folder of ``.npy`` files and a ``meta.json``, named by the content it was made from, so that
it is never out of date. It is made in a temporary folder and renamed, under a lock: many may ask, one works.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tlnb.core.files import PART, atomic_path, cache_dir, file_lock, remove

log = logging.getLogger("tlnb")


def cached_arrays(
    kind: str, key: Mapping[str, Any], make: Callable[[Path], dict[str, Any]]
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Open arrays from the cache, or make them once.

    Parameters
    ----------
    kind : str
        A sub-folder of the cache, such as ``"images"``.
    key : mapping
        Everything that the result depends on, as plain JSON values.
    make : callable
        Given an empty folder, writes ``*.npy`` files into it and returns a dict of plain JSON values to keep
        beside them. Called only if the entry is missing or damaged.

    Returns
    -------
    arrays : dict of str to ndarray
        By file name without its ending, memory-mapped copy-on-write: writing into them changes no file.
    meta : dict
        What `make` returned.

    Notes
    -----
    A cache folder that cannot be written is no error: what it holds is used, and what it lacks is made in a
    private folder that is removed when Python ends.
    """
    name = hashlib.sha256(json.dumps(key, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    entry = cache_dir() / kind / name
    found = _open(entry)
    if found is None and not _writable(entry.parent):
        entry = _private_folder(cache_dir()) / kind / name
        entry.parent.mkdir(parents=True, exist_ok=True)
        found = _open(entry)
    if found is not None:
        return found
    with file_lock(entry):
        found = _open(entry)  # another process may have made it while this one waited
        if found is None:
            for leftover in entry.parent.glob(f".*{name}.*{PART}"):
                remove(leftover)  # we hold the lock, so whoever made this was killed
            with atomic_path(entry) as temporary:
                temporary.mkdir()
                meta = make(temporary)
                record = json.dumps({"key": dict(key), "meta": meta})
                (temporary / "meta.json").write_text(record, encoding="utf-8")
            found = _open(entry)
    if found is None:
        raise OSError(f"the cache entry {entry} cannot be read back. Is the disk full? Delete it and try again.")
    return found


def _open(entry: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Open an entry; None where it is missing, damaged or forbidden."""
    try:
        meta = json.loads((entry / "meta.json").read_text(encoding="utf-8"))["meta"]
        return {file.stem: np.load(file, mmap_mode="c") for file in sorted(entry.glob("*.npy"))}, meta
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        log.debug("cache entry %s cannot be used: %s", entry, error)
        return None


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@cache  # one private folder, and one warning, for each cache folder that cannot be written
def _private_folder(unwritable: Path) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tlnb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    log.warning(
        "the cache folder %s cannot be written; using %s until Python ends, so the work is done anew next "
        "time. Set TLNB_CACHE to a folder of your own to keep it.",
        unwritable,
        folder,
    )
    return folder
