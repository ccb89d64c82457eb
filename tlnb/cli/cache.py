"""``tlnb cache``: what the cache holds, whether it is sound, and how to get its room back."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlnb.cli.common import FAILED, WRONG_USE, AsJson, complain, in_bytes, print_json, stop
from tlnb.core.tables import text_table

if TYPE_CHECKING:
    from tlnb.core.cache.inventory import Stored

app = typer.Typer(help="The cache: what it holds, and how to get its room back.", no_args_is_help=True)


@app.command()
def info(
    verify: Annotated[
        bool, typer.Option("--verify", help="Read everything and compare it with its checksums.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show where the cache is, what it holds and how large it may grow.

    TLNB_CACHE names its folder and TLNB_CACHE_LIMIT its size, as 5GB or none; without that, it keeps to 10 GB, or a
    fifth of the disk if that is less. TLNB_SHARED_CACHE names a second folder, which is read and never written.

    With --verify, exit code 1 means that something is damaged. It is made again when it is next needed.
    """
    from tlnb.core.cache.bound import cache_limit
    from tlnb.core.files import cache_dir, shared_cache_dir

    place, shared = cache_dir(), shared_cache_dir()
    folders = {"cache": place} if shared is None else {"cache": place, "shared": shared}
    held = {name: _everything(folder) for name, folder in folders.items()}
    sound, damaged = _compared([row for rows in held.values() for row in rows]) if verify else (0, [])
    limit = cache_limit(place)
    if as_json:
        shown = {name: {"folder": str(folders[name]), "kinds": _by_kind(rows)} for name, rows in held.items()}
        wrong = {"damaged": [{"path": path, "reason": reason} for path, reason in damaged]} if verify else {}
        print_json({"cache": {**shown["cache"], "limit": limit}, "shared": shown.get("shared"), **wrong})
    else:
        for name, rows in held.items():
            what = "" if name == "cache" else ", read only"
            typer.echo(f"{name:<7} {folders[name]}{what}{'' if folders[name].is_dir() else ' (not there yet)'}")
            if name == "cache":
                typer.echo(f"limit   {'none' if limit is None else f'{in_bytes(limit)} of arrays'}")
            if rows:
                typer.echo(_table(rows))
        if verify:
            number = sum(kind["entries"] for rows in held.values() for kind in _by_kind(rows) if kind["arrays"])
            early = number - sound - len(damaged)
            rest = f"; {early} of an early tlnb get checksums when they are next opened" if early > 0 else ""
            typer.echo(f"{sound} of {number} entries are as they were stored{rest}.")
    for path, reason in damaged:
        complain(f"{path} is damaged: {reason}. It is made again when it is next needed.")
    raise typer.Exit(FAILED if damaged else 0)


@app.command()
def clear(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="One of those that tlnb cache info shows. Default: see above.")
    ] = None,
    older_than: Annotated[
        float | None, typer.Option(min=0, metavar="DAYS", help="Only what was not used for so long.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what the cache holds; it is made again when it is next needed.

    Without KIND all arrays go, the index of files, and what killed processes left. Measured choices (notes) and fetched
    weights go only where KIND names them, and weights only if they are inside the cache folder.

    The shared cache is left alone, and so is any file that is not tlnb's own.
    """
    from tlnb.core.files import cache_dir

    place = cache_dir()
    rows = _everything(place)
    _check_kind(kind, rows)
    chosen = [row for row in rows if row.kind == kind or (kind is None and row.kind not in ("notes", "weights"))]
    if older_than is not None:
        chosen = [row for row in chosen if time.time() - row.used > older_than * 86400]
    if not chosen:
        typer.echo(f"There is nothing to remove in {place}.{_where_weights_are() if kind == 'weights' else ''}")
        return
    if not yes:
        there = in_bytes(sum(row.bytes for row in chosen))
        if not sys.stdin.isatty():
            stop(f"this would remove {_count(chosen)} ({there}) from {place}: say --yes.", WRONG_USE)
        if not typer.confirm(f"Remove {_count(chosen)} ({there}) from {place}?"):
            stop("nothing was removed.", FAILED)
    left = [row for row in chosen if not _take_away(row)]
    gone = [row for row in chosen if row not in left]
    typer.echo(f"Removed {_count(gone)} from {place}: {in_bytes(sum(row.bytes for row in gone))} are free again.")
    for row in left:
        complain(f"{row.path} is in use, or not for this user to remove: it stays.")
    raise typer.Exit(FAILED if left else 0)


def _everything(place: Path) -> list[Stored]:
    from tlnb.core.cache.inventory import stored_entries, stored_files
    from tlnb.core.cache.weights import stored_weights

    return [*stored_entries(place), *stored_files(place), *stored_weights(place)]


def _compared(rows: list[Stored]) -> tuple[int, list[tuple[str, str]]]:
    """Count the entries that are as their checksums say, and list those that are not, with the reason."""
    from tlnb.core.cache.entry import DamagedEntryError, compare, read_record
    from tlnb.core.cache.inventory import OTHER_KINDS

    sound, found = 0, []
    for row in rows:
        if row.kind in OTHER_KINDS:
            continue
        try:
            record = read_record(row.path)
            compare(row.path, record, thoroughly=True)
            sound += "files" in record
        except (DamagedEntryError, OSError) as error:
            if row.path.exists():  # else another process has just removed it
                found.append((str(row.path), str(error)))
    return sound, found


def _by_kind(rows: list[Stored]) -> list[dict[str, Any]]:
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


def _table(rows: list[Stored]) -> str:
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
        for kind in _by_kind(rows)
    ]
    cells.append(["all", f"{len(rows):,}", in_bytes(sum(row.bytes for row in rows)), "", "", ""])
    return text_table(header, cells, right=["entries", "bytes"])


def _check_kind(kind: str | None, rows: list[Stored]) -> None:
    from tlnb.core.cache.inventory import OTHER_KINDS
    from tlnb.core.errors import did_you_mean

    kinds = sorted({"images", *OTHER_KINDS, *(row.kind for row in rows)})
    if kind is not None and kind not in kinds:
        stop(f"there is no kind {kind!r}.{did_you_mean(kind, kinds)} Kinds: {', '.join(kinds)}.", WRONG_USE)


def _where_weights_are() -> str:
    from tlnb.core.cache.weights import weight_folders

    hub, torch_hub = weight_folders()
    return f" Weights are kept in {hub} and {torch_hub}, which other programs use too."


def _take_away(row: Stored) -> bool:
    from tlnb.core.cache.inventory import OTHER_KINDS, discard_unused
    from tlnb.core.files import remove

    if row.kind not in OTHER_KINDS:
        return discard_unused(row.path)
    try:
        remove(row.path)
    except OSError:
        return False
    return not row.path.exists()


def _count(rows: list[Stored]) -> str:
    kinds = {row.kind: sum(other.kind == row.kind for other in rows) for row in rows}
    return ", ".join(f"{number:,} of {kind}" for kind, number in kinds.items()) or "nothing"


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
