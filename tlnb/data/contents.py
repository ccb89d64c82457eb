"""A listing read: its files looked at and decoded, with what cannot be read told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tlnb.data.cards import Problem
from tlnb.data.index import FileRecord, index_files
from tlnb.data.listing import Listing
from tlnb.data.store import FileStore, UnsteadyError


@dataclass(frozen=True, eq=False)
class Contents:
    """What is in the files of a listing.

    Parameters
    ----------
    listing : Listing
        The files that can be read whole; the others are in its `problems`.
    records : tuple of FileRecord
        What is known of each file of the listing.
    store : FileStore
        Their pixels.
    """

    listing: Listing
    records: tuple[FileRecord, ...]
    store: FileStore


def read_contents(listing: Listing, size: int, progress: bool) -> Contents:
    """Look at every file of a listing and decode it at a size, by the shared cache.

    Parameters
    ----------
    listing : Listing
        What was found.
    size : int
        Shorter side, and side of the square cut from the centre, in pixels.
    progress : bool
        Show a line of it.
    """
    looked = tuple(index_files(listing.root, listing.files, progress))
    reasons = {row: record.reason for row, record in enumerate(looked) if record.reason}
    while True:
        listing, records = _without(listing, looked, reasons)
        store = FileStore(
            files=listing.files,
            hashes=tuple(record.sha256 for record in records),
            channels=max((record.channels for record in records), default=3),
            profiled=any(record.profiled for record in records),
            progress=progress,
        )
        if not records:
            return Contents(listing, (), store)
        try:
            _, bad = store.decode(size, size, "bicubic")
        except UnsteadyError as error:  # these are left out, and the others decoded without them
            looked, reasons = records, error.rows
            continue
        listing, records = _without(listing, records, bad)
        return Contents(listing, records, replace(store, bad=bad))


def _without(
    listing: Listing, records: tuple[FileRecord, ...], reasons: Mapping[int, str]
) -> tuple[Listing, tuple[FileRecord, ...]]:
    """Leave out some files, with everything that belongs to them, and list them as problems."""
    if not reasons:
        return listing, records
    keep = np.ones(len(listing.files), bool)
    keep[list(reasons)] = False
    listing = replace(
        listing,
        files=tuple(file for file, kept in zip(listing.files, keep, strict=True) if kept),
        labels=listing.labels[keep],
        columns={name: values[keep] for name, values in listing.columns.items()},
        given=None if listing.given is None else listing.given[keep],
        problems=(*listing.problems, *(Problem(listing.files[row], reasons[row]) for row in sorted(reasons))),
    )
    return listing, tuple(record for record, kept in zip(records, keep, strict=True) if kept)
