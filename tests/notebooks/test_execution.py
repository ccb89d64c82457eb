"""Every lesson runs, in a copy away from the repository, so that the installed package is what is tested."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tlnb.course.lessons import all_lessons
from tlnb.course.runner import run_lessons

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
each_lesson = pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.id)


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
def test_papermill_runs_it_within_the_memory_of_a_small_machine(lesson, tmp_path):
    course = run_lessons([lesson], tmp_path, device="cpu")
    (result,) = course.lessons
    assert result.status == "done", result.error
    assert result.peak_bytes <= 1.5e9
