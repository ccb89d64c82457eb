"""The course panel in a notebook, for hosts that have none beside it: Colab, VS Code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlnb.controls import CoursePanel


def panel(folder: str | Path | None = None) -> CoursePanel:
    """Show the course: its lessons, what is done, runs without a page, the glossary.

    Parameters
    ----------
    folder : str or Path, optional
        Your copy of the lessons. By default the one that this kernel works in; else ``tlnb-lessons`` in its folder,
        where the panel makes one on wish.

    Returns
    -------
    CoursePanel
        Shows itself as the last value of a cell.

    Raises
    ------
    ImportError
        If anywidget is not installed.

    Examples
    --------
    >>> panel("nowhere")  # doctest: +ELLIPSIS
    CoursePanel: 0 of ... lessons done. Next: exercise 0.0.a.
    """
    from tlnb.controls import CoursePanel
    from tlnb.course.place import CoursePlace

    found = nearest_copy(Path.cwd()) if folder is None else Path(folder).expanduser().absolute()
    here = Path.cwd()
    return CoursePanel(CoursePlace(here if found.is_relative_to(here) else found, found))


def nearest_copy(here: Path) -> Path:
    """Return the copy of the lessons that a folder is in, or has; else where one would be made.

    Examples
    --------
    >>> nearest_copy(Path("/nowhere/at/all")).as_posix()
    '/nowhere/at/all/tlnb-lessons'
    """
    from tlnb.course.copy_record import NAME
    from tlnb.course.place import FOLDER

    above = (folder for folder in (here, *here.parents) if (folder / NAME).is_file())
    return next(above, here / FOLDER)
