"""The extension's settings, and what it keeps while the server runs."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from traitlets import Unicode
from traitlets.config import LoggingConfigurable

from tlnb.course.server.handlers import handlers

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from tlnb.course.place import CoursePlace

Answer = TypeVar("Answer")


class TlnbCourse(LoggingConfigurable):
    """The course panel.

    Settings go into ``jupyter_server_config.py`` or onto the command line, as ``--TlnbCourse.folder=lessons``.
    """

    folder = Unicode(
        "",
        help="""The learner's copy of the lessons, relative to the server's root folder, and inside it. By default the
        root itself where it is such a copy, else the folder tlnb-lessons in it.""",
    ).tag(config=True)

    def add_to(self, server: ServerApp) -> None:
        """Answer requests to a server from now on."""
        self._root = Path(server.root_dir)
        self._made: CoursePlace | None = None
        self._making = threading.Lock()
        # Reading a hundred notebooks, or waiting for a run to end, must not keep the server from its kernels.
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="tlnb-course")
        server.web_app.add_handlers(".*$", handlers(server.web_app.settings["base_url"], self))
        atexit.register(self.close)

    async def work(self, job: Callable[[CoursePlace], Answer]) -> Answer:
        """Do something with the course folder, off the loop that serves."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: job(self._place()))

    def close(self) -> None:
        """End what runs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._made is not None:
            self._made.close()

    def _place(self) -> CoursePlace:
        from tlnb.course.place import CoursePlace

        with self._making:
            if self._made is None:
                self._made = CoursePlace(self._root, Path(self.folder) if self.folder else None)
            return self._made
