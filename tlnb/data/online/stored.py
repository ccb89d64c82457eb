"""Sets that were fetched: where they are, and what was noted of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tlnb.core.cache import find_cached
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
