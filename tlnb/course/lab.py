"""A learner's own copy of the lessons, and JupyterLab on it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tlnb.core.files import atomic_path
from tlnb.course.lessons import all_lessons, lessons_folder


@dataclass(frozen=True)
class Copied:
    """Which files were copied, and which stood there before and were left alone."""

    new: tuple[Path, ...]
    kept: tuple[Path, ...]


def copy_lessons(folder: str | Path, source: Path | None = None) -> Copied:
    """Copy the lessons into a folder. A file that is there already is never touched.

    Parameters
    ----------
    folder : str or Path
        Where the learner works; made if missing.
    source : Path, optional
        Where the lessons are; by default those that came with the package.

    Returns
    -------
    Copied
        To get a lesson anew, rename or delete your copy and call this again.
    """
    source = source or lessons_folder()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    new, kept = [], []
    for lesson in all_lessons(source):
        target = folder / lesson.path.relative_to(source)
        if target.exists():
            kept.append(target)
        else:
            with atomic_path(target) as temporary:
                shutil.copyfile(lesson.path, temporary)
            new.append(target)
    return Copied(tuple(new), tuple(kept))


def open_lab(folder: str | Path, *, browser: bool = True, port: int | None = None, extra: Sequence[str] = ()) -> int:
    """Start JupyterLab on a folder and wait until it is closed.

    Parameters
    ----------
    folder : str or Path
        Its root; the first lesson in it is opened.
    browser : bool
        Whether to open a browser.
    port : int, optional
        Port of the server; by default the first free one from 8888 on.
    extra : sequence of str
        Further options for JupyterLab.

    Returns
    -------
    int
        The server's exit code; 0 after Ctrl-C.
    """
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={Path(folder).absolute()}"]
    first = next(iter(sorted(Path(folder).rglob("*.ipynb"))), None)
    if first is not None:
        command.append(f"--LabApp.default_url=/lab/tree/{first.relative_to(folder).as_posix()}")
    if not browser:
        command.append("--no-browser")
    if port is not None:
        command.append(f"--port={port}")
    try:
        return subprocess.call([*command, *extra])
    except KeyboardInterrupt:  # the server hears it too, and ends by itself
        return 0
