"""Where a course folder lies below a server's root, and that nothing leads out of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tlnb.core.errors import TlnbError


class OutsideError(TlnbError, PermissionError):
    """A path that leads out of the folder that it must stay in."""


@dataclass(frozen=True)
class Places:
    """A root, and the course folder in it. Neither need exist.

    Attributes
    ----------
    root : Path
        What paths are told relative to.
    folder : Path
        The learner's lessons.
    """

    root: Path
    folder: Path

    def checked(self) -> Places:
        """Return the same places, with ``..`` taken out; OutsideError if the course folder is not in the root."""
        folder = Path(os.path.normpath(self.folder))
        if not (folder.is_relative_to(self.root) and folder.resolve().is_relative_to(self.root.resolve())):
            raise OutsideError(
                f"The course folder {self.folder} is not inside {self.root}, which this server shows. Set "
                "TlnbCourse.folder to a folder in it, or start the server further up (ServerApp.root_dir)."
            )
        return Places(self.root, folder)

    def inside(self, path: Path) -> Path:
        """Return a path as it is; OutsideError if it leads out of the course folder, also by a link."""
        path = Path(os.path.normpath(path))
        if not (path.is_relative_to(self.folder) and path.resolve().is_relative_to(self.folder.resolve())):
            raise OutsideError(f"{path} leads out of the course folder {self.folder}: it is left alone.")
        return path

    def told(self, path: Path) -> str:
        """Write a path as the server does: relative to its root, with slashes; empty for the root itself.

        Examples
        --------
        >>> Places(Path("/home/ada"), Path("/home/ada/mine")).told(Path("/home/ada/mine/a.ipynb"))
        'mine/a.ipynb'
        """
        told = path.relative_to(self.root).as_posix()
        return "" if told == "." else told
