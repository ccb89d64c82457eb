"""What the catalogue needs to know of each set on servers."""

from __future__ import annotations

from functools import partial
from typing import Any

from tlnb.data.cards import DataCard
from tlnb.data.listing import Listing
from tlnb.data.online.sets import OnlineSet, online_sets
from tlnb.data.online.stored import find_set_folder, mark_of, note_digest, read_record


def online_entries() -> list[dict[str, Any]]:
    """Give the arguments of `NamedSet` for each set on servers.

    Examples
    --------
    >>> [entry["get"] for entry in online_entries() if entry["name"] == "eurosat"]
    ['tlnb data fetch eurosat']
    """
    return [entry_of(wanted) for wanted in online_sets().values()]


def entry_of(wanted: OnlineSet) -> dict[str, Any]:
    """Give the arguments of `NamedSet` for one set."""
    return {
        "name": wanted.name,
        "title": wanted.title,
        "images": wanted.images,
        "classes": wanted.classes,
        "licence": wanted.licence,
        "source": wanted.homepage,
        "get": f"tlnb data fetch {wanted.name}",
        "sizes": wanted.sizes,
        "find": partial(_find, wanted),
        "describe": partial(describe_online, wanted),
        "mark": partial(mark_of, wanted.name),
    }


def _find(wanted: OnlineSet) -> Listing:
    from tlnb.data.online.parsers import find_online

    return find_online(wanted)


def describe_online(wanted: OnlineSet, listing: Listing, size: int, sha256: str) -> DataCard:
    """Describe a set, with what was noted when it was fetched; what its files are known by is noted in turn."""
    if listing.files:
        note_digest(mark_of(wanted.name), sha256)
    folder = find_set_folder(wanted.name)
    unpublished = [name for name, about in (read_record(folder) if folder else {}).items() if not about["published"]]
    notes = [wanted.notes] if wanted.notes else []
    if unpublished:
        notes.append(f"Nobody published a checksum of {', '.join(unpublished)}; that of the first download was noted.")
    return DataCard(
        name=wanted.name,
        title=wanted.title,
        licence=wanted.licence,
        source=wanted.homepage,
        bytes=size,
        sha256=sha256,
        citation=(wanted.citation,),
        attribution=wanted.attribution,
        notes=" ".join(notes),
    )
