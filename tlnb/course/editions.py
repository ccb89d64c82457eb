"""Editions of a lesson: the learner's, which has solutions folded away, and the classroom's, which has none.

A solution is there to be read: a cell of text, after the cell that checks the exercise. As code it would run along with
the rest and answer in the learner's place.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tlnb.core.errors import TlnbError, did_you_mean
from tlnb.course.checks import find_exercise
from tlnb.course.place_cells import without_badge

EDITIONS = ("learner", "classroom")
SOLUTION_TAG = "tlnb-solution"
_CHECKED = re.compile(r"""^check\(\s*["'](\d+\.\d+\.[a-z])["']""", re.MULTILINE)


def read_edition(path: Path, edition: str) -> dict[str, Any]:
    """Read a lesson of the package in one of its editions.

    Parameters
    ----------
    path : Path
        The lesson's notebook.
    edition : {"learner", "classroom"}
        Which.

    Returns
    -------
    dict
        The notebook, as JSON has it. Its own cells, their ids, outputs and metadata are as they were.

    Raises
    ------
    TlnbError
        If there is no such edition.
    ExerciseError
        If the lesson checks an exercise that does not exist.
    """
    if edition not in EDITIONS:
        raise TlnbError(f"edition={edition!r} is not one of {', '.join(EDITIONS)}.{did_you_mean(edition, EDITIONS)}")
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    cells: list[dict[str, Any]] = []
    for cell in notebook["cells"]:
        cells.append(cell if cells else _opening(cell))
        if edition == "learner" and cell["cell_type"] == "code":
            cells += [_solution_cell(name) for name in _CHECKED.findall("".join(cell["source"]))]
    return {**notebook, "cells": cells}


def notebook_text(notebook: dict[str, Any]) -> str:
    """Write a notebook as nbformat does, so that only what differs shows in a comparison."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _opening(cell: dict[str, Any]) -> dict[str, Any]:
    """Take the badge out: whoever has a copy is in a place already, and opening it shall ask nothing of the network."""
    return {**cell, "source": without_badge("".join(cell["source"])).splitlines(keepends=True)}


def _solution_cell(exercise: str) -> dict[str, Any]:
    code = find_exercise(exercise).solution.rstrip()
    text = (
        f"<details>\n<summary>One solution of exercise {exercise} (try it yourself first)</summary>\n\n"
        f"```python\n{code}\n```\n\n</details>"
    )
    return {
        "cell_type": "markdown",
        "id": f"solution-{exercise.replace('.', '-')}",
        "metadata": {"tags": [SOLUTION_TAG]},
        "source": text.splitlines(keepends=True),
    }
