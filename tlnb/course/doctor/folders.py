"""Whether the folders that tlnb writes into can be written: the cache, and what is the learner's own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tlnb.course.doctor.finding import Finding, broken, good, in_gigabytes, warning
from tlnb.course.doctor.machine import nearest


def check_cache() -> Finding:
    """Say where the cache is, whether it can be written, and how large it may grow."""
    from tlnb.core.cache.bound import cache_limit, parse_bytes
    from tlnb.core.files import cache_dir, shared_cache_dir

    place, shared = cache_dir(), shared_cache_dir()
    reason = why_not_writable(place)
    if reason:
        return warning(
            "cache",
            f"{place} cannot be written ({reason}): what is costly is then made anew in every session",
            "set TLNB_CACHE to a folder of your own",
        )
    named = os.environ.get("TLNB_CACHE_LIMIT", "").strip()
    if named and named.lower() != "none":
        try:
            parse_bytes(named)
        except ValueError as error:
            return warning("cache", f"TLNB_CACHE_LIMIT is not used: {error}", "correct it, or unset it")
    limit = cache_limit(place)
    bound = "with no limit" if limit is None else f"up to {in_gigabytes(limit)} of arrays"
    if shared is not None and not shared.is_dir():
        mend = "correct TLNB_SHARED_CACHE, or unset it"
        return warning("cache", f"{place}, {bound}; the shared one, {shared}, is not there", mend)
    return good("cache", f"{place}, {bound}{f'; and the shared one, {shared}' if shared else ''}")


def check_progress() -> Finding:
    """Say where progress is recorded, and whether it can be."""
    from tlnb.core.journal_file import NewerFormatError, journal_path, load_journal

    path = journal_path()
    reason = why_not_writable(path.parent)
    if reason:
        mend = "set TLNB_HOME to a folder of your own"
        return broken("progress", f"it is not recorded: {path.parent} cannot be written ({reason})", mend)
    try:
        journal = load_journal(path)
    except NewerFormatError as error:
        return broken("progress", f"it is not recorded in {path}: {error}", "pip install -U tlnb")
    except ValueError as error:
        says = f"{path} is damaged ({error}); it is set aside, and a new one begun, when something is next recorded"
        return warning("progress", says, "tlnb progress import FILE, if you have exported it before")
    passed = sum(bool(entry.get("passed")) for entry in journal["exercises"].values())
    return good("progress", f"{path}, exercises passed: {passed}" if path.exists() else f"{path}, nothing recorded yet")


def why_not_writable(folder: Path) -> str:
    """Say why files cannot be made in a folder; empty where they can.

    A folder that is missing is not made: to be able to make it is enough.
    """
    try:
        with tempfile.TemporaryFile(dir=nearest(folder)) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        return error.strerror or str(error)
    return ""
