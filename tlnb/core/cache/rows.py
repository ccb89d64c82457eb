"""Arrays of the cache that are filled row by row, by whoever needs a row first.

An entry is named by what its rows are made from, as all entries are. Each row has a checksum, and is believed only
after a comparison: what was half written when power failed, or has changed since, is missing, and made again. Makers
take turns at the entry's lock, a few rows at a time, so that two processes that want the same share the work.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from tlnb.core.cache.arrays import hold_mapped, mapped_entries
from tlnb.core.cache.bound import cache_limit, trim
from tlnb.core.cache.entry import DamagedEntryError, entry_name, read_record, write_record
from tlnb.core.cache.inventory import discard
from tlnb.core.cache.places import places, private_folder, writable
from tlnb.core.cache.room import new_array, said_when_full
from tlnb.core.cache.row_layer import FILLED, RowLayer, row_checksum, row_layer
from tlnb.core.cache.stamps import note_use, stamp
from tlnb.core.files import PART, cache_dir, file_lock, remove

log = logging.getLogger("tlnb")

MEMORY_BYTES = 256 * 2**20  # of rows that are kept in memory alone, in one process

_in_memory: OrderedDict[str, Rows] = OrderedDict()


class Rows:
    """Arrays of ``count`` rows in the cache, some of which are filled. Made by `open_rows`.

    Attributes
    ----------
    count : int
        How many rows there are.
    bytes : int
        What all of them take.
    place : {"file", "memory"}
        Where they are.
    dtype : str
        Of the numbers in them.
    """

    def __init__(self, layers: Sequence[RowLayer], entry: Path | None) -> None:
        self._layers, self._entry = list(layers), entry
        self._own = self._layers[-1]
        self._turn = threading.Lock()
        self.count = len(self._own.checks)
        self.bytes = sum(values.nbytes for values in self._own.values) + self._own.checks.nbytes
        self.place = "memory" if entry is None else "file"
        self.dtype = str(self._own.values[0].dtype)

    def missing(self, rows: np.ndarray) -> np.ndarray:
        """Return those rows, int64 (n,), that are not there, or not as they were written, in their order."""
        if self._own.believed[rows].all():
            return rows[:0]
        there = [any(layer.checks[row] and layer.whole(row) for layer in self._layers) for row in rows]
        return rows[~np.asarray(there, dtype=bool)]

    def filled(self, most: int) -> np.ndarray:
        """Return a few rows that are there, int64 (<= most,), spread over all of them."""
        there = np.flatnonzero(np.any([layer.checks != 0 for layer in self._layers], axis=0))
        chosen = there[:: max(1, len(there) // most)][:most]
        return np.setdiff1d(chosen, self.missing(chosen))

    def get(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return copies of rows that `missing` found there, one array ``(n, ...)`` for each that is kept."""
        gathered = tuple(values[rows] for values in self._own.values)
        if len(self._layers) > 1:
            own = self._own.believed[rows]
            for found, shared in zip(gathered, self._layers[0].values, strict=True):
                found[~own] = shared[rows[~own]]
        for layer in self._layers:
            layer.leave_memory()
        return gathered

    def arrays(self) -> tuple[np.ndarray, ...]:
        """Return what is kept as whole arrays, not to be written to; only rows that are not missing mean anything."""
        if len(self._layers) > 1:  # some rows are in one place, some in the other
            every = np.arange(self.count)
            return self.get(every)
        whole = tuple(values.view() for values in self._own.values)
        for values in whole:
            values.flags.writeable = False
        return whole

    def put(self, rows: np.ndarray, values: Sequence[np.ndarray]) -> None:
        """Write rows, one array ``(n, ...)`` for each that is kept. The lock has to be held (`alone`)."""
        self._own.checks[rows] = 0
        for own, new in zip(self._own.values, values, strict=True):
            own[rows] = new
        for row in rows:
            self._own.checks[row] = row_checksum([own[row] for own in self._own.values])
        self._own.believed[rows] = True
        self._own.leave_memory()

    def clear(self) -> None:
        """Forget all rows that are this process's to forget, and no longer look at the shared ones."""
        self._layers = [self._own]
        self._own.checks[:] = 0
        self._own.believed[:] = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other makers of rows out."""
        with self._turn, nullcontext() if self._entry is None else file_lock(self._entry):
            self._own.believed &= self._own.checks != 0
            yield


def rows_bytes(count: int, shapes: Sequence[tuple[int, ...]], dtype: str) -> int:
    """Return what so many rows of these shapes would take."""
    numbers = sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes)
    return count * (numbers * np.dtype(dtype).itemsize + FILLED.nbytes)


def rows_in_memory(count: int, shapes: Sequence[tuple[int, ...]], dtype: str) -> Rows:
    """Return rows that are in memory alone, as long as somebody holds them; none is filled."""
    return Rows([row_layer([np.empty((count, *shape), dtype) for shape in shapes])], None)


def open_rows(
    kind: str, key: Mapping[str, Any], count: int, shapes: Sequence[tuple[int, ...]], dtype: str
) -> Rows | None:
    """Open the rows of a key, some of which may be filled already.

    Parameters
    ----------
    kind : str
        A sub-folder of the cache, such as ``"features"``.
    key : mapping
        Everything that a row depends on, as plain JSON values; the number of the row aside.
    count : int
        How many rows there can be.
    shapes : sequence of tuple of int
        Of one row of each array.
    dtype : str
        Of all.

    Returns
    -------
    Rows or None
        In files, where the cache has room for twice as much (see `TLNB_CACHE_LIMIT`); in memory, until Python ends,
        where 256 MiB suffice for it; else None.
    """
    key = {**key, "rows": {"count": count, "shapes": [list(shape) for shape in shapes], "dtype": dtype}}
    name, size = entry_name(key), rows_bytes(count, shapes, dtype)
    place = cache_dir()
    if name not in _in_memory:
        folder = place if writable(place / kind) else private_folder(place)
        limit = cache_limit(folder)
        if limit is None or 2 * size <= limit:
            rows = _in_files(folder / kind / name, key, _shared(kind, name))
            if rows is not None:
                return rows
        if size > MEMORY_BYTES:
            return None
        _in_memory[name] = rows_in_memory(count, shapes, dtype)
    _in_memory.move_to_end(name)
    while sum(rows.bytes for rows in _in_memory.values()) > MEMORY_BYTES and len(_in_memory) > 1:
        _in_memory.popitem(last=False)
    return _in_memory[name]


def _in_files(entry: Path, key: Mapping[str, Any], shared: RowLayer | None) -> Rows | None:
    """Open or make an entry; None where the disk has no room, or what is damaged cannot be removed."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(entry):
        layer = _open(entry, "r+")
        if layer is None:
            if not discard(entry):
                return None
            try:
                _make(entry, key)
            except OSError as error:
                log.info("What is computed is not kept on the disk: %s", error)
                return None
            layer = _open(entry, "r+")
    if layer is None:
        return None
    note_use(entry)
    return Rows([layer] if shared is None else [shared, layer], entry)


