"""What was noted of an entry since it was made: in which states its files were compared, and when it was last used.

A stamp lies beside the files; that of an entry in the shared cache, which is never written, in one's own.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import time
from pathlib import Path
from typing import Any

from tlnb.core.files import PART, cache_dir, remove, shared_cache_dir

log = logging.getLogger("tlnb")

META, STAMP, FOREIGN = "meta.json", "stamp.json", "compared"

States = dict[str, list[int]]  # file -> bytes, modified, changed, inode

_RACY = 2_000_000_000  # nanoseconds: a file changed so shortly before may change again with equal times
TOUCH_SECONDS = 60.0


def file_states(entry: Path, names: list[str]) -> States:
    """Ask the file system what changes when a file does."""
    states = {}
    for name in names:
        now = (entry / name).stat()
        states[name] = [now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino]
    return states


def stamp(entry: Path, states: States, seen: int) -> None:
    """Note that the content of files in these states was right at this time; where that cannot be, do without."""
    place = _own_stamp(entry)
    try:
        if place.parent != entry:
            place.parent.mkdir(parents=True, exist_ok=True)
        write_beside(place, {"files": states, "seen": seen})
    except OSError as error:
        log.debug("%s was not written: %s", place, error)


def stamped(entry: Path, states: States) -> bool:
    """Say whether files in these states were compared, and had been at rest then."""
    changed = max((max(state[1:3]) for state in states.values()), default=0)

    def agrees(place: Path) -> bool:
        try:
            noted = json.loads(place.read_text(encoding="utf-8"))
            return bool(noted["files"] == states and changed + _RACY < noted["seen"])
        except (OSError, ValueError, KeyError, TypeError):
            return False

    return any(agrees(place) for place in {_own_stamp(entry), entry / STAMP})


def note_use(entry: Path) -> None:
    """Note that an entry is being used, at most once a minute."""
    place = _own_stamp(entry)
    try:
        if time.time() - place.stat().st_mtime > TOUCH_SECONDS:
            os.utime(place)
    except OSError:  # read-only, or no stamp yet
        pass


def last_use(entry: Path) -> float:
    """Say when an entry was last opened, or made, in seconds since 1970.

    Raises
    ------
    FileNotFoundError
        If the entry is gone.
    """
    try:
        return (entry / STAMP).stat().st_mtime
    except FileNotFoundError:
        return (entry / META).stat().st_mtime


def write_beside(path: Path, content: Any) -> None:
    """Write JSON into a folder that is there, whole or not at all.

    `atomic_path` would make the folder anew where another process has just removed it.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}{PART}")
    try:
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(path)
    finally:
        remove(temporary)


def is_foreign(entry: Path) -> bool:
    """Say whether an entry is in the shared cache, where nothing is to be written."""
    shared = shared_cache_dir()
    return shared is not None and shared in entry.parents


def _own_stamp(entry: Path) -> Path:
    if is_foreign(entry):
        return cache_dir() / FOREIGN / f"{hashlib.sha256(str(entry).encode()).hexdigest()}.json"
    return entry / STAMP
