"""The learner's and the classroom's editions of the real lessons."""

from __future__ import annotations

import nbformat
import pytest
from small_lessons import write_lesson

from tlnb.core.errors import TlnbError
from tlnb.course.checks import exercises_of
from tlnb.course.code import code_digest
from tlnb.course.copying import copy_lessons
from tlnb.course.editions import EDITIONS, SOLUTION_TAG, notebook_text, read_edition
from tlnb.course.lessons import all_lessons, read_lesson
from tlnb.course.place_cells import without_badge
from tlnb.course.structure import run_problems, structure_problems

LESSONS = all_lessons()
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


@pytest.fixture
def export(tmp_path):
    """Copy all lessons in an edition, and read one of them."""

    def read(lesson, edition):
        copied = copy_lessons(tmp_path / edition, edition=edition)
        (path,) = (one.path for one in copied.lessons if one.lesson.id == lesson.id)
        return nbformat.read(path, as_version=4), path

    return read


def is_solution(cell):
    return SOLUTION_TAG in cell.metadata.get("tags", [])


@each_lesson
def test_the_learners_edition_has_each_solution_folded_away_after_its_check(lesson, export):
    cells = export(lesson, "learner")[0].cells
    found = [(cells[place - 1], cell) for place, cell in enumerate(cells) if is_solution(cell)]
    exercises = exercises_of(lesson.id)
    assert len(found) == len(exercises)
    for (before, cell), exercise in zip(found, exercises, strict=True):
        assert f'check("{exercise.id}"' in before.source
        assert cell.cell_type == "markdown" and cell.source.startswith("<details>\n<summary>")
        assert f"```python\n{exercise.solution.rstrip()}\n```" in cell.source


@each_lesson
def test_the_classrooms_edition_holds_no_solution(lesson, export):
    notebook, path = export(lesson, "classroom")
    assert not [cell for cell in notebook.cells if is_solution(cell)]
    text = "\n".join(cell.source for cell in notebook.cells)
    assert not [exercise.id for exercise in exercises_of(lesson.id) if exercise.solution.strip() in text]
    copied, original = (one.read_text(encoding="utf-8").splitlines() for one in (path, lesson.path))
    badge = [place for place, line in enumerate(original) if "[![Open in Colab]" in line]
    assert copied == original[: badge[0] - 1] + original[badge[0] + 1 :] and len(badge) == 1


@each_lesson
@pytest.mark.parametrize("edition", EDITIONS)
def test_opening_a_copy_asks_nothing_of_the_network_for_a_badge(lesson, edition, export):
    assert "colab-badge" in lesson.path.read_text(encoding="utf-8")
    assert "colab-badge" not in export(lesson, edition)[1].read_text(encoding="utf-8")


@each_lesson
@pytest.mark.parametrize("edition", EDITIONS)
def test_an_edition_is_the_lesson_still(lesson, edition, export):
    notebook, path = export(lesson, edition)
    original = nbformat.read(lesson.path, as_version=4)
    nbformat.validate(notebook)
    original.cells[0].source = without_badge(original.cells[0].source)
    assert [cell for cell in notebook.cells if not is_solution(cell)] == original.cells
    assert notebook.metadata == original.metadata and read_lesson(path).title == lesson.title
    assert code_digest(path) == code_digest(lesson.path)
    assert structure_problems(notebook) == run_problems(notebook) == []


def test_a_folder_changes_its_edition_and_keeps_it_where_nobody_worked_on_it(tmp_path):
    copy_lessons(tmp_path, edition="classroom")
    assert copy_lessons(tmp_path).edition == "classroom"
    assert {one.what for one in copy_lessons(tmp_path, edition="learner").lessons} == {"updated"}
    assert copy_lessons(tmp_path).edition == "learner"


def test_two_checks_in_one_cell_have_two_solutions(tmp_path):
    path = write_lesson(tmp_path, "3.1", 'check("3.1.a", my_recipe)\ncheck("3.1.b", freeze_body)')
    cells = read_edition(path, "learner")["cells"]
    assert [cell["id"] for cell in cells[-2:]] == ["solution-3-1-a", "solution-3-1-b"]


def test_a_check_that_is_only_spoken_of_has_no_solution(tmp_path):
    path = write_lesson(tmp_path, "3.1", '# Say check("3.1.a", my_recipe)', 'x = 1  # check("3.1.a", x)')
    assert not [cell for cell in read_edition(path, "learner")["cells"] if cell["id"].startswith("solution")]


def test_an_edition_is_written_as_nbformat_writes(tmp_path):
    path = write_lesson(tmp_path, "3.1", "# Ä *text*", 'check("3.1.a", "→")')
    notebook = read_edition(path, "learner")
    written = tmp_path / "again.ipynb"
    nbformat.write(nbformat.from_dict(notebook), written)
    assert notebook_text(notebook) == written.read_text(encoding="utf-8")


def test_an_unknown_edition_is_an_error_that_names_those_there_are():
    with pytest.raises(TlnbError, match=r'not one of learner, classroom.*Did you mean "classroom"'):
        read_edition(LESSONS[0].path, "classroo")
