"""What ``tlnb data`` says and does of sets that are downloaded."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from tlnb.cli.common import FAILED, complain, errors_end_with, in_bytes, print_json, stop
from tlnb.core.errors import DataError

if TYPE_CHECKING:
    from tlnb.data import NamedSet
    from tlnb.data.online.sets import OnlineSet


def online(name: str) -> OnlineSet | None:
    """Find a set on servers; None for those that come with packages."""
    from tlnb.data.online.sets import online_sets

    return online_sets().get(name)


def download_size(name: str) -> str:
    """Say what getting a set costs; empty for those that come with packages."""
    wanted = online(name)
    if wanted is None:
        return ""
    return in_bytes(wanted.bytes) if wanted.bytes else "unknown"


def download_plan(name: str) -> dict[str, Any] | None:
    """Give all that would be downloaded, as plain data."""
    wanted = online(name)
    if wanted is None:
        return None
    return {"task": wanted.task, "bytes": wanted.bytes or None, "files": [asdict(file) for file in wanted.files]}


def about_online(wanted: OnlineSet) -> list[tuple[str, str]]:
    """Give what is known of a set, with its files and addresses, as labels and values."""
    from tlnb.data.online.stored import find_set_folder

    shown = [(key, getattr(wanted, key)) for key in ("name", "title", "task", "licence")]
    shown += [("as said in", wanted.licence_from)] + [(key, getattr(wanted, key)) for key in ("homepage", "citation")]
    shown += [("notes", wanted.notes), ("folder", str(find_set_folder(wanted.name) or ""))]
    for file in wanted.files:
        known = f"SHA-256 {file.sha256}" if file.sha256 else f"MD5 {file.md5}" if file.md5 else "no published checksum"
        size = in_bytes(file.bytes) if file.bytes else "size unknown"
        shown.append(("file", f"{file.name} ({size}, {known})"))
        shown += [("", address) for address in file.addresses]
    return [(label, value) for label, value in shown if value]


def fetch_online(wanted: OnlineSet, accept_changed: bool) -> None:
    """Download a set if need be, and say what came."""
    from tlnb.data.online.fetching import fetch_set
    from tlnb.data.online.stored import find_set_folder, read_record

    there = find_set_folder(wanted.name)
    with errors_end_with(FAILED):
        folder = fetch_set(wanted, accept_changed=accept_changed)
        record = read_record(folder)
    typer.echo(f"{wanted.name} {'is here already' if there else 'fetched'}: {folder}")
    for name, about in {} if there else record.items():
        known = "as published" if about["published"] else "which is noted, as nobody published one"
        typer.echo(f"  {name}: {in_bytes(about['bytes'])}, SHA-256 {about['sha256']}, {known}")


def check_online(entry: NamedSet, as_json: bool) -> bool:
    """Look a downloaded set through; its files were compared when they came."""
    from tlnb.data.online.arrays import check_arrays, reads_arrays
    from tlnb.data.online.stored import find_set_folder, read_record

    folder = find_set_folder(entry.name)
    wanted = online(entry.name)
    with errors_end_with(FAILED):
        if folder is None or wanted is None:
            stop(f"{entry.name} is not here: run  {entry.get}", FAILED)
        record, wrong = read_record(folder), ""
        if wanted.task == "classification":
            try:
                entry.find()
                if reads_arrays(wanted):
                    check_arrays(wanted, folder)
            except DataError as error:
                wrong = str(error)
    verified = sum(about["published"] for about in record.values())
    if as_json:
        problems = [{"path": str(folder), "reason": wrong}] if wrong else []
        print_json({"name": entry.name, "files": len(record), "verified": verified, "problems": problems})
    elif wrong:
        complain(wrong)
    else:
        typer.echo(f"{entry.name}: whole; {verified} of {len(record)} downloaded files were as published.")
    return bool(wrong)
