"""How large the cache may grow, and what goes when it has: the arrays that nobody has used for longest.

Arrays alone count, and arrays alone go: the index and notes are small, and what was downloaded, data sets and weights,
goes only where somebody names it.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from tlnb.core.cache.inventory import Stored, discard_unused, leftovers, stored_entries, unfinished_bytes
from tlnb.core.cache.stamps import last_use
from tlnb.core.files import remove, warn_once

log = logging.getLogger("tlnb")

DEFAULT_BYTES = 10_000_000_000
DEFAULT_SHARE = 0.2

_UNITS = {"": 1, "B": 1}
_UNITS |= {f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)}
_UNITS |= {f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", 1)}


def parse_bytes(text: str) -> int:
    """Read a number of bytes as people write it.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> parse_bytes("5GB"), parse_bytes("1.5 MiB"), parse_bytes("700")
    (5000000000, 1572864, 700)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if not found or found[2].upper() not in _UNITS:
        raise ValueError(f'{text!r} is no number of bytes. Write it as "5GB", "500 MB" or "2GiB".')
    return int(float(found[1]) * _UNITS[found[2].upper()])


def cache_limit(place: Path) -> int | None:
    """Say how many bytes of arrays a cache folder may hold.

    Parameters
    ----------
    place : Path
        The folder.

    Returns
    -------
    int or None
        The environment variable ``TLNB_CACHE_LIMIT``; None if it is ``none``. Without it 10 GB, or a fifth of what the
        disk has free beside the cache if that is less.
    """
    text = os.environ.get("TLNB_CACHE_LIMIT", "").strip()
    if text.lower() == "none":
        return None
    if text:
        try:
            return parse_bytes(text)
        except ValueError as error:
            warn_once("TLNB_CACHE_LIMIT is not used: %s", str(error))
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    room = shutil.disk_usage(there).free + sum(entry.bytes for entry in stored_entries(place))
    return min(DEFAULT_BYTES, int(DEFAULT_SHARE * room))


def trim(place: Path, limit: int | None, keep: Collection[Path] = ()) -> list[Stored]:
    """Remove arrays from a cache folder until it is within its limit, those not used for longest first.

    Parameters
    ----------
    place : Path
        The folder.
    limit : int or None
        In bytes; with None no array is removed. What killed processes left always is.
    keep : collection of Path
        Entries that stay, whatever their size. Those that are larger than the limit by themselves do not count: to
        remove all others would not help.

    Returns
    -------
    list of Stored
        What was removed.
    """
    for left in leftovers(place):
        remove(left)
    if limit is None:
        return []
    entries = stored_entries(place)
    total = sum(entry.bytes for entry in entries if entry.bytes <= limit or entry.path not in keep)
    total += unfinished_bytes(place)
    removed = []
    for entry in sorted(entries, key=lambda entry: (entry.bytes <= limit, entry.used)):
        if total <= limit:
            break
        if entry.path in keep or _used_since(entry):
            continue
        if discard_unused(entry.path):
            total -= entry.bytes
            removed.append(entry)
    if removed:
        log.info(
            "The cache was full: removed %d of its entries (%.1f GB) that were not used for longest",
            len(removed),
            sum(entry.bytes for entry in removed) / 1e9,
        )
    return removed


def _used_since(entry: Stored) -> bool:
    try:
        return last_use(entry.path) > entry.used
    except OSError:  # gone by now: its bytes are free
        return False
