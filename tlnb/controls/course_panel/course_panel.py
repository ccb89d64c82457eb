"""The control: what the server extension does for the panel in JupyterLab, the kernel does for this one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from tlnb.controls.control import Control
from tlnb.controls.course_panel.words import course_says, goes_on

if TYPE_CHECKING:
    from tlnb.core.figures import Figure

log = logging.getLogger("tlnb")

_SECONDS = 1.0  # between two looks at what runs


class Course(Protocol):
    """What the panel steers; `tlnb.course.place.CoursePlace` is one."""

    def state(self) -> dict[str, Any]:
        """Return the whole state, as plain data."""

    def act(self, action: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Do something; TlnbError where it cannot be done."""

    def glossary(self) -> list[dict[str, Any]]:
        """Return the terms of the course."""


class CoursePanel(Control):
    """The whole course: lessons and what was done in them, runs without a page, the machine, the glossary.

    `tlnb.course.panel` makes one for the folder that a kernel is in.

    Parameters
    ----------
    course : Course
        What is shown and steered.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tlnb.course.place import CoursePlace
    >>> CoursePanel(CoursePlace(Path("nowhere")))  # doctest: +ELLIPSIS
    CoursePanel: 0 of ... lessons done. Next: exercise 0.0.a.
    """

    bundle_name = "course_panel"

    def __init__(self, course: Course) -> None:
        super().__init__()
        self._course = course
        self._answer: dict[str, Any] | None = None
        self._follower: threading.Thread | None = None
        self._following = threading.Lock()

    def _says(self) -> str:
        return course_says(self._course.state())

    def _state(self) -> dict[str, Any]:
        return self._course.state()

    def _whole_state(self) -> dict[str, Any]:
        state = self._state()
        self._follow(state)
        return {"says": course_says(state), "code": None, **state}

    def _tell_state(self, **answer: Any) -> None:
        given, self._answer = self._answer, None
        super()._tell_state(**answer, **({} if given is None else {"answer": given}))

    def _picture(self) -> Figure:
        from tlnb.controls.course_panel.picture import picture

        return picture(self._course.state())

    def _act(self, action: str, fields: dict[str, Any], commit: bool) -> None:
        if action == "glossary":
            self.send({"kind": "glossary", "terms": self._course.glossary()})
        else:
            self._answer = self._course.act(action, fields)

    def _follow(self, state: Mapping[str, Any]) -> None:
        """Tell of what runs from now on, in a thread, until nothing runs or nobody looks."""
        with self._following:
            if self._follower is None and goes_on(state):
                self._follower = threading.Thread(target=self._tell_progress, name="tlnb-course", daemon=True)
                self._follower.start()

    def _tell_progress(self) -> None:
        wait = threading.Event()
        going = True
        while going:
            wait.wait(_SECONDS)
            try:
                state = self._course.state()
                going = bool(self._views) and self.comm is not None and goes_on(state)
                if self._views:
                    self.send({"kind": "state", "state": {"says": course_says(state), "code": None, **state}})
            except Exception:  # the line to the page is closed, or the folder is gone: whoever looks again asks anew
                log.debug("The course's progress could not be told.", exc_info=True)
                going = False
        with self._following:
            self._follower = None
