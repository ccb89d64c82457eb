"""The command on small lessons: as its own process, and in this one, which costs no second import of torch."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_lessons import start, write_lesson
from click.testing import Result
from typer.testing import CliRunner

from tlnb.cli import app


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """Three lessons: one that does nothing much, one that fails, one that says its parameters."""
    folder = tmp_path / "notebooks"
    (folder / "records").mkdir(parents=True)
    write_lesson(folder, "0.0", "1 + 1")
    write_lesson(folder, "3.1", "left = 1\n1 / 0", "never = 1")
    write_lesson(folder, "3.10", "print(profile, device, data, seed)")
    return folder


@pytest.fixture
def command(lessons: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command as its own process, on the small lessons and in an empty folder, ``tmp_path / "work"``."""
    work = tmp_path / "work"
    work.mkdir()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(start(lessons, *arguments), cwd=work, capture_output=True, text=True, timeout=120)

    return run


@pytest.fixture
def call(lessons: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Run the command in this process, on the small lessons."""
    monkeypatch.setattr("tlnb.course.lessons.lessons_folder", lambda: lessons)
    log = logging.getLogger("tlnb")
    level = log.level
    yield lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)), prog_name="tlnb")
    log.setLevel(level)
