"""The whole course as a page shows it: lessons and what was done in them, the learner's copy, runs, machine, cache.

Nothing is written here, and no torch is imported. What is damaged is told in its place and takes nothing else down:
`problems` has a line for each.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tlnb._version import __version__
from tlnb.core.journal_file import empty_journal, journal_path, load_journal
from tlnb.core.syllabus import numbers, syllabus
from tlnb.course.addresses import colab_address
from tlnb.course.copies import Copy, look_up_copy, look_up_record
from tlnb.course.headless.states import RunState
from tlnb.course.host import cache_state, device_state
from tlnb.course.lessons import Lesson, lessons_folder
from tlnb.course.places import Places
from tlnb.course.progress import CourseProgress, LessonProgress, course_progress
from tlnb.course.shipped import Shipped, ShippedLesson, shipped_lessons

log = logging.getLogger("tlnb")

FORMAT = 1
_FIRST = "Start here"  # chapter 0, which the syllabus does not have


def course_overview(
    places: Places,
    source: Path | None = None,
    runs: Mapping[str, RunState] | None = None,
    problems: Sequence[str] = (),
    there: bool = True,
) -> dict[str, Any]:
    """Return the state of a course folder, as plain data.

    Parameters
    ----------
    places : Places
        The root that paths are told relative to, and the course folder.
    source : Path, optional
        Where the lessons are; by default those that came with the package.
    runs : mapping of str to RunState, optional
        What runs or ran, by lesson.
    problems : sequence of str
        What the caller found wrong.
    there : bool
        Whether to look into the course folder at all.

    Returns
    -------
    dict
        For `json`; docs/course_server.md says what it holds.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> state = course_overview(Places(root, root / "tlnb-lessons"))
    >>> state["folder"], state["chapters"][3]["title"], state["chapters"][3]["lessons"][0]["status"]
    (None, 'Fine-tuning techniques', 'not begun')
    """
    shipped = shipped_lessons(source)
    journal, wrong = _journal()
    titles = {planned.id: planned.title for planned in syllabus()}
    titles |= {name: one.lesson.title for name, one in shipped.lessons.items()}
    done = course_progress(journal, titles)
    copies, told = _copies(places, source, shipped) if there else ({}, None)
    found = [*shipped.problems, *problems, *(line for line in (wrong, told) if line)]
    found += [
        f"{places.told(copy.path)} is no notebook any more; reset the lesson to get it back. Yours is kept."
        for copy in copies.values()
        if copy.damaged
    ]
    views = _Views(places, shipped, copies, journal, {one.id: one for one in done.lessons}, runs or {})
    return {
        "format": FORMAT,
        "tlnb": __version__,
        "folder": places.told(places.folder) if copies else None,
        "chapters": views.chapters(titles),
        "next": _next(done),
        "device": device_state(),
        "cache": cache_state(),
        "problems": found,
    }


def told_run(state: RunState, places: Places) -> dict[str, Any]:
    """Return how far a run is, as plain data, with paths as the server has them; a file that is gone is left out."""
    runs = places.folder / "runs"
    files = {"notebook": state.notebook, "report": state.report}
    paths = {
        name: places.told(runs / file) if file and (runs / file).is_file() else None for name, file in files.items()
    }
    about = {"state": state.state, "profile": state.profile, "cell": state.cell, "of": state.of}
    return {**about, "seconds": state.seconds, "error": state.error, **paths}


@dataclass(frozen=True)
class _Views:
    """What is known of all lessons, and how each of them is told."""

    places: Places
    shipped: Shipped
    copies: Mapping[str, Copy]
    journal: Mapping[str, Any]
    done: Mapping[str, LessonProgress]
    runs: Mapping[str, RunState]

    def chapters(self, titles: Mapping[str, str]) -> list[dict[str, Any]]:
        names = {int(planned.id.partition(".")[0]): planned.chapter for planned in syllabus()}
        chapters: dict[int, dict[str, Any]] = {}
        for lesson in sorted({*titles, *self.shipped.lessons}, key=numbers):
            number = numbers(lesson)[0]
            title = names.get(number, _FIRST)
            chapter = chapters.setdefault(number, {"number": number, "title": title, "lessons": []})
            chapter["lessons"].append(self.lesson(lesson, titles[lesson]))
        return list(chapters.values())

    def lesson(self, name: str, title: str) -> dict[str, Any]:
        there, copy, run = self.shipped.lessons.get(name), self.copies.get(name), self.runs.get(name)
        exercises, quizzes = self.exercises(name), self.quizzes(name, there)
        worked_on = copy is not None and copy.edited
        return {
            "id": name,
            "title": title,
            "minutes": there.lesson.minutes if there else None,
            "seconds": _seconds(there, run),
            "path": self.places.told(copy.path) if copy else None,
            "written": there is not None,
            "edited": worked_on,
            "beside": self.places.told(copy.beside) if copy and copy.beside else None,
            "status": status_of(exercises, quizzes, worked_on, ran=run is not None and run.state == "done"),
            "exercises": exercises,
            "quizzes": quizzes,
            "colab": _colab(there.lesson) if there else None,
            "run": told_run(run, self.places) if run else None,
        }

    def exercises(self, lesson: str) -> list[dict[str, Any]]:
        done = self.done.get(lesson)
        told = []
        for name in done.exercises if done else ():
            entry = self.journal["exercises"].get(name, {})
            helped = bool(entry.get("hints") or entry.get("solution"))
            passed, attempts = bool(entry.get("passed")), entry.get("attempts", 0)
            told.append({"id": name, "passed": passed, "attempts": attempts, "helped": helped})
        return told

    def quizzes(self, lesson: str, there: ShippedLesson | None) -> dict[str, int]:
        """Count answers to the questions that the lesson has now: others were taken out of it."""
        names = there.quizzes if there else ()
        entries = [entry for name in names if (entry := self.journal["quizzes"].get(name))]
        return {"answered": len(entries), "right": sum(bool(one.get("right")) for one in entries), "of": len(names)}


def status_of(exercises: Sequence[Mapping[str, Any]], quizzes: Mapping[str, int], edited: bool, ran: bool) -> str:
    """Say how a lesson stands.

    A lesson is done when all its exercises are passed and all its quizzes right. One that asks nothing is done when it
    was run to its end here. Begun is what anything was done in: an answer, a look at help, a cell changed.

    Parameters
    ----------
    exercises : sequence of mapping
        passed, attempts and helped of each.
    quizzes : mapping
        answered and right, of how many.
    edited, ran : bool
        Whether the learner's copy was changed, and whether its last run came to its end.

    Returns
    -------
    {"not begun", "begun", "done"}

    Examples
    --------
    >>> status_of([], {"answered": 2, "right": 1, "of": 2}, edited=False, ran=True)
    'begun'
    """
    asks = bool(exercises or quizzes["of"])
    if asks and all(one["passed"] for one in exercises) and quizzes["right"] == quizzes["of"]:
        return "done"
    if not asks and ran:
        return "done"
    tried = any(one["attempts"] or one["helped"] for one in exercises)
    return "begun" if tried or quizzes["answered"] or edited else "not begun"


def _copies(places: Places, source: Path | None, shipped: Shipped) -> tuple[dict[str, Copy], str | None]:
    """Look at the learner's copies; one that a link leads out of the folder is not looked at."""
    record, wrong = look_up_record(places.folder)
    found = {}
    for name, one in shipped.lessons.items():
        try:
            folder = source or lessons_folder()
            places.inside(places.folder / one.lesson.path.relative_to(folder))
            copy = look_up_copy(places.folder, one.lesson, folder, record)
        except PermissionError as error:
            wrong = wrong or str(error)
            continue
        if copy is not None:
            found[name] = copy
    return found, wrong


def _journal() -> tuple[dict[str, Any], str | None]:
    try:
        return load_journal(journal_path()), None
    except Exception as error:  # damaged, forbidden, of a later version, or no home at all
        reason = getattr(error, "strerror", None) or str(error)
        return empty_journal(), f"Your progress cannot be read ({reason}): it is shown as if nothing was done."


@cache
def _colab(lesson: Lesson) -> str | None:
    """Return where Colab opens a lesson; None for one that is no lesson of ours, or in no repository that we know."""
    return colab_address(lesson) if lesson.path.is_relative_to(lessons_folder()) else None


def _next(done: CourseProgress) -> dict[str, str] | None:
    return {"lesson": done.next.rpartition(".")[0], "exercise": done.next} if done.next else None


def _seconds(there: ShippedLesson | None, run: RunState | None) -> dict[str, Any] | None:
    if run is not None and "quick" in run.measured:
        return {"value": run.measured["quick"], "measured": "here"}
    if there is None or there.lesson.seconds is None:
        return None
    return {"value": there.lesson.seconds, "measured": "by us"}
