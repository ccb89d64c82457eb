"""One entry of the cache: a folder of ``.npy`` files with a ``meta.json`` that says what must be in them.

The sizes of the files are compared at every open. Their content is compared with its SHA-256 when an entry is first
opened, and again whenever size, times or inode of a file are not those that were noted after the last comparison: a
change of one bit is found, and gigabytes are not read at each start.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tlnb.core.cache.stamps import META, States, file_states, is_foreign, note_use, stamp, stamped, write_beside
from tlnb.core.files import sha256_file

log = logging.getLogger("tlnb")

NAME = re.compile(r"[0-9a-f]{64}")

_TELL_BYTES = 1_000_000_000

_compared: dict[Path, States] = {}  # by this process


class DamagedEntryError(Exception):
    """An entry that is not what was stored. Says which file, and how it differs."""


def plain(value: Any) -> Any:
    """Give a value as it is once it has been JSON: a tuple is a list then."""
    return json.loads(json.dumps(value))


def entry_name(key: Mapping[str, Any]) -> str:
    """Give the name of the entry for a key: the SHA-256 of its JSON.

    Examples
    --------
    >>> entry_name({"size": 3})[:8] == entry_name({"size": 3})[:8] != entry_name({"size": 4})[:8]
    True
    """
    return _digest(plain(key))


def seal(folder: Path, key: Mapping[str, Any], meta: dict[str, Any]) -> None:
    """Write ``meta.json`` for the files in a folder, and wait until all is on the disk.

    Without the wait a loss of power may leave files of the right size, full of zeros.
    """
    files = {}
    for file in sorted(folder.glob("*.npy")):
        _flush(file)
        files[file.name] = {"bytes": file.stat().st_size, "sha256": sha256_file(file)}
    write_record(folder, key, meta, files)


def write_record(folder: Path, key: Mapping[str, Any], meta: Mapping[str, Any], files: Mapping[str, Any]) -> None:
    """Write an entry's ``meta.json``, and wait until it is on the disk.

    Parameters
    ----------
    folder : Path
        Of the entry, or what will be it.
    key, meta : mapping
        What it was made from, and what is kept beside its arrays.
    files : mapping
        Bytes and SHA-256 of those files that do not change.
    """
    record = plain({"key": dict(key), "meta": dict(meta), "files": dict(files)})
    write_beside(folder / META, record | {"sha256": _digest(record)})
    _flush(folder / META)


def trust(entry: Path) -> None:
    """Take an entry for compared that this process has just made."""
    try:
        states, seen = file_states(entry, list(read_record(entry)["files"])), time.time_ns()
    except (OSError, DamagedEntryError):
        return  # another process was faster to remove it: the open that follows will see
    _compared[entry] = states
    stamp(entry, states, seen)


def open_entry(entry: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Open an entry, memory-mapped copy-on-write, after what comparison it needs.

    Returns
    -------
    tuple or None
        The arrays by name, and what was kept beside them; None where there is no such entry.

    Raises
    ------
    DamagedEntryError
        If it is not what was stored.
    OSError
        If it cannot be read.
    """
    try:
        record = read_record(entry)
        compare(entry, record)
        names = record.get("files") or [file.name for file in entry.glob("*.npy")]
        arrays = {Path(name).stem: np.load(entry / name, mmap_mode="c") for name in sorted(names)}
    except FileNotFoundError as error:
        if (entry / META).exists():
            raise DamagedEntryError(f"{Path(error.filename).name} is missing") from error
        return None
    except (ValueError, EOFError) as error:
        raise DamagedEntryError(str(error)) from error
    if "files" not in record and not is_foreign(entry):
        _give_checksums(entry, record)
    note_use(entry)
    return arrays, record["meta"]


def read_record(entry: Path) -> dict[str, Any]:
    """Read an entry's ``meta.json`` and check it against itself and the entry's name.

    Raises
    ------
    DamagedEntryError
        If it is not what was written. Those of the first versions of tlnb, which have no checksums, pass.
    FileNotFoundError
        If it is not there.
    """
    try:
        record = json.loads((entry / META).read_text(encoding="utf-8"))
        right = entry_name(record["key"]) == entry.name and "meta" in record
        if "files" in record or "sha256" in record:
            right = right and record.pop("sha256") == _digest(record)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        right = False
    if not right:
        raise DamagedEntryError(f"{META} is not what was written")
    return record


def compare(entry: Path, record: dict[str, Any], thoroughly: bool = False) -> None:
    """Compare an entry's files with what ``meta.json`` says of them.

    Parameters
    ----------
    entry : Path
        Its folder.
    record : dict
        From `read_record`. Where it has no checksums, nothing is compared.
    thoroughly : bool
        Read the content even if nothing has changed since it was last read.

    Raises
    ------
    DamagedEntryError
        If a file differs.
    """
    said = record.get("files")
    if not said:
        return
    now = file_states(entry, list(said))
    for name, file in said.items():
        if now[name][0] != file["bytes"]:
            raise DamagedEntryError(f"{name} has {now[name][0]:,} of {file['bytes']:,} bytes")
    if not thoroughly and (_compared.get(entry) == now or stamped(entry, now)):
        return
    size, seen = sum(file["bytes"] for file in said.values()), time.time_ns()
    if size >= _TELL_BYTES:
        log.info("Comparing %.1f GB of the cache with their checksums", size / 1e9)
    for name, file in said.items():
        if sha256_file(entry / name) != file["sha256"]:
            raise DamagedEntryError(f"{name} has another SHA-256 than was stored")
    _compared[entry] = now
    stamp(entry, now, seen)


def _give_checksums(entry: Path, record: dict[str, Any]) -> None:
    """Take an entry of the first versions as it is from now on; where it cannot be written it stays as it was."""
    try:
        seal(entry, record["key"], record["meta"])
    except OSError as error:
        log.debug("%s has no checksums yet: %s", entry, error)
    else:
        trust(entry)


def _digest(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _flush(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())
