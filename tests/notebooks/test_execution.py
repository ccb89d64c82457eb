"""Every lesson runs, in a copy away from the repository, so that the installed package is what is tested."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tlnb.core.syllabus import syllabus
from tlnb.course.lessons import all_lessons
from tlnb.course.merge import read_ledger
from tlnb.course.pool import thread_limits
from tlnb.course.runner import run_lessons

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
MEMORY = 1_500_000_000  # bytes; Binder has 2 GB, for JupyterLab as well
each_lesson = pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.id)


@pytest.fixture(autouse=True)
def share_the_cores(monkeypatch):
    """Give kernels one thread each where several tests run at a time: more of them fight for the cores."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        for name, one in thread_limits(2, 2).items():
            monkeypatch.setenv(name, one)


@each_lesson
def test_nbval_runs_it_and_finds_the_outputs_that_shall_not_change(lesson, tmp_path):
    copy = shutil.copy(lesson.path, tmp_path / lesson.path.name)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-cell-timeout=300",
    ]
    done = subprocess.run([*command, "-q", str(copy)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]


@each_lesson
def test_papermill_runs_it_and_what_it_finds_agrees_with_its_record(lesson, tmp_path):
    course = run_lessons([lesson], tmp_path, device="cpu", memory_limit=MEMORY)  # a kernel that needs more is killed
    (result,) = course.lessons
    assert result.status == "done", result.error
    assert result.peak_bytes <= MEMORY, "more than the memory of a small machine"
    assert result.contradictions == (), f"claims that came out opposite to the record: see {course.folder}/report.html"
    wanted = {name for one in syllabus() if one.id == lesson.id for name in one.names}
    ledger = read_ledger(course.folder, lesson.id)
    used = {name for names in (ledger["used"] if ledger else {}).values() for name in names}
    assert wanted <= used, f"named by the syllabus, and not run: {', '.join(sorted(wanted - used))}"
