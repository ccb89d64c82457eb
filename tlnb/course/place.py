"""A learner's course folder as a page steers it: what there is, and what can be done. A server and a panel both use it.

Everything that comes from a page is checked here. Lessons are named by number and never by path, and nothing outside
the course folder is read or written, whatever links lie in it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tlnb.core.errors import TlnbError, did_you_mean
from tlnb.course.copied_lines import copied_lines
from tlnb.course.copy_record import NAME, CopyError
from tlnb.course.copying import copy_lessons, make_usable, told_clearly
from tlnb.course.headless.child import Request
from tlnb.course.headless.queue import RunQueue
from tlnb.course.headless.states import GOING_ON
from tlnb.course.lessons import Lesson, lessons_folder
from tlnb.course.overview import course_overview, told_run
from tlnb.course.places import OutsideError, Places
from tlnb.course.resetting import reset_lesson
from tlnb.course.results import PROFILES
from tlnb.course.shipped import find_shipped

FOLDER = "tlnb-lessons"  # where `tlnb lab` copies the lessons to


class RequestError(TlnbError, ValueError):
    """A request that asks for what there is not, or not in the form that is needed."""


class NotNowError(TlnbError, RuntimeError):
    """Something that cannot be done as things stand."""


def course_folder(root: Path) -> Path:
    """Say where in a folder the lessons are: in itself if it is a copy of them, else in ``tlnb-lessons``.

    Examples
    --------
    >>> course_folder(Path("nowhere")).as_posix()
    'nowhere/tlnb-lessons'
    """
    return root if (root / NAME).is_file() else root / FOLDER


class CoursePlace:
    """A course folder below a root that paths are told relative to.

    Parameters
    ----------
    root : Path
        Of the server, or the working folder of a kernel.
    folder : Path, optional
        Where the learner's copy is or shall be; by default what `course_folder` says, each time anew.
    source : Path, optional
        Where the lessons are; by default those that came with the package.
    """

    def __init__(self, root: Path, folder: Path | None = None, source: Path | None = None) -> None:
        self._root, self._folder = root.expanduser().absolute(), folder
        self._source = source
        self._queues: dict[Path, RunQueue] = {}
        self._writing = threading.Lock()

    def state(self) -> dict[str, Any]:
        """Return the whole state, as plain data: see `tlnb.course.overview.course_overview`."""
        try:
            places = self._places()
        except OutsideError as error:
            nowhere = Places(self._root, self._root)
            return course_overview(nowhere, self._source, problems=[str(error)], there=False)
        try:
            return course_overview(places, self._source, self._queue(places).states())
        except OutsideError as error:
            return course_overview(places, self._source, problems=[str(error)])

    def runs(self) -> dict[str, dict[str, Any]]:
        """Return the state of each run alone, by lesson."""
        try:
            places = self._places()
            states = self._queue(places).states()
        except OutsideError:
            return {}
        return {lesson: told_run(state, places) for lesson, state in states.items()}

    def glossary(self) -> list[dict[str, Any]]:
        """Return the terms of the course: what each is called, says, and in which lessons it stands."""
        from tlnb.course.glossary import glossary

        return [
            {"term": one.term, "also": list(one.also), "says": one.says, "lessons": list(one.lessons)}
            for one in glossary()
        ]

    def act(self, action: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a page asks for.

        Parameters
        ----------
        action : {"copy", "open", "reset", "run", "stop"}
            What to do.
        fields : mapping
            ``lesson`` (its number), and for ``run`` the ``profile``.

        Returns
        -------
        dict
            What came of it, besides the new state.

        Raises
        ------
        RequestError
            If there is no such action, or it has other fields.
        LessonError
            If there is no such lesson.
        NotNowError, CopyError, OutsideError
            If it cannot be done as things stand.
        """
        actions: dict[str, tuple[Callable[..., dict[str, Any]], dict[str, Any]]] = {
            "copy": (self._copy, {}),
            "open": (self._open, {"lesson": None}),
            "reset": (self._reset, {"lesson": None}),
            "run": (self._run, {"lesson": None, "profile": "quick"}),
            "stop": (self._stop, {"lesson": None}),
        }
        if action not in actions:
            raise RequestError(f"There is no action {action!r}.{did_you_mean(action, actions)} {_listed(actions)}.")
        do, known = actions[action]
        return do(**_checked(action, fields, known))

    def close(self) -> None:
        """End all runs."""
        for queue in self._queues.values():
            queue.close()

    def _copy(self) -> dict[str, Any]:
        places = self._places()
        with self._writing:
            copied = copy_lessons(places.folder, self._source)
        return {"lines": copied_lines(Path(places.told(places.folder) or places.folder.name), copied)}

    def _open(self, lesson: str) -> dict[str, Any]:
        places, found = self._places(), find_shipped(lesson, self._source)
        return {"path": places.told(self._learners(places, found))}

    def _reset(self, lesson: str) -> dict[str, Any]:
        places, found = self._places(), find_shipped(lesson, self._source)
        self._own_path(places, found)
        with self._writing:
            reset = reset_lesson(places.folder, found, self._source)
        return {"path": places.told(reset.path), "kept": places.told(reset.kept) if reset.kept else None}

    def _run(self, lesson: str, profile: str) -> dict[str, Any]:
        places, found = self._places(), find_shipped(lesson, self._source)
        if profile not in PROFILES:
            raise RequestError(f"profile={profile!r} is not one of {', '.join(PROFILES)}.")
        missing = [name for name in ("papermill", "nbconvert", "psutil") if find_spec(name) is None]
        if missing:
            raise NotNowError(f'{", ".join(missing)} not installed. To run lessons: pip install "tlnb[course]"')
        path = self._learners(places, found)
        queue = self._queue(places)
        with told_clearly(queue.runs):
            make_usable(queue.runs, self._source or lessons_folder())
        before = queue.states().get(lesson)
        measured = before.measured if before else {}
        request = Request(lesson, found.title, str(path), str(queue.runs), profile, _cells(path), measured)
        if (before is not None and before.state in GOING_ON) or not queue.add(request):
            raise NotNowError(f"Lesson {lesson} is running already, or waits for its turn. Stop it first.")
        return {}

    def _stop(self, lesson: str) -> dict[str, Any]:
        places, found = self._places(), find_shipped(lesson, self._source)
        queue = self._queue(places)
        if not queue.stop(found.id):
            state = queue.states().get(lesson)
            if state is not None and state.state in GOING_ON:
                raise NotNowError(f"Lesson {lesson} was started by another program, which must stop it.")
            raise NotNowError(f"Lesson {lesson} is not running.")
        return {}

    def _learners(self, places: Places, lesson: Lesson) -> Path:
        """Return the learner's copy of a lesson; it is made where there is none."""
        path = self._own_path(places, lesson)
        if not path.exists():
            with self._writing:
                copy_lessons(places.folder, self._source, only=[lesson.id])
        if not path.is_file():
            raise CopyError(f"{path} is no file. Move it away, and the lesson is copied there.")
        return path

    def _own_path(self, places: Places, lesson: Lesson) -> Path:
        return places.inside(places.folder / lesson.path.relative_to(self._source or lessons_folder()))

    def _places(self) -> Places:
        folder = course_folder(self._root) if self._folder is None else self._root / self._folder.expanduser()
        return Places(self._root, folder).checked()

    def _queue(self, places: Places) -> RunQueue:
        runs = places.inside(places.folder / "runs")
        return self._queues.setdefault(runs, RunQueue(runs))


def _cells(notebook: Path) -> int:
    """Count what papermill will run: the code cells, and one of its own with the parameters."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return 1 + sum(cell["cell_type"] == "code" for cell in cells)
    except (OSError, ValueError, KeyError, TypeError):  # the run will say what is wrong with it
        return 0


def _checked(action: str, fields: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request, with defaults; RequestError where one is missing, unknown or no text."""
    if not isinstance(fields, Mapping):
        raise RequestError(f"The fields of {action!r} must be an object, not {fields!r}.")
    for name, value in fields.items():
        if name not in known:
            raise RequestError(f"{action!r} has no field {name!r}.{did_you_mean(str(name), known)} {_listed(known)}.")
        if not isinstance(value, str):
            raise RequestError(f"{name} must be a text, not {value!r}.")
    given = {**known, **fields}
    for name, value in given.items():
        if value is None:
            raise RequestError(f"{action!r} needs the field {name!r}.")
    return given


def _listed(names: Mapping[str, Any]) -> str:
    return f"There {'is' if len(names) == 1 else 'are'} {', '.join(names) or 'none'}"
