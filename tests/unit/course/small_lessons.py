"""Lessons of a few cells, written for a test."""

from __future__ import annotations

from pathlib import Path

import nbformat

FIGURE = (
    "from tlnb.core.figures import figure\n"
    "fig, axes = figure(3, 2)\n_ = axes.plot([1, 2])\n_ = axes.set_title('Up <it> goes')\nfig"
)


def write_lesson(folder: Path, number: str, *cells: str, name: str = "", title: str = "") -> Path:
    """Write a small lesson; a cell that starts with # is text."""
    v4 = nbformat.v4
    parameters = v4.new_code_cell('profile = "quick"\ndevice = "auto"', metadata={"tags": ["parameters"]})
    made = [v4.new_markdown_cell(cell) if cell.startswith("#") else v4.new_code_cell(cell) for cell in cells]
    about = {"lesson": number, "title": title or f"Lesson {number}", "minutes": 5, "seconds": 2.0}
    notebook = v4.new_notebook(cells=[parameters, *made], metadata={"tlnb": about})
    path = folder / (name or f"{number.replace('.', '_')}_lesson.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def write_three(folder: Path) -> Path:
    """Write three lessons: one draws, one fails, one echoes its parameters."""
    write_lesson(folder, "0.0", "# Start\n## A **first** figure", FIGURE, title="Start <here>")
    write_lesson(folder, "3.1", "left = 1\n1 / 0", "never = 1")
    write_lesson(folder, "3.10", "print(profile, device)")
    return folder
