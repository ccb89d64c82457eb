"""Which emoji: object-like ones that every style draws; their names, groups, sub-categories and keywords."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emoji.packages import read_members

GROUPS = ("Animals & Nature", "Food & Drink", "Travel & Places", "Activities", "Objects")


def plain_code(code: str) -> str:
    """Write code points in lower case without the variation selector, which packages keep or drop at will."""
    return "-".join(point for point in code.lower().split("-") if point != "fe0f")


def read_table(folder: Path, drawn: list[set[str]]) -> list[dict[str, Any]]:
    """List the emoji that all styles draw, in Unicode's order.

    Parameters
    ----------
    folder : Path
        Where archives are kept.
    drawn : list of set of str
        The codes that each style draws.

    Returns
    -------
    list of dict
        With code, name, group, subcategory and keywords.
    """
    names = _read_json("unicode-emoji-json", "data-by-emoji.json", folder)
    places = {plain_code(row["unified"]): row for row in _read_json("emoji-datasource-google", "emoji.json", folder)}
    tags = {plain_code(row["hexcode"]): row for row in _read_json("emojibase-data", "en/data.json", folder)}
    table = []
    for sign, about in names.items():
        code = plain_code("-".join(f"{ord(point):04x}" for point in sign))
        if about["group"] not in GROUPS or code not in places or not all(code in style for style in drawn):
            continue
        table.append(
            {
                "code": code,
                "name": about["name"],
                "group": about["group"],
                "subcategory": places[code]["subcategory"],
                "keywords": sorted(set(tags[code]["tags"])),
            }
        )
    return table


def _read_json(name: str, path: str, folder: Path) -> Any:
    return json.loads(read_members(name, folder, lambda found: found == path)[path])
