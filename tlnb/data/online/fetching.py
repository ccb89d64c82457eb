"""A whole set brought into the cache: fetched, unpacked, and put in place at once."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from tlnb.core.errors import DataError
from tlnb.core.files import atomic_path, cache_dir, file_lock, remove, write_json
from tlnb.data.online.archives import is_archive, unpack
from tlnb.data.online.download import Patience, download
from tlnb.data.online.sets import OnlineSet
from tlnb.data.online.stored import RECORD, find_set_folder

log = logging.getLogger("tlnb")


def fetch_set(wanted: OnlineSet, *, progress: bool = True, patience: Patience | None = None) -> Path:
    """Bring a set into ``sets/`` of the cache folder, if it is neither there nor in the shared one.

    Parameters
    ----------
    wanted : OnlineSet
        One of `tlnb.data.online.sets.online_sets`.
    progress : bool
        Show lines of it.
    patience : Patience, optional
        How long to go on trying.

    Returns
    -------
    Path
        Its folder, which is whole.

    Raises
    ------
    DataError
        It cannot be fetched, or what came cannot be trusted.
    CacheFullError
        The disk has no room for it.
    """
    folder = cache_dir() / "sets" / wanted.name
    there = find_set_folder(wanted.name)
    if there is not None:
        return there
    folder.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(folder):
        if find_set_folder(wanted.name) is None:  # another process may have brought it while we waited
            if folder.exists():
                raise DataError(f"{folder} is there and was not fetched by tlnb: move it away, and try again.")
            _bring(wanted, folder, progress, patience)
    return folder


def _bring(wanted: OnlineSet, folder: Path, progress: bool, patience: Patience | None) -> None:
    downloads = folder.parent / ".downloads" / wanted.name
    record: dict[str, Any] = {}
    for file in wanted.files:
        sha256 = download(file, downloads, progress=progress, patience=patience)
        size = (downloads / file.name).stat().st_size
        record[file.name] = {"bytes": size, "sha256": sha256, "published": file.published}
        if not file.published:
            log.info("nobody published a checksum of %s: its SHA-256 is noted, %s", file.name, sha256)
    with atomic_path(folder) as temporary:
        inside = temporary / wanted.into
        inside.mkdir(parents=True)
        packed = [file.name for file in wanted.files if is_archive(downloads / file.name) and not wanted.keep_packed]
        for name in packed:
            unpack(downloads / name, inside, progress=progress)
        for before, after in wanted.rename.items():
            (inside / before).rename(inside / after)
        for file in wanted.files:
            if file.name not in packed:  # last, so that what fails before leaves all downloads to the next try
                (downloads / file.name).replace(inside / file.name)
        write_json(temporary / RECORD, {"set": wanted.name, "files": record})
    remove(downloads)
