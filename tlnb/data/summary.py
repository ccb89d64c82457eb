"""A data set at a glance, as text and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from tlnb.core.tables import html_table, text_table

if TYPE_CHECKING:
    from tlnb.data.images import ImageData


@dataclass(frozen=True)
class DataSummary:
    """How many images of each class are for what.

    Parameters
    ----------
    title : str
        What is counted, in a line.
    counts : dict of str to tuple of int
        Class -> images to train, to validate, to test.
    notes : tuple of str
        What else one should know.
    """

    title: str
    counts: dict[str, tuple[int, int, int]]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The table with its header and its sums."""
        numbers = [*self.counts.values()]
        sums = [sum(column) for column in zip(*numbers, strict=True)]
        table: list[tuple[str, ...]] = [("class", "train", "valid", "test", "all")]
        for name, row in zip([*self.counts, "all"], [*numbers, sums], strict=True):
            table.append((name, *(f"{number:,}" for number in [*row, sum(row)])))
        return table

    def __str__(self) -> str:
        header, *body = self.rows
        return "\n".join([self.title, text_table(header, body), *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        header, *body = self.rows
        notes = "".join(f"<div>{escape(note)}</div>" for note in self.notes)
        return f"<div>{escape(self.title)}</div>{html_table(header, body)}{notes}"


def summarise(images: ImageData) -> DataSummary:
    """Count the images of each class in each part."""
    train, valid, test = (part.per_class for part in (images.train, images.valid, images.test))
    notes: tuple[str, ...] = (f"Licence: {images.card.licence}",)
    if images.problems:
        notes = (f"{len(images.problems)} file(s) left out: see .problems", *notes)
    return DataSummary(
        title=f"{images.card.title}: {images.shape_text}",
        counts={name: (train[name], valid[name], test[name]) for name in images.classes},
        notes=notes,
    )
