"""One place of rows, with a checksum for each: files of the cache, or memory."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FILLED = np.uint64(1 << 32)  # above what a CRC can be: a row whose checksum is 0 was never filled

LARGE = 16 * 2**20  # bytes of a file whose pages are not left in the memory of the process


@dataclass(eq=False)
class RowLayer:
    """One place of rows.

    Attributes
    ----------
    values : list of ndarray
        What is kept, a row ``(count, ...)`` each.
    checks : ndarray
        uint64 (count,): the checksum of each row that was filled, 0 for others.
    believed : ndarray
        bool (count,): whether this process has compared them.
    mappings : list of mmap
        Of files that are large.
    """

    values: list[np.ndarray]
    checks: np.ndarray
    believed: np.ndarray
    mappings: list[mmap.mmap]

    def whole(self, row: int) -> bool:
        """Whether a row is there and is what was written, compared once."""
        if not self.believed[row]:
            self.believed[row] = self.checks[row] == row_checksum([values[row] for values in self.values])
        return bool(self.believed[row])

    def leave_memory(self) -> None:
        """Let go of the pages of mapped files that were touched: the system keeps them as long as it has room."""
        for mapping in self.mappings:
            if hasattr(mmap, "MADV_DONTNEED"):
                mapping.madvise(mmap.MADV_DONTNEED)  # it is shared with the file: nothing written is lost


def row_layer(values: list[np.ndarray], checks: np.ndarray | None = None) -> RowLayer:
    """Make one of arrays, without checksums an empty one."""
    count = len(values[0])
    checks = np.zeros(count, np.uint64) if checks is None else checks
    mappings = [mapped for array in values if array.nbytes >= LARGE and (mapped := getattr(array, "_mmap", None))]
    # Plain arrays on the same memory: numpy's own class for it takes five times as long to choose rows.
    return RowLayer([np.asarray(array) for array in values], np.asarray(checks), np.zeros(count, bool), mappings)


def row_checksum(arrays: Sequence[np.ndarray]) -> np.uint64:
    """Return the checksum of one row of each array."""
    found = 0
    for array in arrays:
        found = zlib.crc32(np.ascontiguousarray(array).data, found)
    return FILLED | np.uint64(found)
