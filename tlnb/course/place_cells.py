"""What a lesson's notebook holds for other places than one's own machine: a badge under the title, a cell for Colab.

Both are made from the lesson's metadata and the repository's address, and put in where a notebook is made from its
source, so that the source stays what people write and review.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from tlnb.course.addresses import Repository, our_repository, path_in_repository
from tlnb.course.code import COLAB
from tlnb.course.lessons import lessons_folder

BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
_BEGINS = "[![Open in Colab]("
_CELL = """# @title Google Colab only: run this first. Elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install --quiet --no-deps "{package}"
    from tlnb.course.colab import prepare

    print(prepare())  # prepare(drive=True) keeps progress and runs on your Google Drive"""


def badge_line(about: Mapping[str, Any], address: str) -> str:
    """Write the badge that opens a lesson in Colab; what it takes shows where the pointer rests on it.

    Parameters
    ----------
    about : mapping
        The lesson's metadata: lesson, title, minutes, and seconds where they were measured.
    address : str
        Of the notebook in Colab.

    Examples
    --------
    >>> badge_line({"lesson": "3.1", "title": "Freezing", "minutes": 30, "seconds": 41}, "https://x.example/3.ipynb")
    '[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://x.example/3.ipynb \
"3.1 Freezing: 30 minutes to read, 41 seconds to compute on two cores")'
    """
    seconds = f", {about['seconds']:g} seconds to compute on two cores" if about.get("seconds") is not None else ""
    says = f"{about['lesson']} {about['title']}: {about['minutes']} minutes to read{seconds}".replace('"', "'")
    return f'{_BEGINS}{BADGE})]({address} "{says}")'


def colab_cell(ours: Repository) -> dict[str, Any]:
    """Return the cell that sets up Google Colab, and does nothing elsewhere; folded away in JupyterLab and in Colab."""
    return {
        "cell_type": "code",
        "id": "colab",
        "metadata": {"tags": [COLAB], "jupyter": {"source_hidden": True}, "cellView": "form"},
        "source": _CELL.format(package=ours.pip()),
        "execution_count": None,
        "outputs": [],
    }


def with_places(notebook: Mapping[str, Any], path: str, ours: Repository) -> dict[str, Any]:
    """Put the badge under a lesson's title and the cell for Colab after its opening; what was there of them goes.

    Parameters
    ----------
    notebook : mapping
        Of format 4, with ``source`` as a list of lines or one string. It stays as it is.
    path : str
        Of the notebook in the repository.
    ours : Repository
        Where it is.
    """
    made = deepcopy(dict(notebook))
    opening, *others = [cell for cell in made["cells"] if not is_for_colab(cell)]
    title, _, rest = without_badge("".join(opening["source"])).partition("\n")
    opening["source"] = f"{title}\n\n{badge_line(made['metadata']['tlnb'], ours.colab(path))}\n{rest}"
    made["cells"] = [opening, colab_cell(ours), *others]
    return made


def without_badge(text: str) -> str:
    r"""Take the badge out of a lesson's opening.

    Examples
    --------
    >>> line = badge_line({"lesson": "3.1", "title": "Freezing", "minutes": 30}, "https://x.example/3.ipynb")
    >>> without_badge(f"# 3.1 Freezing\n\n{line}\n\nA network…")
    '# 3.1 Freezing\n\nA network…'
    """
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if line.startswith(_BEGINS):
            del lines[place - 1 : place + 1]  # with the empty line before it
            return "\n".join(lines)
    return text


def is_for_colab(cell: Mapping[str, Any]) -> bool:
    """Say whether a cell is the one that sets up Colab."""
    return COLAB in cell["metadata"].get("tags", [])


def place_problems(notebook: Mapping[str, Any], path: Path) -> list[str]:
    """Say which of badge and cell a lesson's notebook lacks, or has otherwise than it should.

    Parameters
    ----------
    notebook : mapping
        As for `with_places`.
    path : Path
        Its file. One that is not among the lessons of the package needs neither, as a learner's copy.

    Returns
    -------
    list of str
        Empty if both are as they should be.
    """
    if not path.absolute().is_relative_to(lessons_folder()):
        return []
    wanted = with_places(notebook, path_in_repository(path.absolute()), our_repository())["cells"]
    found = []
    if _source(notebook["cells"][0]) != _source(wanted[0]):
        found.append(f"the opening lacks the badge {_source(wanted[0]).splitlines()[2]}")
    if [_source(cell) for cell in notebook["cells"][1:2] if is_for_colab(cell)] != [_source(wanted[1])]:
        found.append(f"the second cell is not the one, tagged {COLAB!r}, that sets up Colab")
    return found


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])
