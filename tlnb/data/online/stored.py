"""Sets that were fetched: where they are, and what was noted of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tlnb.core.cache import find_cached
from tlnb.core.errors import DataError

RECORD = "tlnb.json"  # in a set's folder; written last, so that what has it is whole


def find_set_folder(name: str) -> Path | None:
    """Find a set that was fetched, in one's own cache folder or the shared one."""
    record = find_cached(Path("sets") / name / RECORD)
    return None if record is None else record.parent


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
