"""Files that are whole or not there at all: where they are kept, atomic writes, checksums."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tlnb.core.locks import file_lock as file_lock
from tlnb.core.locks import warn_once as warn_once

PART = ".part"  # the ending of temporary siblings; nothing that ends so is ever read


def cache_dir() -> Path:
    """Say which folder holds what is costly to make twice: decoded images, features, fetched weights.

    Returns
    -------
    Path
        The environment variable ``TLNB_CACHE`` where it is set, else the platform's cache folder for tlnb.
        The folder need not exist yet.
    """
    return _folder("TLNB_CACHE", "user_cache_dir")


def shared_cache_dir() -> Path | None:
    """Say which second cache folder is read and never written, as one that a teacher filled for a class.

    Returns
    -------
    Path or None
        The environment variable ``TLNB_SHARED_CACHE``; None where it is not set, or names `cache_dir` itself.
    """
    named = os.environ.get("TLNB_SHARED_CACHE")
    folder = Path(named).expanduser().absolute() if named else None
    return None if folder == cache_dir() else folder


def home_dir() -> Path:
    """Say which folder holds what is the learner's own: exercises passed, claims tested.

    Returns
    -------
    Path
        The environment variable ``TLNB_HOME`` where it is set, else the platform's data folder for tlnb.
        The folder need not exist yet.
    """
    return _folder("TLNB_HOME", "user_data_dir")


def _folder(variable: str, of_platform: str) -> Path:
    named = os.environ.get(variable)
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return Path(getattr(platformdirs, of_platform)("tlnb", appauthor=False))


def notebooks_folder() -> Path:
    """Say where the lessons and their records are: in an installed package, or in the repository installed editable.

    Raises
    ------
    FileNotFoundError
        If neither is there.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"There are no lessons in {package / 'notebooks'}: install tlnb again (pip install -U tlnb)."
    )


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Write a file or a folder so that others see the whole of it or nothing.

    The parent folder is made where it is missing. What stood at `path` before is replaced; if the block
    raises, it stays as it was and the temporary sibling is removed.

    Parameters
    ----------
    path : str or Path
        Where the result shall be.

    Yields
    ------
    Path
        A sibling of `path` that does not exist yet: write a file there, or make a folder.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with atomic_path(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}{PART}")
    try:
        yield temporary
        if temporary.is_dir() and path.exists():
            # A folder cannot be renamed onto one that holds something: the old one steps aside first.
            old = temporary.with_name(f".old{temporary.name}")
            path.rename(old)
            temporary.rename(path)
            remove(old)
        else:
            temporary.replace(path)
    finally:
        remove(temporary)


def write_json(path: str | Path, content: Any, plain: Callable[[Any], Any] | None = None) -> Path:
    """Write plain data as readable JSON, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Where to.
    content : object
        What `json` can write.
    plain : callable, optional
        Turns what `json` cannot write into what it can.

    Returns
    -------
    Path
        The file.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, default=plain)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return Path(path)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def sha256_file(path: str | Path) -> str:
    """Compute the SHA-256 of a file without holding it in memory.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(1 << 20))
    with Path(path).open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()
