"""``tlnb cache``: what the cache holds, whether it is sound, and how to get its room back."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from tlnb.cli.cache_rows import by_kind, by_set, count, everything, table_of_kinds, table_of_sets
from tlnb.cli.common import FAILED, WRONG_USE, AsJson, complain, examples, in_bytes, print_json, stop

if TYPE_CHECKING:
    from tlnb.core.cache.inventory import Stored

_ONLY_NAMED = ("notes", "weights", "sets")  # kinds that go only where they are named

app = typer.Typer(
    help="The cache: what it holds, and how to get its room back.",
    epilog=examples("tlnb cache info", "tlnb cache clear --older-than 30"),
    no_args_is_help=True,
)


@app.command(epilog=examples("tlnb cache info", "tlnb cache info --verify"))
def info(
    verify: Annotated[
        bool, typer.Option("--verify", help="Read everything and compare it with its checksums.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show where the cache is, what it holds and how large it may grow.

    TLNB_CACHE names its folder and TLNB_CACHE_LIMIT its size, as 5GB or none; without that, it keeps to 10 GB, or a
    fifth of what the disk has free beside it if that is less. The limit is for arrays, which are made again: fetched
    data sets come on top of it and stay until they are removed by name. TLNB_SHARED_CACHE names a second folder,
    which is only read.

    With --verify, exit code 1 means that something is damaged. It is made again when it is next needed.
    """
    from tlnb.core.cache.bound import cache_limit
    from tlnb.core.files import cache_dir, shared_cache_dir

    place, shared = cache_dir(), shared_cache_dir()
    folders = {"cache": place} if shared is None else {"cache": place, "shared": shared}
    held = {name: everything(folder) for name, folder in folders.items()}
    sound, damaged = _compared([row for rows in held.values() for row in rows]) if verify else (0, [])
    limit = cache_limit(place)
    if as_json:
        shown = {
            name: {"folder": str(folders[name]), "kinds": by_kind(rows), "sets": by_set(rows)}
            for name, rows in held.items()
        }
        wrong = {"damaged": [{"path": path, "reason": reason} for path, reason in damaged]} if verify else {}
        print_json({"cache": {**shown["cache"], "limit": limit}, "shared": shown.get("shared"), **wrong})
    else:
        for name, rows in held.items():
            what = "" if name == "cache" else ", read only"
            typer.echo(f"{name:<7} {folders[name]}{what}{'' if folders[name].is_dir() else ' (not there yet)'}")
            if name == "cache":
                typer.echo(f"limit   {'none' if limit is None else f'{in_bytes(limit)} of arrays'}")
            if rows:
                typer.echo(table_of_kinds(rows))
            if sets := by_set(rows):
                typer.echo(table_of_sets(sets))
        if verify:
            number = sum(kind["entries"] for rows in held.values() for kind in by_kind(rows) if kind["arrays"])
            early = number - sound - len(damaged)
            rest = f"; {early} of an early tlnb get checksums when they are next opened" if early > 0 else ""
            typer.echo(f"{sound} of {number} entries are as they were stored{rest}.")
    for path, reason in damaged:
        complain(f"{path} is damaged: {reason}. It is made again when it is next needed.")
    raise typer.Exit(FAILED if damaged else 0)


