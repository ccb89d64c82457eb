"""What every lesson has, read from its notebook; nothing is executed here. The rules are in tlnb.course.structure."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tlnb.course.checks import exercises_of
from tlnb.course.lessons import all_lessons
from tlnb.course.place_cells import place_problems
from tlnb.course.structure import places_to_write, run_problems, structure_problems

ROOT = Path(__file__).parents[2]
LESSONS = all_lessons()
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


def read(lesson):
    return nbformat.read(lesson.path, as_version=4)


def test_the_first_lesson_is_there():
    assert "0.0" in [lesson.id for lesson in LESSONS]


@each_lesson
def test_it_has_what_every_lesson_has(lesson):
    assert structure_problems(read(lesson)) == []


@each_lesson
def test_its_run_left_nothing_that_must_not_be_committed(lesson):
    assert run_problems(read(lesson)) == []
    assert str(ROOT) not in lesson.path.read_text(encoding="utf-8")


@each_lesson
def test_it_has_the_badge_and_the_cell_that_open_it_in_colab(lesson):
    assert place_problems(read(lesson), lesson.path) == []


@each_lesson
def test_nothing_of_its_skeleton_is_left_to_write(lesson):
    assert places_to_write(read(lesson)) == 0


@each_lesson
def test_it_asks_each_of_its_exercises(lesson):
    code = "\n".join(cell.source for cell in read(lesson).cells if cell.cell_type == "code")
    asked = set(re.findall(r'^check\("([\d.]+[a-z])", ', code, re.MULTILINE))
    assert asked == {exercise.id for exercise in exercises_of(lesson.id)}


@each_lesson
def test_its_notebook_is_valid(lesson):
    nbformat.validate(read(lesson))


def test_the_notebooks_are_those_of_their_sources():
    command = [sys.executable, str(ROOT / "tools" / "build_lessons.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
