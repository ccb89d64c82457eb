"""The syllabus: chapters, lessons, and every claim that the course must put to the test (syllabus.toml, beside)."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tlnb.core.errors import TlnbError, did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")
SHOWS = ("measure", "build", "compute")


class ClaimError(TlnbError, ValueError):
    """A claim that the syllabus does not have, or evidence that does not belong to it."""


@dataclass(frozen=True)
class Claim:
    """One sentence that a lesson tests.

    Attributes
    ----------
    id : str
        Chapter, lesson and claim: ``"3.1.2"``.
    show : {"measure", "build", "compute"}
        Which evidence it asks for; measured and built claims are judged by the one rule.
    says : str
        The claim in plain words.
    """

    id: str
    show: str
    says: str

    @property
    def lesson(self) -> str:
        """The lesson it belongs to: ``"3.1"``."""
        return self.id.rpartition(".")[0]


@dataclass(frozen=True)
class SyllabusLesson:
    """A lesson as the syllabus has it, written or not.

    Attributes
    ----------
    id, slug, title : str
        ``"3.1"``, ``"freezing"``, and what it is called.
    chapter : str
        Title of its chapter.
    claims : tuple of Claim
        What it must test.
    names : tuple of str
        Methods, models and data sets that it must really run, load or inspect.
    further : tuple of str
        Topics of its optional last part.
    folder : str
        The folder of its chapter: ``"03_fine_tuning"``.
    """

    id: str
    slug: str
    title: str
    chapter: str
    claims: tuple[Claim, ...]
    names: tuple[str, ...]
    further: tuple[str, ...]
    folder: str


@functools.cache
def syllabus() -> tuple[SyllabusLesson, ...]:
    """Return the lessons of the syllabus, in order.

    Examples
    --------
    >>> lessons = syllabus()
    >>> len(lessons), sum(len(lesson.claims) for lesson in lessons)
    (33, 163)
    """
    content = tomllib.loads(Path(__file__).with_name("syllabus.toml").read_text(encoding="utf-8"))
    further = [(part["lesson"], part["topic"]) for part in content["further"]]
    return tuple(_lesson(chapter, lesson, further) for chapter in content["chapter"] for lesson in chapter["lesson"])


def _lesson(chapter: dict[str, Any], lesson: dict[str, Any], further: list[tuple[str, str]]) -> SyllabusLesson:
    name = f"{chapter['number']}.{lesson['number']}"
    return SyllabusLesson(
        name,
        lesson["slug"],
        lesson["title"],
        chapter["title"],
        tuple(Claim(**claim) for claim in lesson["claims"]),
        tuple(lesson.get("names", ())),
        tuple(topic for where, topic in further if where == name),
        f"{chapter['number']:02}_{chapter['slug']}",
    )


def all_claims() -> tuple[Claim, ...]:
    """Return every claim of the syllabus, in order."""
    return tuple(claim for lesson in syllabus() for claim in lesson.claims)


def numbers(name: str) -> tuple[int, ...]:
    """Return the numbers in a lesson's or a claim's id, to sort by: 3.10 comes after 3.9.

    Examples
    --------
    >>> sorted(["3.10", "3.9"], key=numbers)
    ['3.9', '3.10']
    """
    return tuple(int(part) for part in name.split("."))


def find_planned(name: str) -> SyllabusLesson:
    """Return a lesson of the syllabus by its id, written or not.

    Raises
    ------
    ClaimError
        If there is none; near ids are given.

    Examples
    --------
    >>> find_planned("3.1").folder, find_planned("3.1").slug
    ('03_fine_tuning', 'freezing')
    """
    return _find("lesson", name, {lesson.id: lesson for lesson in syllabus()})


def find_claim(name: str) -> Claim:
    """Return a claim by its id.

    Raises
    ------
    ClaimError
        If there is none; near ids are given.

    Examples
    --------
    >>> find_claim("3.1.5").says
    'Discriminative fine-tuning gives groups of layers different rates.'
    """
    return _find("claim", name, {claim.id: claim for claim in all_claims()})


def _find(what: str, name: str, there: Mapping[str, T]) -> T:
    if name not in there:
        raise ClaimError(f"The syllabus has no {what} {name!r}.{did_you_mean(str(name), there)}")
    return there[name]
