"""What was copied into a learner's folder: a small file there, by which the learner's own work is told from ours.

Beside each lesson's path stands the digest of what was copied. A lesson whose content still has that digest was read
and run, but not worked on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tlnb._version import __version__
from tlnb.core.errors import TlnbError
from tlnb.core.files import write_json

NAME = ".tlnb-lessons.json"
FORMAT = 1


class CopyError(TlnbError, OSError):
    """A folder that lessons cannot be copied into."""


@dataclass(frozen=True)
class Entry:
    """What is known of one copied lesson.

    Attributes
    ----------
    copied : str or None
        Digest of what was copied; None for a file that was there before, of which nothing is known.
    tlnb : str
        The version that it was copied from.
    offered : str or None
        Digest of the last version that was put beside it, so that each is put there once.
    """

    copied: str | None
    tlnb: str
    offered: str | None = None


@dataclass
class CopyRecord:
    """The edition that a folder holds, and an entry for each lesson, by its path in the folder."""

    edition: str | None = None
    lessons: dict[str, Entry] = field(default_factory=dict)


def content_digest(notebook: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a person writes in a notebook: its cells, with their ids, tags and attachments.

    Outputs, numbers of execution and unfolded cells do not count, nor do empty cells: JupyterLab adds one when the last
    cell is run.

    Parameters
    ----------
    notebook : mapping
        A notebook of format 4, as JSON has it.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> cell = {"cell_type": "code", "id": "a", "source": ["x = 1"], "metadata": {}, "outputs": []}
    >>> ran = {**cell, "execution_count": 3, "metadata": {"trusted": True}}
    >>> content_digest({"cells": [cell]}) == content_digest({"cells": [ran, {**cell, "source": [], "id": "b"}]})
    True
    """
    cells = [
        [
            cell["cell_type"],
            cell.get("id"),
            "".join(cell["source"]),
            sorted(cell["metadata"].get("tags", [])),
            cell.get("attachments") or {},
        ]
        for cell in notebook["cells"]
        if "".join(cell["source"]).strip() or cell.get("attachments")
    ]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def digest_of_file(path: Path) -> str | None:
    """Return the content's digest of a notebook's file; None if it is no notebook (any more)."""
    try:
        return content_digest(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError, IsADirectoryError):
        return None


def load_copy_record(folder: Path) -> CopyRecord:
    """Read the record of a folder as it is; an empty one where there is none.

    Raises
    ------
    ValueError
        If it is damaged.
    CopyError
        If a later version of tlnb wrote it.
    """
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if content["format"] > FORMAT:
            raise CopyError(
                f"The lessons in {folder} were copied by tlnb {content.get('tlnb')}, and this is {__version__}. "
                "Install it again (pip install -U tlnb), or name another folder."
            )
        entries = {name: Entry(**entry) for name, entry in content["lessons"].items()}
        return CopyRecord(content["edition"], entries)
    except FileNotFoundError:
        return CopyRecord()
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def read_copy_record(folder: Path) -> tuple[CopyRecord, Path | None]:
    """Read the record of a folder; a damaged one is set aside.

    Parameters
    ----------
    folder : Path
        Where the lessons were copied.

    Returns
    -------
    record : CopyRecord
        Empty where there is none.
    aside : Path or None
        Where a damaged one lies now; None if there was none, or it is sound.

    Raises
    ------
    CopyError
        If a later version of tlnb wrote it.
    """
    try:
        return load_copy_record(folder), None
    except ValueError:
        path = folder / NAME
        return CopyRecord(), path.rename(free_name(path.with_name(f"{path.stem}.damaged.json")))


def write_copy_record(folder: Path, record: CopyRecord, version: str) -> Path:
    """Write the record of a folder, whole or not at all."""
    lessons = {name: asdict(record.lessons[name]) for name in sorted(record.lessons)}
    return write_json(folder / NAME, {"format": FORMAT, "tlnb": version, "edition": record.edition, "lessons": lessons})


def free_name(path: Path) -> Path:
    """Return a path at which nothing stands: the one given, or with a number.

    Examples
    --------
    >>> free_name(Path("nowhere/lesson.new-0.2.0.ipynb")).name
    'lesson.new-0.2.0.ipynb'
    """
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
