"""Short notes in the cache: JSON objects of names and what was found out about them, read from the shared cache too."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from tlnb.core.cache.places import places
from tlnb.core.files import atomic_path, cache_dir, file_lock

log = logging.getLogger("tlnb")

_LOCK_SECONDS = 5.0  # a write takes milliseconds; a lock that lasts longer is stuck


def read_notes(relative: str) -> dict[str, Any]:
    """Read notes: those of the shared cache, and over them one's own.

    Parameters
    ----------
    relative : str
        Path inside the cache folder, as ``"memory_formats.json"``.

    Returns
    -------
    dict
        Empty where there are none; what is damaged is left out.
    """
    notes: dict[str, Any] = {}
    for place in places():
        try:
            found = json.loads((place / relative).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            notes |= found
    return notes


def add_notes(relative: str, new: Mapping[str, Any]) -> dict[str, Any]:
    """Add notes to those that are there. What another process has noted meanwhile stays.

    Parameters
    ----------
    relative : str
        Path inside the cache folder.
    new : mapping
        Plain JSON values by name.

    Returns
    -------
    dict
        All notes, as every process reads them now. Where the cache cannot be written, as they would be.
    """
    path = cache_dir() / relative
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(path, timeout=_LOCK_SECONDS):
            notes = {**new, **read_notes(relative)}
            write_notes(relative, notes)
    except OSError as error:
        log.debug("%s was not written: %s", path, error)
        notes = {**new, **read_notes(relative)}
    return notes


def write_notes(relative: str, notes: Mapping[str, Any]) -> None:
    """Write notes in place of one's own; a cache that cannot be written costs time, no error.

    Parameters
    ----------
    relative : str
        Path inside the cache folder.
    notes : mapping
        Plain JSON values by name.
    """
    path = cache_dir() / relative
    text = json.dumps(dict(notes), indent=1)
    try:
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        log.debug("%s was not written: %s", path, error)
