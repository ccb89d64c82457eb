"""Room on the disk: taken before it is written into, and a clear error where there is none."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from tlnb.core.cache.inventory import folder_bytes
from tlnb.core.errors import TlnbError
from tlnb.core.files import PART

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CRUMBS = 1 << 20  # bytes free below which an error without a number, as NumPy's are, means a full disk


class CacheFullError(TlnbError, OSError):
    """No room on the disk of the cache. Says where, how much is free and how much was needed."""


def new_array(file: str | Path, shape: tuple[int, ...], dtype: DTypeLike) -> np.memmap:
    """Make an ``.npy`` file of zeros to write into, memory-mapped, whose room on the disk is taken already.

    ``np.lib.format.open_memmap`` makes a file with holes: where the disk is full, the system kills the process that
    writes into one.

    Parameters
    ----------
    file : str or Path
        Its path.
    shape : tuple of int
        Of the array.
    dtype : dtype
        Of its values.

    Raises
    ------
    CacheFullError
        If the disk has no room for it. Nothing is left then.

    Examples
    --------
    >>> import tempfile
    >>> values = new_array(Path(tempfile.mkdtemp()) / "values.npy", (2, 3), "float32")
    >>> values[1] = 7
    >>> float(values.sum())
    21.0
    """
    file = Path(file)
    needed = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    with said_when_full(file.parent, needed):
        try:
            array = np.lib.format.open_memmap(file, mode="w+", dtype=np.dtype(dtype), shape=shape)
            _fill_holes(file, array.offset)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
    return array


@contextmanager
def said_when_full(folder: Path, needed: int = 0) -> Iterator[None]:
    """Turn the system's error for a full disk into one that says what to do; the folder is one being written into."""
    try:
        yield
    except CacheFullError:
        raise
    except OSError as error:
        unfinished = folder.name.endswith(PART)
        there = folder.parent if unfinished else folder
        free = shutil.disk_usage(there).free
        if error.errno not in _FULL and not (error.errno is None and free < _CRUMBS):
            raise
        free += folder_bytes(folder) if unfinished else 0  # it goes again
        full = CacheFullError(
            f"the disk of {there} is full: {free / 1e6:,.1f} MB are free"
            f"{f', {needed / 1e6:,.1f} MB are needed' if needed else ''} ({error.strerror or error}). Free some, as by "
            "tlnb cache clear, or set TLNB_CACHE to a folder on a larger disk."
        )
        full.errno = error.errno or errno.ENOSPC
        raise full from error


def _fill_holes(file: Path, start: int) -> None:
    if os.name == "nt":  # there mapping a file takes its room
        return
    with file.open("rb+") as opened:
        size = os.fstat(opened.fileno()).st_size
        if hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(opened.fileno(), 0, size)
                return
            except OSError as error:
                if error.errno in _FULL:
                    raise
        opened.seek(start)  # where nothing takes room but writing: zeros over zeros
        zeros = bytes(1 << 20)
        for place in range(start, size, len(zeros)):
            opened.write(zeros[: size - place])
