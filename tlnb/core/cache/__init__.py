"""What all lessons and processes share and is costly to make twice: arrays, and short notes.

Nothing in it is ever half written, out of date or trusted when damaged; it stays within a bound, and may be removed at
any time: what is missing is made again.
"""

from __future__ import annotations

from tlnb.core.cache.arrays import cached_arrays
from tlnb.core.cache.notes import add_notes, read_notes, write_notes
from tlnb.core.cache.places import find_cached
from tlnb.core.cache.room import CacheFullError, new_array
from tlnb.core.cache.rows import Rows, open_rows, rows_bytes, rows_in_memory

__all__ = [
    "CacheFullError",
    "Rows",
    "add_notes",
    "cached_arrays",
    "find_cached",
    "new_array",
    "open_rows",
    "read_notes",
    "rows_bytes",
    "rows_in_memory",
    "write_notes",
]
