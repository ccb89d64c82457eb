"""What every lesson has, read from its notebook; nothing is executed here."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tlnb.course.lessons import all_lessons

ROOT = Path(__file__).parents[2]
LESSONS = all_lessons()
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


def cells(lesson, kind: str | None = None):
    notebook = nbformat.read(lesson.path, as_version=4)
    return [cell for cell in notebook.cells if kind in (None, cell.cell_type)]


def code(lesson) -> str:
    return "\n".join(cell.source for cell in cells(lesson, "code"))


def test_the_first_lesson_is_there():
    assert "0.0" in [lesson.id for lesson in LESSONS]


@each_lesson
def test_it_opens_with_its_title_and_the_time_it_takes(lesson):
    first = cells(lesson)[0]
    assert first.cell_type == "markdown" and first.source.startswith(f"# {lesson.id} {lesson.title}")
    assert re.search(r"\bminutes?\b", first.source)


@each_lesson
def test_it_closes_with_references_that_have_a_year(lesson):
    last = cells(lesson)[-1]
    assert last.cell_type == "markdown" and re.search(r"^#+ .*(References|Reading)", last.source, re.MULTILINE)
    assert re.search(r"\b(19|20)\d\d\b", last.source)


@each_lesson
def test_no_line_of_its_prose_begins_with_a_year_which_would_become_an_item_of_a_list(lesson):
    assert not [cell.source for cell in cells(lesson, "markdown") if re.search(r"^ *\d{3,}[.)] ?", cell.source, re.M)]


@each_lesson
def test_one_cell_holds_the_parameters_for_a_quick_run(lesson):
    tagged = [cell for cell in cells(lesson, "code") if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    values: dict = {}
    exec(tagged[0].source, values)
    assert values["profile"] == "quick" and {"data", "device", "seed"} <= set(values)


@each_lesson
def test_cells_are_short(lesson):
    lengths = [sum(bool(line.strip()) for line in cell.source.splitlines()) for cell in cells(lesson, "code")]
    assert max(lengths) <= 15 and statistics.median(lengths) <= 6


@each_lesson
def test_it_asks_before_it_tells_and_lets_the_learner_try(lesson):
    assert re.search(r"\bquiz\(", code(lesson)), "no quiz"
    assert re.search(rf'\bcheck\("{re.escape(lesson.id)}\.[a-z]", ', code(lesson)), "no exercise with a check"


@each_lesson
def test_every_code_cell_was_run_and_none_failed(lesson):
    for cell in cells(lesson, "code"):
        assert cell.execution_count is not None, cell.source
        assert not [output for output in cell.outputs if output.output_type == "error"], cell.source
        assert not [output for output in cell.outputs if output.get("name") == "stderr"], cell.source


@each_lesson
def test_its_outputs_hold_nothing_that_differs_from_run_to_run_by_nature(lesson):
    text = lesson.path.read_text(encoding="utf-8")
    assert not re.search(r" at 0x[0-9a-f]{6,}", text), "a memory address"
    assert not re.search(rf"{re.escape(str(ROOT))}|/(home|root|Users|tmp)/", text), "a path of the machine that made it"
    assert "widget-state" not in text, "the state of widgets"


@each_lesson
def test_it_is_at_most_a_megabyte_and_a_half(lesson):
    assert lesson.path.stat().st_size <= 1.5e6


def test_the_notebooks_are_those_of_their_sources():
    command = [sys.executable, str(ROOT / "tools" / "build_lessons.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
