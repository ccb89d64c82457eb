"""Sets that were fetched: where they are, and what was noted of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tlnb.core.cache import find_cached, read_notes, write_notes
from tlnb.core.cache.inventory import RECORD, SETS
from tlnb.core.errors import DataError


def find_set_folder(name: str) -> Path | None:
    """Find a set that was fetched, in one's own cache folder or the shared one."""
    record = find_cached(Path(SETS) / name / RECORD)
    return None if record is None else record.parent


def mark_of(name: str) -> str:
    """Give a word that a fetched set is known by: another after another download; empty where it is not here."""
    folder = find_set_folder(name)
    try:
        return (
            "" if folder is None else hashlib.sha256(os.fsencode(folder) + (folder / RECORD).read_bytes()).hexdigest()
        )
    except OSError:
        return ""


def noted_digest(mark: str) -> str:
    """Give the SHA-256 over the hashes of a fetched set's files, as it was noted; empty where it was not yet."""
    return str(read_notes(_digest_notes(mark)).get("digest", ""))


def note_digest(mark: str, digest: str) -> None:
    """Note it: a set may have 100,000 files, and who asks for it should not have to list them."""
    if noted_digest(mark) != digest:
        write_notes(_digest_notes(mark), {"digest": digest})


def _digest_notes(mark: str) -> str:
    return f"index/{hashlib.sha256(f'digest of {mark}'.encode()).hexdigest()}.json"


def read_record(folder: Path) -> dict[str, Any]:
    """Read what was noted of the files that a set was made from: name -> bytes, SHA-256, whether it was compared.

    Raises
    ------
    DataError
        It cannot be read.
    """
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return {str(name): dict(about) for name, about in record["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{folder} is damaged ({error}): remove it, and fetch it again.") from error


@contextmanager
def said_when_damaged(name: str, folder: Path) -> Iterator[None]:
    """Turn what reading damaged files raises, which can be anything, into an error that says what to do."""
    try:
        yield
    except (DataError, MemoryError):
        raise
    except Exception as error:
        raise damaged(name, folder, str(error)) from error


def damaged(name: str, folder: Path, reason: str) -> DataError:
    """Say that a set is not whole any more, and what to do."""
    return DataError(f"{name} in {folder} is damaged ({reason}): remove that folder, then  tlnb data fetch {name}")
