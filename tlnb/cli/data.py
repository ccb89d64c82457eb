"""``tlnb data``: the data sets that have a name, and whether images are as they should be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlnb.cli.common import FAILED, WRONG_USE, AsJson, complain, errors_end_with, examples, in_bytes, print_json, stop
from tlnb.cli.online import about_online, check_online, download_plan, download_size, fetch_online, online
from tlnb.core.tables import text_table

if TYPE_CHECKING:
    from tlnb.data import NamedSet

app = typer.Typer(
    help="Data sets: which there are, get them ready, check them.",
    epilog=examples("tlnb data list", "tlnb data check my_photos  # a folder of your own"),
    no_args_is_help=True,
)

_MUCH = 2_000_000_000  # bytes of pixels that are stored without being asked for by a size

Name = Annotated[str, typer.Argument(metavar="NAME", help="One of those that tlnb data list shows.")]


@app.command("list", epilog=examples("tlnb data list", "tlnb data list --json"))
def list_sets(as_json: AsJson = False) -> None:
    """List every data set that has a name.

    Download is what getting it costs. Stored are the sizes in the cache, which are opened without decoding a file.
    """
    from tlnb.data.catalogue import OF_OTHER_KINDS, all_sets

    sets = all_sets()
    if as_json:
        print_json([_plain(entry) for entry in sets])
        return
    rows = [
        [
            entry.name,
            f"{entry.images:,}",
            str(len(entry.classes)),
            "yes" if entry.here else "no",
            "" if entry.here else download_size(entry.name),
            _stored(entry) or "nothing",
            entry.licence,
            entry.title,
        ]
        for entry in sets
    ]
    header = ["name", "images", "classes", "here", "download", "stored", "licence", "what"]
    typer.echo(text_table(header, rows, right=["images", "classes", "download"]))
    others = [f"{name} ({kind})" for name, kind in OF_OTHER_KINDS.items()]
    typer.echo(f"Offline too, each by a function of its own, as tlnb.data.scenes.load_scenes: {', '.join(others)}.")
    missing = [entry for entry in sets if not entry.here]
    for entry in missing:
        if not online(entry.name):
            typer.echo(f"{entry.name} is not here. To get it: {entry.get}")
    if any(online(entry.name) for entry in missing):
        typer.echo("To get one that is not here: tlnb data fetch NAME")


@app.command(epilog=examples("tlnb data info elpv", "tlnb data info eurosat"))
def info(name: Name) -> None:
    """Show what a data set is, whose, and how to cite it."""
    entry, wanted = _find(name), online(name)
    shown = [
        ("images", f"{entry.images:,}"),
        ("classes", f"{len(entry.classes)}: {', '.join(entry.classes)}"),
        ("stored", _stored(entry) or "nothing"),
    ]
    if wanted is not None:
        shown = [*about_online(wanted), *shown]
    elif entry.here:
        with errors_end_with(FAILED):
            typer.echo(entry.card())
    else:
        shown = [("name", name), ("title", entry.title), ("licence", entry.licence), ("source", entry.source), *shown]
    if not entry.here:
        shown.append(("to get it", entry.get))
    for label, value in shown:
        typer.echo(f"{label:<12} {value}")


@app.command(
    epilog=examples(
        "tlnb data fetch elpv               # lessons then start at once",
        "tlnb data fetch digits --size 32",
        "tlnb data fetch eurosat --size 64  # downloads",
    )
)
def fetch(
    name: Name,
    size: Annotated[
        list[int] | None,
        typer.Option(min=8, metavar="PIXELS", help="Side; may be given again. Default: those that lessons use."),
    ] = None,
    accept_changed: Annotated[
        bool,
        typer.Option("--accept-changed", help="Take a file without a published checksum, even if it was another once."),
    ] = False,
) -> None:
    """Download a data set if need be, and decode it into the cache.

    Lessons then start at once. What is here already is not fetched or made again, and a download that broke off goes
    on where it stopped. Sets whose pixels would fill more than 2 GB are decoded only where a size is given.
    """
    from tlnb.data.copies import stored_copies

    entry, wanted = _find(name), online(name)
    sides = list(dict.fromkeys(size or entry.sizes))
    if wanted is not None:
        fetch_online(wanted, accept_changed)
        if wanted.task != "classification":
            return
        sides = [side for side in sides if size or 3 * side * side * entry.images <= _MUCH]
    for side in sides:
        there = {copy.crop for copy in stored_copies(entry) if copy.plain}
        if side not in there:
            with errors_end_with(FAILED):
                from tlnb.data import load_data

                load_data(name, size=side)
        copy = next((copy for copy in stored_copies(entry) if copy.plain and copy.crop == side), None)
        if copy is None:
            from tlnb.core.files import cache_dir

            stop(f"{cache_dir()} cannot be written: set TLNB_CACHE to a folder of your own.", FAILED)
        word = "is stored already" if side in there else "stored"
        typer.echo(f"{name} at {side} px {word}: {in_bytes(copy.bytes)} in {copy.path.parent}")


@app.command(
    epilog=examples(
        "tlnb data check elpv",
        "tlnb data check my_photos",
        "tlnb data check my_photos --labels labels.csv",
    )
)
def check(
    source: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="A named set, or a folder of your own images.")],
    labels: Annotated[
        Path | None, typer.Option(metavar="CSV", help="For a folder: a table with the columns file and label.")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="For a folder: finds a group named label in each path."),
    ] = None,
    size: Annotated[
        int, typer.Option(min=8, metavar="PIXELS", help="For a folder: the side that images will be used at.")
    ] = 160,
    as_json: AsJson = False,
) -> None:
    """Check a named set, or a folder of your own images.

    A set is compared with its published checksums; one that was downloaded was then, and is looked through for what is
    missing. Of a folder, classes and sizes are counted, and files are found
    that cannot be used, or that are there more than once, byte for byte or nearly: with other labels, or on the other
    side of a split.

    Exit code 1 means that something would spoil a result.
    """
    from tlnb.data.catalogue import CATALOGUE

    if source not in CATALOGUE and Path(source).expanduser().is_dir():
        with errors_end_with(FAILED):
            from tlnb.data import check_folder

            report = check_folder(source, size=size, labels=labels, pattern=pattern)
        if as_json:
            print_json(report.plain())
        else:
            typer.echo(str(report))
        wrong = bool(report.spoils)
    else:
        entry = _find(source)
        wrong = check_online(entry, as_json) if online(source) else _check_set(entry, as_json)
    raise typer.Exit(FAILED if wrong else 0)


def _find(name: str) -> NamedSet:
    from tlnb.data.catalogue import find_set

    with errors_end_with(WRONG_USE):
        return find_set(name)


def _plain(entry: NamedSet) -> dict[str, Any]:
    from tlnb.data.copies import stored_copies

    return {
        "name": entry.name,
        "title": entry.title,
        "images": entry.images,
        "classes": list(entry.classes),
        "licence": entry.licence,
        "source": entry.source,
        "get": entry.get,
        "here": entry.here,
        "download": download_plan(entry.name),
        "stored": [
            {
                "size": copy.crop,
                "resize": copy.resize,
                "interpolation": copy.interpolation,
                "bytes": copy.bytes,
                "folder": str(copy.path.parent),
            }
            for copy in (stored_copies(entry) if entry.here else ())
        ],
    }


def _stored(entry: NamedSet) -> str:
    """Say which sizes the cache holds; empty where none."""
    from tlnb.data.copies import stored_copies

    copies = stored_copies(entry) if entry.here else ()
    sizes = [f"{copy.crop}" if copy.plain else f"{copy.crop} of {copy.resize} {copy.interpolation}" for copy in copies]
    return f"{', '.join(sizes)} px ({in_bytes(sum(copy.bytes for copy in copies))})" if copies else ""


def _check_set(entry: NamedSet, as_json: bool) -> bool:
    from tlnb.data.cards import printable
    from tlnb.data.checking import check_files

    with errors_end_with(FAILED):
        found = check_files(entry)
    if as_json:
        problems = [{"path": printable(one.path), "reason": one.reason} for one in found.problems]
        print_json({"name": entry.name, "files": found.files, "verified": found.verified, "problems": problems})
        return bool(found.problems)
    for problem in found.problems:
        complain(problem)
    unknown = found.files - found.verified - len(found.problems)
    rest = f"; {unknown:,} have no published checksum" if unknown > 0 else ""
    typer.echo(f"{entry.name}: {found.verified:,} of {found.files:,} files are as published{rest}.")
    return bool(found.problems)
