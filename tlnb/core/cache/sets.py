"""Data sets that were fetched into the cache folder: whole ones, and downloads that broke off.

They cost a download, so the bound of the cache neither counts nor removes them: they go only where somebody names them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tlnb.core.cache.inventory import DOWNLOADS, RECORD, SET_NAME, SETS, Stored, discard, folder_bytes, inside
from tlnb.core.cache.stamps import TOUCH_SECONDS, is_foreign
from tlnb.core.files import PART, file_lock, remove


def stored_sets(place: Path) -> list[Stored]:
    """List the fetched sets in a cache folder, and the downloads that are not whole yet; `is_whole` tells them apart.

    Their `used` is when they were last opened, or came; the bytes of a whole set are those noted when it came.
    """
    return [*_whole_sets(place / SETS), *_downloads(place / SETS / DOWNLOADS)]


def is_whole(stored: Stored) -> bool:
    """Whether this is a set, and not a part of its download."""
    return stored.path.parent.name != DOWNLOADS


def discard_set(stored: Path) -> bool:
    """Take a set, or a part of its download, away, unless it is just being fetched; False where that cannot be."""
    of_download = stored.parent.name == DOWNLOADS
    folder = (stored.parent.parent if of_download else stored.parent) / stored.name  # which its lock is named by
    try:
        with file_lock(folder, timeout=0) as locked:
            if of_download:
                remove(stored)
            elif not discard(stored):
                return False
            if locked and not folder.exists():
                remove(Path(f"{folder}.lock"))
    except OSError:  # held (TimeoutError), forbidden, or on Windows not to be removed while open
        return not stored.exists()
    return not stored.exists()


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes left of unpacking a set. Its lock has to be held."""
    for pattern in (f".{folder.name}.*{PART}", f".old.{folder.name}.*{PART}"):
        for left in folder.parent.glob(pattern):
            remove(left)


def note_set_use(folder: Path) -> None:
    """Note that a set is being opened, at most once a minute, and never in the shared cache."""
    record = folder / RECORD
    try:
        if not is_foreign(folder) and time.time() - record.stat().st_mtime > TOUCH_SECONDS:
            os.utime(record)
    except OSError:  # read-only
        pass


def _whole_sets(sets: Path) -> Iterator[Stored]:
    for folder in inside(sets, Path.is_dir):
        record = folder / RECORD
        try:
            noted = json.loads(record.read_text(encoding="utf-8"))
            if noted["set"] == folder.name:
                size = noted.get("bytes")
                size = size if isinstance(size, int) else folder_bytes(folder)
                yield Stored("sets", folder, size, record.stat().st_mtime)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # not ours
            continue


def _downloads(downloads: Path) -> Iterator[Stored]:
    for folder in inside(downloads, Path.is_dir):
        if not SET_NAME.fullmatch(folder.name) or (downloads.parent / folder.name / RECORD).is_file():
            continue  # not ours, or left behind where a set is whole
        size = folder_bytes(folder)
        try:
            if size:
                used = max(file.lstat().st_mtime for file in (folder, *inside(folder, Path.is_file)))
                yield Stored("sets", folder, size, used)
        except OSError:  # just put in place, or removed
            continue
