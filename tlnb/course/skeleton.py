"""The skeleton of a lesson: its source, its exercise and its record, from what the syllabus says of it.

It runs from the first minute on, and has all that every lesson must have. What its author is to write says TODO; a
verdict it has none: each claim is "not run" until its plan stands in the record.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path

import jinja2

from tlnb.core.errors import TlnbError
from tlnb.core.files import write_json
from tlnb.core.syllabus import SyllabusLesson, find_planned, numbers, syllabus
from tlnb.evaluation.claims.records import FORMAT, file_name

MINUTES = 30
_WIDTH = 118  # of prose, behind "# "


class SkeletonError(TlnbError, ValueError):
    """A skeleton that would overwrite something, or has no place."""


@dataclass(frozen=True)
class Skeleton:
    """The files of a new lesson: its percent source, its exercises and its record."""

    source: Path
    answers: Path
    record: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (self.source, self.answers, self.record)


def new_lesson(name: str, root: str | Path) -> Skeleton:
    """Write the skeleton of a lesson into a checkout of the repository.

    Parameters
    ----------
    name : str
        ``"5.1"``: a lesson of the syllabus.
    root : str or Path
        The folder with ``notebooks`` and ``tlnb``; what is missing of them is made.

    Returns
    -------
    Skeleton
        What was written.

    Raises
    ------
    ClaimError
        If the syllabus has no such lesson.
    SkeletonError
        If a file of the lesson is there already: nothing is written then.

    Examples
    --------
    >>> import tempfile
    >>> made = new_lesson("5.1", tempfile.mkdtemp())
    >>> [path.name for path in made.files]
    ['01_cnn_as_extractor.py', 'lesson_5_1.py', '05_01.json']
    """
    planned = find_planned(name)
    made = skeleton_of(planned, Path(root))
    _refuse_to_overwrite(planned, made)
    content = {"format": FORMAT, "lesson": planned.id, "plan": empty_plan(planned), "run": None}
    for path, template in ((made.source, "skeleton_lesson.py.j2"), (made.answers, "skeleton_answers.py.j2")):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # "x": what appears meanwhile is not overwritten either
            file.write(_fill(template, planned))
    write_json(made.record, content)
    return made


def skeleton_of(planned: SyllabusLesson, root: Path) -> Skeleton:
    """Say where the files of a lesson stand in a checkout, written or not."""
    chapter, number = numbers(planned.id)
    return Skeleton(
        root / "notebooks" / planned.folder / f"{number:02}_{planned.slug}.py",
        root / "tlnb" / "course" / "answers" / f"lesson_{chapter}_{number}.py",
        root / "notebooks" / "records" / file_name(planned.id),
    )


def empty_plan(planned: SyllabusLesson) -> dict[str, dict[str, object]]:
    """Return a plan that still asks nothing: an entry for each claim, with tests for those that are to be measured."""
    return {claim.id: {"question": ""} | ({} if claim.show == "compute" else {"tests": []}) for claim in planned.claims}


def _refuse_to_overwrite(planned: SyllabusLesson, made: Skeleton) -> None:
    number = made.source.name[:3]
    there = [path for path in made.files if path.exists()]
    there += [path for path in sorted(made.source.parent.glob(f"{number}*")) if path not in there]
    if there:
        raise SkeletonError(
            f"Lesson {planned.id} is begun already: {', '.join(map(str, there))}. Nothing was written; move what is "
            "there away first, or give another folder."
        )


def _fill(template: str, planned: SyllabusLesson) -> str:
    settings = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    settings.filters["prose"] = _prose
    settings.filters["record"] = file_name
    settings.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    later = [one for one in syllabus() if numbers(one.id) > numbers(planned.id)]
    return settings.get_template(template).render(
        lesson=planned, minutes=MINUTES, following=later[0] if later else None
    )


def _prose(text: str, begin: str = "") -> str:
    """Write a paragraph as comment lines of a percent source, each beginning with some mark."""
    lines = textwrap.wrap(text, _WIDTH - len(begin), break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"# {begin}{line}" for line in lines)
