"""What is known of each file without decoding it: its hash, its size in pixels, or why it is no image.

An index remembers size, times and hash of each path, so that a later load reads no image at all, and still notices
when one has changed.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from tlnb.core.cache import read_notes, write_notes
from tlnb.data.colours import other_profile
from tlnb.data.opening import count_channels, is_large, open_image, read_file, reason_of, sparing
from tlnb.data.parallel import parallel

_RACY = 2_000_000_000  # nanoseconds: a file changed so shortly before may change again with equal times


@dataclass(frozen=True)
class FileRecord:
    """What is known of a file from its bytes.

    Attributes
    ----------
    bytes, modified, changed, seen : int
        Its size, and times in nanoseconds: when it changed, and when it was read.
    sha256 : str
        Of its content.
    channels, width, height : int
        1 or 3, and its sides in pixels as stored.
    profiled : bool
        Its colours are not those of sRGB, and have to be converted.
    reason : str
        Why it is no image that can be read; else empty.
    """

    bytes: int
    modified: int
    changed: int
    seen: int
    sha256: str
    channels: int
    width: int
    height: int
    profiled: bool
    reason: str


def index_files(root: Path, files: Sequence[Path], progress: bool) -> list[FileRecord]:
    """Hash files, but for those that the index of `root` knows to be as they were."""
    notes = f"index/{hashlib.sha256(os.fsencode(root)).hexdigest()}.json"
    try:
        known = {name: FileRecord(*row) for name, row in read_notes(notes).items()}
    except (TypeError, ValueError):
        known = {}
    records: dict[int, FileRecord] = {}
    for row, file in enumerate(files):
        record = known.get(str(file))
        # What could not be read is looked at again: another version of Pillow may read it.
        if record is not None and not record.reason and _as_it_was(file, record):
            records[row] = record
    new = [row for row in range(len(files)) if row not in records]
    if new:

        def look(row: int) -> None:
            records[row] = _look_at(files[row])

        parallel(look, new, "Reading files", progress and len(new) > 5000)
        write_notes(notes, {str(file): astuple(records[row]) for row, file in enumerate(files)})
    return [records[row] for row in range(len(files))]


def _as_it_was(file: Path, record: FileRecord) -> bool:
    try:
        now = file.stat()
    except OSError:
        return False
    same = (now.st_size, now.st_mtime_ns, now.st_ctime_ns) == (record.bytes, record.modified, record.changed)
    return same and max(record.modified, record.changed) + _RACY < record.seen


def _look_at(file: Path) -> FileRecord:
    seen = time.time_ns()
    with sparing(is_large(file)):
        try:
            times = file.stat()
            data = read_file(file)
        except Exception as error:
            return FileRecord(0, 0, 0, 0, "", 0, 0, 0, False, reason_of(error))
        channels, size, profiled, reason = 0, (0, 0), False, ""
        try:
            image = open_image(data)
            channels, size, profiled = count_channels(image), image.size, bool(other_profile(image))
        except Exception as error:  # a damaged header can make Pillow raise anything; the file is a problem
            reason = reason_of(error)
        digest = hashlib.sha256(data).hexdigest()
    return FileRecord(len(data), times.st_mtime_ns, times.st_ctime_ns, seen, digest, channels, *size, profiled, reason)
