"""What was read out of a file is kept until the file changes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value")


def by_stamp(read: Callable[[Path], Value]) -> Callable[[Path], Value]:
    """Keep what a function read out of a file, for as long as time, size and number of the file stay the same.

    Parameters
    ----------
    read : callable
        Gets a path, and returns a value that nobody changes. Its errors are not kept.

    Returns
    -------
    callable
        The same function; OSError where the file is not there. Any thread may call it.

    Examples
    --------
    >>> import tempfile
    >>> note = Path(tempfile.mkdtemp()) / "note.txt"
    >>> _ = note.write_text("one")
    >>> asked = []
    >>> length = by_stamp(lambda path: asked.append(path) or len(path.read_text()))
    >>> length(note), length(note), len(asked)
    (3, 3, 1)
    """
    kept: dict[Path, tuple[tuple[int, int, int], Value]] = {}

    @functools.wraps(read)
    def found(path: Path) -> Value:
        about = path.stat()  # before it is read: what changes meanwhile is read again the next time
        stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
        there = kept.get(path)
        if there is None or there[0] != stamp:
            there = kept[path] = (stamp, read(path))
        return there[1]

    return found
