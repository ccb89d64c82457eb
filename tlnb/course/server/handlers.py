"""The addresses of the extension: who may ask is jupyter_server's business, what is asked the course folder's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from tlnb.core.errors import TlnbError

if TYPE_CHECKING:
    from tlnb.course.server.extension import TlnbCourse

_MOST_BYTES = 10_000  # of a request; the longest that we know has fifty


class _CourseHandler(APIHandler):
    """Base: refusals as ``{"message": …}``, with the status that says whose mistake it is."""

    auth_resource = "tlnb"

    def initialize(self, course: TlnbCourse) -> None:
        self.course = course

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, TlnbError):
            self.set_status(status_of(error))
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps({"message": str(error)}))
        else:
            super().write_error(status_code, **kwargs)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        if not isinstance(error, TlnbError):  # those are told to whoever asked
            super().log_exception(kind, error, trace)


class StateHandler(_CourseHandler):
    """``GET tlnb/api/course``: the whole state."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the state."""
        self.finish(json.dumps(await self.course.work(lambda place: place.state())))


class RunsHandler(_CourseHandler):
    """``GET tlnb/api/runs``: the runs alone."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the runs."""
        self.finish(json.dumps(await self.course.work(lambda place: place.runs())))


class GlossaryHandler(_CourseHandler):
    """``GET tlnb/api/glossary``: the terms of the course."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the terms."""
        self.finish(json.dumps(await self.course.work(lambda place: place.glossary())))


class ActionHandler(_CourseHandler):
    """``POST tlnb/api/<action>``: do something."""

    @web.authenticated
    @authorized
    async def post(self, action: str) -> None:
        """Do it, and answer with what came of it and the new state."""
        if len(self.request.body) > _MOST_BYTES:
            raise web.HTTPError(400, "The request is too long.")
        try:
            fields = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError):
            raise web.HTTPError(400, "The request is not JSON.") from None
        answer = await self.course.work(lambda place: place.act(action, fields))
        state = await self.course.work(lambda place: place.state())
        self.finish(json.dumps({"state": state, "answer": answer}))


def handlers(base_url: str, course: TlnbCourse) -> list[tuple[str, type[_CourseHandler], dict[str, Any]]]:
    """Return the addresses with those who answer there."""
    about = {"course": course}
    there: dict[str, type[_CourseHandler]] = {
        "course": StateHandler,
        "runs": RunsHandler,
        "glossary": GlossaryHandler,
        r"([a-z_]+)": ActionHandler,
    }
    return [(url_path_join(base_url, "tlnb", "api", address), handler, about) for address, handler in there.items()]


def status_of(error: TlnbError) -> int:
    """Return the status of HTTP for an error: 404 for no such lesson, 409 for not now, 400 for the rest.

    Examples
    --------
    >>> from tlnb.course.lessons import LessonError
    >>> status_of(LessonError("There is no lesson '9.9'.")), status_of(TlnbError("no"))
    (404, 400)
    """
    from tlnb.course.lessons import LessonError

    if isinstance(error, LessonError):
        return 404
    from tlnb.course.copy_record import CopyError
    from tlnb.course.place import NotNowError

    return 409 if isinstance(error, (NotNowError, CopyError)) else 400
