"""The state of a course in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

GOING_ON = ("waiting", "running")


def lessons_of(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give each lesson of a state that this release has."""
    for chapter in state["chapters"]:
        yield from (lesson for lesson in chapter["lessons"] if lesson["written"])


def goes_on(state: Mapping[str, Any]) -> bool:
    """Say whether a lesson runs, or waits for its turn."""
    return any(lesson["run"] and lesson["run"]["state"] in GOING_ON for lesson in lessons_of(state))


def course_says(state: Mapping[str, Any]) -> str:
    """Say how far the course is, what is next, and what runs.

    Examples
    --------
    >>> lesson = {"id": "3.1", "written": True, "status": "begun", "run": {"state": "running", "cell": 3, "of": 21}}
    >>> course_says({"chapters": [{"lessons": [lesson]}], "next": {"lesson": "3.1", "exercise": "3.1.a"}})
    '0 of 1 lesson done, 1 begun. Next: exercise 3.1.a. Running: 3.1, cell 3 of 21.'
    """
    lessons = list(lessons_of(state))
    done, begun = (sum(lesson["status"] == status for lesson in lessons) for status in ("done", "begun"))
    said = [
        f"{done} of {len(lessons)} lesson{'s' if len(lessons) != 1 else ''} done{f', {begun} begun' if begun else ''}."
    ]
    if state["next"]:
        said.append(f"Next: exercise {state['next']['exercise']}.")
    running = [lesson for lesson in lessons if lesson["run"] and lesson["run"]["state"] in GOING_ON]
    if running:
        said.append(f"Running: {', '.join(run_says(lesson) for lesson in running)}.")
    return " ".join(said)


def run_says(lesson: Mapping[str, Any]) -> str:
    """Say how far the run of a lesson is.

    Examples
    --------
    >>> run_says({"id": "3.1", "run": {"state": "waiting", "cell": 0, "of": 21}})
    '3.1 (waits)'
    """
    run = lesson["run"]
    return (
        f"{lesson['id']}, cell {run['cell']} of {run['of']}" if run["state"] == "running" else f"{lesson['id']} (waits)"
    )
