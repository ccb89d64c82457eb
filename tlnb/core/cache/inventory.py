"""What is in a cache folder, and how it is taken away: entries of arrays, notes, and what killed processes left.

A cache folder may by mistake be one with files of the user's own. What is ours is known by its whole form, never by its
place alone, and nothing else is counted or removed.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tlnb.core.cache.entry import NAME
from tlnb.core.cache.stamps import FOREIGN, META, STAMP, last_use
from tlnb.core.files import PART, file_lock, remove

_LEFT = re.compile(rf"(?:\.old)?\.(?P<name>.+)\.[0-9a-f]{{12}}{re.escape(PART)}")  # what atomic writes leave if killed
_NOTES = re.compile(r"(?:memory_formats|frozen_seconds)\.json|models/parameters_timm_\S+_torchvision_\S+\.json")
SETS, DOWNLOADS = "sets", ".downloads"  # the folder of the data sets that were fetched, and what is there on the way
RECORD = "tlnb.json"  # in a set's folder; written last, so that what has it is whole
SET_NAME = re.compile(r"[a-z0-9_]+")
_OLD_SECONDS = 24 * 3600.0  # no write of a note takes as long

# Kinds that are no arrays -> what they are.
OTHER_KINDS = {
    "index": "which files were seen, and their checksums",
    "notes": "measured choices, counted parameters",
    "weights": "fetched weights of models",
    "sets": "fetched data sets, which the limit does not touch",
    "leftovers": "what killed processes left",
}


@dataclass(frozen=True)
class Stored:
    """Something in the cache: its kind, where it is, how large, and when it was last used (seconds since 1970)."""

    kind: str
    path: Path
    bytes: int
    used: float


def stored_entries(place: Path) -> list[Stored]:
    """List the arrays in a cache folder."""
    entries = [entry for kind in inside(place, Path.is_dir) for entry in inside(kind, Path.is_dir)]
    there = (_stored(entry.parent.name, entry) for entry in entries if NAME.fullmatch(entry.name))
    return [entry for entry in there if entry is not None]


def stored_files(place: Path) -> list[Stored]:
    """List the rest of what is ours in a cache folder: index, notes, and what killed processes left."""
    found = [
        ("index", path)
        for folder in ("index", FOREIGN)
        for path in inside(place / folder, Path.is_file)
        if path.suffix == ".json" and NAME.fullmatch(path.stem)
    ]
    there = [*inside(place, Path.is_file), *inside(place / "models", Path.is_file)]
    found += [("notes", path) for path in there if _NOTES.fullmatch(path.relative_to(place).as_posix())]
    found += [("leftovers", path) for path in leftovers(place)]
    rows = (_stored(kind, path) for kind, path in found)
    return [row for row in rows if row is not None]


def discard(entry: Path) -> bool:
    """Take an entry away at once, whoever reads it; False where that cannot be.

    It is renamed first, so that nobody sees half of it. Mappings of its files stay good; but what is mapped cannot be
    renamed on Windows.
    """
    aside = entry.with_name(f".old.{entry.name}.{secrets.token_hex(6)}{PART}")
    try:
        entry.rename(aside)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    remove(aside)
    return True


def discard_unused(entry: Path) -> bool:
    """Take an entry away with its lock, unless it is just being made; False where that cannot be."""
    try:
        with file_lock(entry, timeout=0) as locked:
            if not discard(entry):
                return False
            if locked:  # whoever waits for it opens it anew at each try
                remove(Path(f"{entry}.lock"))
    except OSError:  # held (TimeoutError), forbidden, or on Windows not to be removed while open
        return not entry.exists()
    return True


def leftovers(place: Path) -> Iterator[Path]:
    """Find what killed processes left: unfinished and half removed entries and sets, files half written, idle locks."""
    for folder in (place, *inside(place, Path.is_dir)):
        for path in inside(folder, Path.exists):
            left = _LEFT.fullmatch(path.name)
            name = left["name"] if left else path.name.removesuffix(".lock")
            if NAME.fullmatch(name):
                of_nothing = left or (name != path.name and not (folder / name).exists())
                given_up = of_nothing and _is_nobodys(folder / name, path)
            elif left and folder == place / SETS and SET_NAME.fullmatch(name):
                given_up = _is_nobodys(folder / name, path)
            else:
                given_up = left and _is_note(folder / name, place) and _is_old(path)
            if given_up:
                yield path
    for path in inside(place / SETS / DOWNLOADS, Path.is_dir):
        whole = place / SETS / path.name
        if (whole / RECORD).is_file() and _is_nobodys(whole, path):
            yield path


def unfinished_bytes(place: Path) -> int:
    """Add up the arrays that are just being made in a cache folder."""
    parts = [path for kind in inside(place, Path.is_dir) for path in inside(kind, Path.is_dir)]
    found = ((path, _LEFT.fullmatch(path.name)) for path in parts)
    return sum(folder_bytes(path) for path, left in found if left and NAME.fullmatch(left["name"]))


def folder_bytes(path: Path) -> int:
    """Add up the bytes of a file, or of the files in a folder; what is removed meanwhile has none."""

    def size(file: Path) -> int:
        try:
            return file.lstat().st_size
        except OSError:
            return 0

    # Not by rglob, which fails for a folder that another process takes away.
    return (
        size(path) if path.is_file() else sum(size(Path(at, name)) for at, _, names in os.walk(path) for name in names)
    )


def _is_entry(entry: Path) -> bool:
    """Whether a folder has the form of an entry, damaged or whole, and holds nothing else."""
    names = {file.name for file in entry.iterdir()}
    known = {name for name in names if name in {META, STAMP} or name.endswith(".npy") or _LEFT.fullmatch(name)}
    return META in names and names == known


def _stored(kind: str, path: Path) -> Stored | None:
    """Look at something of a kind; None where it is gone, not for us, or in an entry's place and none."""
    try:
        if kind in OTHER_KINDS:
            return Stored(kind, path, folder_bytes(path), path.stat().st_mtime)
        return Stored(kind, path, folder_bytes(path), last_use(path)) if _is_entry(path) else None
    except OSError:
        return None


def _is_note(path: Path, place: Path) -> bool:
    inside = path.relative_to(place).as_posix()
    of_index = path.parent.name in {"index", FOREIGN} and path.suffix == ".json" and NAME.fullmatch(path.stem)
    return bool(_NOTES.fullmatch(inside) or of_index)


def _is_nobodys(entry: Path, left: Path) -> bool:
    """Whether no process is at work on an entry: its lock is free. Where there are no locks, a day must do."""
    if not Path(f"{entry}.lock").exists():
        return _is_old(left)
    try:
        with file_lock(entry, timeout=0) as locked:
            return locked or _is_old(left)
    except OSError:
        return False


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > _OLD_SECONDS
    except OSError:
        return False


def inside(folder: Path, kind: Callable[[Path], bool]) -> list[Path]:
    """List what is in a folder, links aside; nothing where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if kind(path) and not path.is_symlink())
    except OSError:
        return []
