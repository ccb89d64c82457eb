"""What files without a published checksum were when they first came: the next time, they are compared with that.

The notes are kept with the learner's own things, not in the cache: most often a set is fetched again because the cache
was removed.
"""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

from tlnb.core.errors import DataError
from tlnb.core.files import file_lock, home_dir, write_json

log = logging.getLogger("tlnb")

_LOCK_SECONDS = 5.0


def compare_with_first(name: str, file: Path, sha256: str, *, accept: bool) -> None:
    """Compare a file with the one that came first under its name, and note it where none did.

    Parameters
    ----------
    name : str
        Of its set.
    file : Path
        What came.
    sha256 : str
        Of its content.
    accept : bool
        Take another file than the first, and note that one from now on.

    Raises
    ------
    DataError
        It is another file. Says both checksums, and how to take it all the same.
    """
    first = _noted().get(f"{name}/{file.name}")
    if first is None:
        log.info("nobody published a checksum of %s: its SHA-256 is noted, %s", file.name, sha256)
    elif first["sha256"] == sha256:
        return
    elif accept:
        log.warning(
            "%s is another file than that of %s and is taken for it: what was measured on the first may not be seen "
            "again. Its SHA-256 was %s, now it is %s.",
            *(file.name, first["day"], first["sha256"], sha256),
        )
    else:
        raise DataError(
            f"{file.name} is not the file that was fetched here on {first['day']}: its SHA-256 was {first['sha256']}, "
            f"now it is {sha256}. Nobody published one, so its publisher may have changed it, or somebody on the way "
            f"did. It waits in {file.parent}. To take it, run  tlnb data fetch {name} --accept-changed ; to fetch it "
            f"once more, as from another network, run  tlnb cache clear sets {name}  first."
        )
    _note(f"{name}/{file.name}", {"sha256": sha256, "day": time.strftime("%Y-%m-%d")})


def _path() -> Path:
    return home_dir() / "fetched.json"


def _noted() -> dict[str, dict[str, str]]:
    """Read the notes; what is damaged is left out."""
    try:
        notes: Any = json.loads(_path().read_text(encoding="utf-8"))
        return {file: about for file, about in notes.items() if {"sha256", "day"} <= set(about)}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _note(file: str, about: dict[str, str]) -> None:
    """Add a note; a folder that cannot be written costs the next comparison, not this download."""
    try:
        _path().parent.mkdir(parents=True, exist_ok=True)
        with file_lock(_path(), timeout=_LOCK_SECONDS):
            write_json(_path(), _noted() | {file: about})
    except OSError as error:
        log.warning("%s could not be written (%s): the next download has nothing to compare with.", _path(), error)
