"""Whose the drawings are that were asked for, and whether the packaged ones are those that were published."""

from __future__ import annotations

from typing import Any

from tlnb.data.cards import DataCard
from tlnb.data.emoji.listing import find_emoji
from tlnb.data.emoji.reading import sheet_bytes
from tlnb.data.emoji.styles import STYLES, Style
from tlnb.data.emoji.table import read_table
from tlnb.data.listing import Listing


def emoji_card(listing: Listing, size: int, sha256: str) -> DataCard:
    """Describe what was asked for, after comparing its sheets with their checksums.

    Parameters
    ----------
    listing : Listing
        From `find_emoji`.
    size : int
        Bytes of its sheets.
    sha256 : str
        SHA-256 over the sheets' hashes, which drawings of them, and the background.

    Raises
    ------
    DataError
        A sheet is missing or damaged.
    """
    assert listing.made is not None
    styles = [STYLES[name] for name, _ in listing.made.key["sheets"]]
    for style in styles:
        sheet_bytes(style.name)
    return DataCard(
        name="emoji",
        title="Emoji: drawings of things, in several styles",
        licence=", ".join(_unique(styles, "licence")),
        source=", ".join(_unique(styles, "source")),
        bytes=size,
        sha256=sha256,
        citation=(
            ("Groß, B., Utz, D., & The OpenMoji Contributors. OpenMoji [Dataset]. https://openmoji.org",)
            if any(style.family == "openmoji" for style in styles)
            else ()
        ),
        attribution="; ".join(_unique(styles, "attribution")),
        notes=(
            "Drawn at 64 pixels; larger ones are interpolated. Fluent's three styles are one drawing, OpenMoji's "
            "two are one. Many emoji are nearly the same (24 clock faces, say): divide classes by sub-category, "
            "with tlnb.data.class_splits. Changes: see NOTICE.md beside the sheets. Names and keywords: Unicode, Inc."
        ),
    )


def _unique(styles: list[Style], name: str) -> list[str]:
    return list(dict.fromkeys(getattr(style, name) for style in styles))


def entry() -> dict[str, Any]:
    """Give what the catalogue says of the set, as keyword arguments of `NamedSet`."""
    names = tuple(read_table().names.tolist())
    return {
        "name": "emoji",
        "title": "Emoji: 849 things, each drawn in seven styles (one by default)",
        "images": len(names),
        "classes": names,
        "licence": "Apache-2.0, MIT, CC BY 4.0, CC BY-SA 4.0: each style its own",
        "source": "npm packages, repackaged in tlnb, 9 MB",
        "get": "pip install tlnb",
        "sizes": (64, 96),
        "find": find_emoji,
        "describe": emoji_card,
        "options": ("styles", "categories", "task", "background", "test_family", "valid_family"),
    }
