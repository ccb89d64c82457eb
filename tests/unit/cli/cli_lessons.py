"""Lessons of a few cells, and the command line of a process that runs the command on them."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def write_lesson(folder: Path, number: str, *cells: str, name: str = "") -> Path:
    """Write a lesson of a few code cells after its parameters."""
    about = {"lesson": number, "title": f"Lesson {number}", "minutes": 5, "seconds": 2.0}
    sources = ['profile = "quick"\ndevice = "auto"\ndata = "photos"\nseed = 0', *cells]
    made = [
        {
            "cell_type": "code",
            "id": f"cell{place}",
            "metadata": {} if place else {"tags": ["parameters"]},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for place, source in enumerate(sources)
    ]
    notebook = {"cells": made, "metadata": {"tlnb": about}, "nbformat": 4, "nbformat_minor": 5}
    path = folder / (name or f"{number.replace('.', '_')}_lesson.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def start(lessons: Path, *arguments: str) -> list[str]:
    """Give the command line of a process that runs the command on a folder of lessons."""
    code = (
        "import sys; from pathlib import Path; import tlnb.course.lessons as there, tlnb.cli\n"
        "folder = Path(sys.argv.pop(1))\nthere.lessons_folder = lambda: folder\ntlnb.cli.main()"
    )
    return [sys.executable, "-c", code, str(lessons), *arguments]
