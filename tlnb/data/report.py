"""What checking a folder gave, as an object, as text and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

from tlnb.core.tables import html_table, text_table
from tlnb.data.cards import Problem, printable
from tlnb.data.duplicates import Duplicate

_MOST_SHOWN = 20


@dataclass(frozen=True)
class Sizes:
    """Lengths of the images' shorter sides, in pixels.

    Attributes
    ----------
    smallest, median, largest : int
        Of all images.
    wanted, smaller : int
        The size that is asked for, and how many images are smaller, so that they have to be enlarged.
    """

    smallest: int
    median: int
    largest: int
    wanted: int
    smaller: int

    def __str__(self) -> str:
        line = f"shorter sides of {self.smallest} to {self.largest} px, median {self.median}"
        return f"{line}; {self.smaller:,} below {self.wanted} px, to be enlarged" if self.smaller else line


@dataclass(frozen=True, repr=False)
class FolderReport:
    """What checking a folder gave.

    Attributes
    ----------
    root : Path
        The folder.
    counts : dict of str to dict
        Class -> part -> how many images; the only part is ``all`` where no split can be drawn.
    given : bool
        The split came with the folder; else it is the one that `load_data` draws.
    sizes : Sizes or None
        None without images.
    problems : tuple of Problem
        Files, folders and links that cannot be used, with reasons.
    duplicates : tuple of Duplicate
        Images that are there more than once, byte for byte or nearly.
    spoils : tuple of str
        What would spoil a result, with what to do; empty where nothing would.
    remarks : tuple of str
        What one should know, and may be meant so.
    groups : tuple of int
        A number for each image that is loaded, copies sharing one: pass it as ``load_data(..., groups=...)``.
    """

    root: Path
    counts: dict[str, dict[str, int]]
    given: bool
    sizes: Sizes | None
    problems: tuple[Problem, ...]
    duplicates: tuple[Duplicate, ...]
    spoils: tuple[str, ...]
    remarks: tuple[str, ...]
    groups: tuple[int, ...]

    @property
    def images(self) -> int:
        """How many images can be used."""
        return len(self.groups)

    def __str__(self) -> str:
        lines = [self._title]
        if self.counts:
            lines += ["", text_table(*self._table), ""]
        if self.sizes:
            lines.append(f"Sizes: {self.sizes}.")
        for title, told in self._sections:
            lines += ["", f"{title}:", *(f"  - {line}" for line in told)]
        if not self.spoils:
            lines += ["", "Nothing here would spoil a result."]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<div>{escape(self._title)}</div>", html_table(*self._table) if self.counts else ""]
        if self.sizes:
            parts.append(f"<div>Sizes: {escape(str(self.sizes))}.</div>")
        for title, told in self._sections:
            parts.append(f"<div>{title}:</div><ul>{''.join(f'<li>{escape(line)}</li>' for line in told)}</ul>")
        return "".join(parts)

    @property
    def _sections(self) -> list[tuple[str, list[str]]]:
        """What is told under which title; titles with nothing to tell are left out."""
        lists: tuple[tuple[str, Sequence[Problem | Duplicate]], ...] = (
            ("Cannot be used", self.problems),
            ("There more than once", self.duplicates),
        )
        told = [("Would spoil a result", list(self.spoils)), ("To be known", list(self.remarks))]
        for title, found in lists:
            rest = [f"and {len(found) - _MOST_SHOWN:,} more"] if len(found) > _MOST_SHOWN else []
            told.append((title, [*(one.told_from(self.root) for one in found[:_MOST_SHOWN]), *rest]))
        return [(title, lines) for title, lines in told if lines]

    def plain(self) -> dict[str, Any]:
        """Give everything as plain data, for JSON."""
        return {
            "folder": printable(self.root),
            "images": self.images,
            "counts": self.counts,
            "given_split": self.given,
            "sizes": None if self.sizes is None else asdict(self.sizes),
            "spoils": list(self.spoils),
            "remarks": list(self.remarks),
            "problems": [{"path": printable(one.path), "reason": one.reason} for one in self.problems],
            "duplicates": [
                {
                    "files": [printable(file) for file in one.files],
                    "exact": one.exact,
                    "classes": list(one.classes),
                    "parts": list(one.parts),
                }
                for one in self.duplicates
            ],
        }

    @property
    def _title(self) -> str:
        return f"{printable(self.root)}: {self.images:,} images in {len(self.counts)} class(es)"

    @property
    def _table(self) -> tuple[list[str], list[list[str]]]:
        parts = list(dict.fromkeys(part for row in self.counts.values() for part in row))
        rows = [(name, [row.get(part, 0) for part in parts]) for name, row in self.counts.items()]
        rows.append(("all", [sum(column) for column in zip(*(numbers for _, numbers in rows), strict=True)]))
        if parts == ["all"]:
            return ["class", "images"], [[name, f"{number:,}"] for name, (number,) in rows]
        body = [[name, *(f"{number:,}" for number in [sum(numbers), *numbers])] for name, numbers in rows]
        return ["class", "images", *parts], body