@app.command(
    epilog=examples(
        "tlnb cache clear                         # asks first",
        "tlnb cache clear --older-than 30 --yes",
        "tlnb cache clear features --yes",
        "tlnb cache clear sets eurosat --yes      # one fetched set",
    )
)
def clear(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="One of those that tlnb cache info shows. Default: see above.")
    ] = None,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="After the kind sets: only the sets of these names.")
    ] = None,
    older_than: Annotated[
        float | None, typer.Option(min=0, metavar="DAYS", help="Only what was not used for so long.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what the cache holds and can make again.

    Without KIND all arrays go (they are made again when they are next needed), the index of files, and what killed
    processes left. Measured choices (notes), fetched
    weights and fetched data sets (sets) go only where KIND names them, and weights only if they are inside the cache
    folder: tlnb cache clear sets removes all sets with their unfinished downloads, tlnb cache clear sets eurosat one.

    The shared cache is left alone, and so is any file that is not tlnb's own.
    """
    from tlnb.core.files import cache_dir

    place = cache_dir()
    rows = everything(place)
    _check_kind(kind, rows)
    chosen = [row for row in rows if row.kind == kind or (kind is None and row.kind not in _ONLY_NAMED)]
    if names:
        chosen = _of_names(names, kind, chosen)
    if older_than is not None:
        chosen = [row for row in chosen if time.time() - row.used > older_than * 86400]
    if chosen and not yes:
        there = in_bytes(sum(row.bytes for row in chosen))
        if not sys.stdin.isatty():
            stop(f"this would remove {count(chosen)} ({there}) from {place}: say --yes.", WRONG_USE)
        if not typer.confirm(f"Remove {count(chosen)} ({there}) from {place}?"):
            stop("nothing was removed.", FAILED)
    left = [row for row in chosen if not _take_away(row)]
    gone = [row for row in chosen if row not in left]
    if chosen:
        typer.echo(f"Removed {count(gone)} from {place}: {in_bytes(sum(row.bytes for row in gone))} are free again.")
    else:
        typer.echo(f"There is nothing to remove in {place}.{_where_weights_are() if kind == 'weights' else ''}")
    for row in left:
        complain(f"{row.path} is in use, or not for this user to remove: it stays.")
    if kind is None:
        _say_what_was_kept(rows)
    raise typer.Exit(FAILED if left else 0)


def _of_names(names: list[str], kind: str | None, rows: list[Stored]) -> list[Stored]:
    """Choose fetched sets by their names."""
    from tlnb.core.errors import did_you_mean

    if kind != "sets":
        stop(f"names are for the kind sets alone, as in  tlnb cache clear sets {names[0]}", WRONG_USE)
    known = sorted({row.path.name for row in rows})
    for name in names:
        if name not in known:
            there = f"Sets: {', '.join(known)}" if known else "There is none"
            stop(f"no set {name!r} is in the cache.{did_you_mean(name, known)} {there}.", WRONG_USE)
    return [row for row in rows if row.path.name in names]


def _say_what_was_kept(rows: list[Stored]) -> None:
    """Say what was downloaded at a cost, and therefore waits for being named."""
    for kind in ("sets", "weights"):
        kept = [row for row in rows if row.kind == kind]
        if kept:
            size = in_bytes(sum(row.bytes for row in kept))
            typer.echo(f"Kept {count(kept)} ({size}), which were downloaded: tlnb cache clear {kind} removes them.")


def _compared(rows: list[Stored]) -> tuple[int, list[tuple[str, str]]]:
    """Count the entries that are as their checksums say, and list those that are not, with the reason."""
    from tlnb.core.cache.entry import DamagedEntryError, compare, read_record
    from tlnb.core.cache.inventory import OTHER_KINDS
    from tlnb.core.cache.rows import damaged_rows

    sound, found = 0, []
    for row in rows:
        if row.kind in OTHER_KINDS:
            continue
        try:
            record = read_record(row.path)
            compare(row.path, record, thoroughly=True)
            if wrong := damaged_rows(row.path) if "rows" in record["meta"] else 0:
                raise DamagedEntryError(f"{wrong:,} of its rows are not as they were stored")
            sound += "files" in record
        except (DamagedEntryError, OSError) as error:
            if row.path.exists():  # else another process has just removed it
                found.append((str(row.path), str(error)))
    return sound, found


def _check_kind(kind: str | None, rows: list[Stored]) -> None:
    from tlnb.core.cache.inventory import OTHER_KINDS
    from tlnb.core.errors import did_you_mean

    kinds = sorted({"images", *OTHER_KINDS, *(row.kind for row in rows)})
    if kind in {row.path.name for row in rows if row.kind == "sets"}:
        stop(f"{kind!r} is no kind, but a set: to remove it, say  tlnb cache clear sets {kind}", WRONG_USE)
    if kind is not None and kind not in kinds:
        stop(f"there is no kind {kind!r}.{did_you_mean(kind, kinds)} Kinds: {', '.join(kinds)}.", WRONG_USE)


def _where_weights_are() -> str:
    from tlnb.core.cache.weights import weight_folders

    hub, torch_hub = weight_folders()
    return f" Weights are kept in {hub} and {torch_hub}, which other programs use too."


def _take_away(row: Stored) -> bool:
    from tlnb.core.cache.inventory import OTHER_KINDS, discard_unused
    from tlnb.core.cache.sets import discard_set
    from tlnb.core.files import remove

    if row.kind == "sets":
        return discard_set(row.path)
    if row.kind not in OTHER_KINDS:
        return discard_unused(row.path)
    try:
        remove(row.path)
    except OSError:
        return False
    return not row.path.exists()
