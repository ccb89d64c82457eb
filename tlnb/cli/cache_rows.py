"""What the tables of ``tlnb cache`` hold: everything in a cache folder, by kind, and each fetched set."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlnb.cli.common import in_bytes
from tlnb.core.tables import text_table

if TYPE_CHECKING:
    from tlnb.core.cache.inventory import Stored


def everything(place: Path) -> list[Stored]:
    """List all that is ours in a cache folder."""
    from tlnb.core.cache.inventory import stored_entries, stored_files
    from tlnb.core.cache.sets import stored_sets
    from tlnb.core.cache.weights import stored_weights

    return [*stored_entries(place), *stored_files(place), *stored_weights(place), *stored_sets(place)]


def by_kind(rows: list[Stored]) -> list[dict[str, Any]]:
    """Add up each kind, as plain data."""
    from tlnb.core.cache.inventory import OTHER_KINDS

    kinds = {row.kind: [other for other in rows if other.kind == row.kind] for row in rows}
    return [
        {
            "kind": kind,
            "arrays": kind not in OTHER_KINDS,
            "entries": len(of_kind),
            "bytes": sum(row.bytes for row in of_kind),
            "oldest_use": _day(min(row.used for row in of_kind)),
            "newest_use": _day(max(row.used for row in of_kind)),
        }
        for kind, of_kind in kinds.items()
    ]


def by_set(rows: list[Stored]) -> list[dict[str, Any]]:
    """Give each fetched set, as plain data."""
    from tlnb.core.cache.sets import is_whole

    return [
        {"set": row.path.name, "bytes": row.bytes, "whole": is_whole(row), "last_use": _day(row.used)}
        for row in rows
        if row.kind == "sets"
    ]


def table_of_kinds(rows: list[Stored]) -> str:
    """Show what each kind takes."""
    from tlnb.core.cache.inventory import OTHER_KINDS

    header = ["kind", "entries", "bytes", "oldest use", "newest use", "what"]
    cells = [
        [
            kind["kind"],
            f"{kind['entries']:,}",
            in_bytes(kind["bytes"]),
            kind["oldest_use"],
            kind["newest_use"],
            OTHER_KINDS.get(kind["kind"], "arrays that are costly to make twice"),
        ]
        for kind in by_kind(rows)
    ]
    cells.append(["all", f"{len(rows):,}", in_bytes(sum(row.bytes for row in rows)), "", "", ""])
    return text_table(header, cells, right=["entries", "bytes"])


def table_of_sets(sets: list[dict[str, Any]]) -> str:
    """Show each fetched set, from `by_set`."""
    cells = [
        [
            row["set"],
            in_bytes(row["bytes"]),
            row["last_use"],
            "whole" if row["whole"] else f"partial download: tlnb data fetch {row['set']} goes on with it",
        ]
        for row in sets
    ]
    return text_table(["set", "bytes", "last use", "state"], cells, right=["bytes"])


def count(rows: list[Stored]) -> str:
    """Say how many there are of each kind, and of sets also which."""
    kinds = {row.kind: sum(other.kind == row.kind for other in rows) for row in rows}
    names = {"sets": f" ({', '.join(sorted({row.path.name for row in rows if row.kind == 'sets'}))})"}
    return ", ".join(f"{number:,} of {kind}{names.get(kind, '')}" for kind, number in kinds.items()) or "nothing"


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
