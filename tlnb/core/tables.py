"""Results that show themselves as a table: aligned text in a terminal, HTML in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape


class Table(ABC):
    """Mixin for result classes; they give `table()`, and get a text and an HTML form."""

    @abstractmethod
    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows, as text."""

    def __repr__(self) -> str:
        header, rows = self.table()
        return text_table(header, rows)

    def _repr_html_(self) -> str:
        header, rows = self.table()
        return html_table(header, rows)


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] | None = None) -> str:
    """Align cells into columns: the first to the left, the others, or those named in `right`, to the right.

    Examples
    --------
    >>> print(text_table(["group", "parameters"], [["stem", "928"], ["head", "2,562"]]))
    group  parameters
    stem          928
    head        2,562
    >>> print(text_table(["name", "images", "licence"], [["photos", "7", "free"]], right=["images"]))
    name    images  licence
    photos       7  free
    """
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]

    places = range(len(header))
    numbers = places[1:] if right is None else [place for place in places if header[place] in right]

    def line(row: Sequence[str]) -> str:
        cells = [
            str(cell).rjust(width) if place in numbers else str(cell).ljust(width)
            for place, cell, width in zip(places, row, widths, strict=True)
        ]
        return "  ".join(cells).rstrip()

    return "\n".join(line(row) for row in [header, *rows])


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an HTML table, its text escaped; colours come from the page, so light and dark both read."""

    def cells(tag: str, row: Sequence[str]) -> str:
        align = ["left"] + ["right"] * (len(row) - 1)
        return "".join(
            f'<{tag} style="text-align:{a};padding:2px 10px">{escape(str(c))}</{tag}>'
            for a, c in zip(align, row, strict=True)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', header)}</tr></thead><tbody>{body}</tbody></table>"
