"""Executed notebooks as pages, and the figures in them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tlnb.core.files import atomic_path

_CARD = re.compile(r"Claim \d+\.\d+\.\d+:")  # the description of a claim's card, as a picture


@dataclass(frozen=True)
class Picture:
    """A figure of a lesson: PNG as base64, the heading that it stood under, and its description."""

    png: str
    heading: str
    alt: str


def pictures(notebook: Path) -> Iterator[Picture]:
    """Yield the figures of an executed notebook, in order; claim cards are left out, since the ledger has them.

    Parameters
    ----------
    notebook : Path
        A notebook file.

    Yields
    ------
    Picture
        With the nearest heading above it.
    """
    heading = ""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "markdown":
            heads = re.findall(r"^#+\s+(.+)$", cell.source, flags=re.MULTILINE)
            heading = re.sub(r"[*`$]", "", heads[-1]) if heads else heading
        for output in cell.get("outputs", []):
            png = output.get("data", {}).get("image/png")
            alt = output.get("metadata", {}).get("image/png", {}).get("alt", heading)
            if png and not _CARD.match(alt):
                yield Picture("".join(png.split()), heading, alt)


def write_page(notebook: Path) -> Path:
    """Write an executed notebook as a page beside it.

    Parameters
    ----------
    notebook : Path
        The .ipynb file; one that was never written gives no page.

    Returns
    -------
    Path
        The .html file.
    """
    from nbconvert import HTMLExporter

    quiet = logging.getLogger("tlnb.pages")
    quiet.setLevel(logging.ERROR)  # it warns of every picture without a description: its template drops ours
    page = notebook.with_suffix(".html")
    if notebook.exists():
        html, _ = HTMLExporter(log=quiet).from_filename(str(notebook))
        with atomic_path(page) as temporary:
            temporary.write_text(html, encoding="utf-8")
    return page
