"""A set put up on the server of a test: archives of its true layout, with their own sizes and checksums."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from online_layouts import LAYOUTS, Archives
from online_server import Server

from tlnb.data.online.sets import OnlineSet, online_sets


def offer_set(
    server: Server,
    name: str,
    archives: Archives | None = None,
    images: int = 0,
    *moods: object,
    checksums: bool = True,
    **changed: object,
) -> OnlineSet:
    """Offer a set; what nobody published a checksum of has none here. Moods are those of `Server.offer`."""
    if archives is None:
        assert name in LAYOUTS, f"write a tiny archive of the layout of {name} into online_layouts.py"
        archives, images = LAYOUTS[name](online_sets()[name])
    files = tuple(
        replace(
            file,
            addresses=(server.offer(f"/{file.name}", archives[file.name], *moods),),
            bytes=len(archives[file.name]),
            sha256=hashlib.sha256(archives[file.name]).hexdigest() if checksums and file.published else "",
            md5="",
        )
        for file in online_sets()[name].files
    )
    wanted = online_sets()[name]
    return replace(wanted, files=files, images=images or wanted.images, **changed)