def _make(entry: Path, key: Mapping[str, Any]) -> None:
    about = key["rows"]
    temporary = entry.with_name(f".{entry.name}.{secrets.token_hex(6)}{PART}")
    try:
        with said_when_full(temporary):
            temporary.mkdir(parents=True)
            for number, shape in enumerate(about["shapes"]):
                new_array(temporary / f"values{number}.npy", (about["count"], *shape), about["dtype"])
            new_array(temporary / "checks.npy", (about["count"],), "uint64")
            write_record(temporary, key, {"rows": about}, {})
        temporary.rename(entry)
        stamp(entry, {}, time.time_ns())
    finally:
        remove(temporary)
    place = entry.parent.parent
    trim(place, cache_limit(place), keep=mapped_entries(entry))


def _open(entry: Path, mode: Any) -> RowLayer | None:
    """Map an entry's files; None where there is none, or it is not what was made."""
    try:
        about = read_record(entry)["meta"]["rows"]
        values = [np.load(entry / f"values{n}.npy", mmap_mode=mode) for n in range(len(about["shapes"]))]
        checks = np.load(entry / "checks.npy", mmap_mode=mode)
    except (OSError, ValueError, EOFError, KeyError, TypeError, DamagedEntryError) as error:
        log.debug("%s has no rows to open: %s", entry, error)
        return None
    right = [[about["count"], *shape] for shape in about["shapes"]] == [list(array.shape) for array in values]
    if not right or checks.shape != (about["count"],) or any(str(array.dtype) != about["dtype"] for array in values):
        return None
    hold_mapped(entry, [*values, checks])
    return row_layer(values, checks)


def _shared(kind: str, name: str) -> RowLayer | None:
    folders = places()[:-1]
    return _open(folders[0] / kind / name, "r") if folders else None


def damaged_rows(entry: Path) -> int:
    """Count the rows of an entry that were filled and are not as they were written; 0 where it has none.

    They are no harm: whoever needs them makes them again.
    """
    layer = _open(entry, "r")
    return 0 if layer is None else sum(not layer.whole(int(row)) for row in np.flatnonzero(layer.checks))
