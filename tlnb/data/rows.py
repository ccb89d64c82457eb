"""An ``.npy`` file of images, written row by row from many threads, of which memory holds one row each.

A memory-mapped array would count as memory in use, and a full disk would end Python instead of raising an error.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from pathlib import Path
from types import TracebackType

import numpy as np


class RowFile:
    """A uint8 array (N, ...) on disk, to be filled in any order.

    Parameters
    ----------
    path : Path
        The new file.
    shape : tuple of int
        Of the whole array.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "rows.npy"
    >>> with RowFile(path, (3, 2)) as rows:
    ...     rows.put(2, np.array([5, 6], np.uint8))
    ...     rows.put(0, np.array([1, 2], np.uint8))
    ...     rows.drop([1])
    >>> np.load(path).tolist()
    [[1, 2], [5, 6]]
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._row_bytes = int(np.prod(shape[1:], dtype=np.int64))
        self._lock = threading.Lock()
        self._file = path.open("w+b")
        self._write_header()
        self._start = self._file.tell()
        self._file.truncate(self._start + shape[0] * self._row_bytes)

    def put(self, row: int, values: np.ndarray) -> None:
        """Write one row."""
        with self._lock:
            self._file.seek(self._start + row * self._row_bytes)
            self._file.write(np.ascontiguousarray(values, np.uint8).data)

    def drop(self, rows: Collection[int]) -> None:
        """Leave out some rows: those behind them move up."""
        kept = [row for row in range(self.shape[0]) if row not in rows]
        for place, row in enumerate(kept):
            if place != row:
                self._file.seek(self._start + row * self._row_bytes)
                values = self._file.read(self._row_bytes)
                self._file.seek(self._start + place * self._row_bytes)
                self._file.write(values)
        self.shape = (len(kept), *self.shape[1:])
        self._write_header()
        self._file.truncate(self._start + len(kept) * self._row_bytes)

    def _write_header(self) -> None:
        self._file.seek(0)
        # Room for a longer first side is part of the format, so the header keeps its length.
        header = {"descr": "|u1", "fortran_order": False, "shape": self.shape}
        np.lib.format.write_array_header_1_0(self._file, header)

    def __enter__(self) -> RowFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
