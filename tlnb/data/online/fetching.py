"""A whole set brought into the cache: fetched, unpacked, and put in place at once."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from tlnb.core.cache.inventory import DOWNLOADS, RECORD, SETS, folder_bytes
from tlnb.core.cache.sets import remove_unfinished
from tlnb.core.errors import DataError
from tlnb.core.files import atomic_path, cache_dir, file_lock, remove, write_json
from tlnb.data.online.archives import is_archive, unpack
from tlnb.data.online.arrays import note_labels, what_is_missing
from tlnb.data.online.download import Patience, download
from tlnb.data.online.firsts import compare_with_first
from tlnb.data.online.sets import OnlineSet
from tlnb.data.online.stored import find_set_folder

log = logging.getLogger("tlnb")


def fetch_set(
    wanted: OnlineSet, *, progress: bool = True, patience: Patience | None = None, accept_changed: bool = False
) -> Path:
    """Bring a set into ``sets/`` of the cache folder, if it is neither there nor in the shared one.

    Parameters
    ----------
    wanted : OnlineSet
        One of `tlnb.data.online.sets.online_sets`.
    progress : bool
        Show lines of it.
    patience : Patience, optional
        How long to go on trying.
    accept_changed : bool
        Take files that nobody published a checksum of even if they are others than when they first came.

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
    folder = cache_dir() / SETS / wanted.name
    there = find_set_folder(wanted.name)
    if there is not None:
        return there
    folder.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(folder):
        if find_set_folder(wanted.name) is None:  # another process may have brought it while we waited
            if folder.exists():
                raise DataError(f"{folder} is there and was not fetched by tlnb: move it away, and try again.")
            if missing := what_is_missing(wanted):
                log.warning("%s", missing)  # now, and not after gigabytes
            remove_unfinished(folder)
            downloads = folder.parent / DOWNLOADS / wanted.name
            record: dict[str, Any] = {}
            for file in wanted.files:
                sha256 = download(file, downloads, progress=progress, patience=patience)
                if not file.published:
                    compare_with_first(wanted.name, downloads / file.name, sha256, accept=accept_changed)
                size = (downloads / file.name).stat().st_size
                record[file.name] = {"bytes": size, "sha256": sha256, "published": file.published}
            _put_in_place(wanted, downloads, folder, record, progress)
            remove(downloads)
    return folder


def _put_in_place(wanted: OnlineSet, downloads: Path, folder: Path, record: dict[str, Any], progress: bool) -> None:
    """Unpack what was downloaded, and give the set its folder, whole."""
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
        note_labels(wanted, temporary)
        about = {"set": wanted.name, "files": record, "bytes": folder_bytes(temporary)}
        write_json(temporary / RECORD, about)
