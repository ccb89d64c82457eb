"""The page that ends a run: what ran where, how each lesson went, its figures. One file, no network."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from tlnb.core.files import atomic_path
from tlnb.core.progress import duration

if TYPE_CHECKING:
    from tlnb.course.runner import CourseRun

_TEMPLATE = Path(__file__).with_name("report.html.j2")


@dataclass(frozen=True)
class Picture:
    """A figure of a lesson: PNG as base64, the heading that it stood under, and its description."""

    png: str
    heading: str
    alt: str


def pictures(notebook: Path) -> Iterator[Picture]:
    """Yield the PNG outputs of an executed notebook, in order.

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
            if png:
                alt = output.metadata.get("image/png", {}).get("alt", heading)
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


def write_report(course: CourseRun) -> Path:
    """Write ``report.html`` into the run's folder.

    Parameters
    ----------
    course : CourseRun
        What ran.

    Returns
    -------
    Path
        The page.
    """
    from jinja2 import Environment, StrictUndefined

    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template.filters["duration"] = duration
    lessons = []
    for lesson in course.lessons:
        notebook = course.folder / lesson.notebook
        page = Path(lesson.notebook).with_suffix(".html")
        lessons.append(
            {
                "run": lesson,
                "pictures": list(pictures(notebook)) if notebook.exists() else [],
                "page": page.as_posix() if (course.folder / page).exists() else None,
            }
        )
    html = template.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(course=course, lessons=lessons)
    target = course.folder / "report.html"
    with atomic_path(target) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return target
