"""A folder of lessons over its life: first copies, a learner's work, upgrades, and all that may happen to files."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import nbformat
import pytest
from small_lessons import write_lesson, write_three

from tlnb.course.copy_record import NAME, CopyError
from tlnb.course.copying import copy_lessons
from tlnb.course.lessons import all_lessons


@pytest.fixture
def course(tmp_path):
    """Three lessons of a package."""
    return write_three(tmp_path / "notebooks")


@pytest.fixture
def mine(tmp_path, course):
    """Copy them, as a learner does."""
    copy_lessons(tmp_path / "mine", course, version="0.1.0")
    return tmp_path / "mine"


def upgrade(course, mine, version="0.2.0", **options):
    return copy_lessons(mine, course, version=version, **options)


def revise(course, number="0.0", *cells):
    """Bring out a new version of a lesson."""
    return write_lesson(course, number, *(cells or ("# Corrected", "1 + 2")))


def work_on(mine, name="0_0_lesson.ipynb"):
    """Change a cell as a learner does; return what the file holds then."""
    path = mine / name
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source = "my_recipe = 'mine'"
    nbformat.write(notebook, path)
    return path.read_bytes()


def sources(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def names(folder):
    return sorted(path.name for path in folder.rglob("*.ipynb"))


def what(copied):
    return {one.lesson.id: one.what for one in copied.lessons}


def test_a_first_copy_has_every_lesson_in_its_chapter(course, tmp_path):
    write_lesson(course, "4.1", name="04_shift/01_shift.ipynb")
    copied = copy_lessons(tmp_path / "mine", course)
    assert set(what(copied).values()) == {"copied"} and len(copied.lessons) == 4
    assert (tmp_path / "mine/04_shift/01_shift.ipynb").exists()


def test_a_copy_is_a_lesson_with_the_outputs_and_metadata_of_its_original(mine, course):
    assert [lesson.title for lesson in all_lessons(mine)] == [lesson.title for lesson in all_lessons(course)]
    for path in course.glob("*.ipynb"):
        assert nbformat.read(mine / path.name, as_version=4) == nbformat.read(path, as_version=4)


def test_a_second_call_changes_no_file(mine, course):
    before = {path: path.stat().st_mtime_ns for path in mine.iterdir()}
    assert set(what(upgrade(course, mine)).values()) == {"as it was"}
    assert {path: path.stat().st_mtime_ns for path in mine.iterdir()} == before


def test_a_lesson_that_the_learner_left_alone_is_replaced_by_its_new_version(mine, course):
    revise(course)
    assert what(upgrade(course, mine)) == {"0.0": "updated", "3.1": "as it was", "3.10": "as it was"}
    assert sources(mine / "0_0_lesson.ipynb") == sources(course / "0_0_lesson.ipynb")
    assert len(names(mine)) == 3


def test_running_a_lesson_is_no_change(mine, course):
    path = mine / "0_0_lesson.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(notebook.cells):
        cell.metadata["collapsed"] = False
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = number + 7, [nbformat.v4.new_output("stream", text="other\n")]
    notebook.cells.append(nbformat.v4.new_code_cell(""))  # as JupyterLab does, when the last cell is run
    notebook.metadata["kernelspec"] = {"name": "mine", "display_name": "Mine", "language": "python"}
    nbformat.write(notebook, path)
    ran = path.read_bytes()
    assert what(upgrade(course, mine))["0.0"] == "as it was" and path.read_bytes() == ran
    revise(course)
    assert what(upgrade(course, mine))["0.0"] == "updated"


def change_source(cells):
    cells[-1].source += "\nmine = 1"


def add_cell(cells):
    cells.insert(1, nbformat.v4.new_code_cell("mine = 1"))


def remove_cell(cells):
    del cells[-1]


def add_tag(cells):
    cells[-1].metadata["tags"] = ["skip"]


def change_order(cells):
    cells[1], cells[2] = cells[2], cells[1]


def paste_picture(cells):
    cells[1]["attachments"] = {"mine.png": {"image/png": "AAAA"}}


@pytest.mark.parametrize("change", [change_source, add_cell, remove_cell, add_tag, change_order, paste_picture])
def test_a_lesson_that_the_learner_changed_stays_and_the_new_version_is_put_beside_it(mine, course, change):
    path = mine / "0_0_lesson.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, path)
    before = path.read_bytes()
    revise(course)
    copied = upgrade(course, mine)
    beside = mine / "0_0_lesson.new-0.2.0.ipynb"
    assert what(copied)["0.0"] == "beside" and copied.of("beside")[0].beside == beside
    assert path.read_bytes() == before
    assert sources(beside) == sources(course / "0_0_lesson.ipynb")


def test_a_changed_lesson_gets_nothing_beside_it_when_the_package_has_nothing_new(mine, course):
    work_on(mine)
    assert what(upgrade(course, mine))["0.0"] == "as it was" and len(names(mine)) == 3


def test_a_new_version_with_the_same_cells_and_other_outputs_is_nothing_new(mine, course):
    path = course / "0_0_lesson.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="measured anew\n")]
    nbformat.write(notebook, path)
    work_on(mine)
    assert what(upgrade(course, mine))["0.0"] == "as it was" and len(names(mine)) == 3


def test_each_new_version_is_put_beside_once(mine, course):
    work_on(mine)
    revise(course)
    upgrade(course, mine)
    (mine / "0_0_lesson.new-0.2.0.ipynb").unlink()
    assert what(upgrade(course, mine))["0.0"] == "as it was" and len(names(mine)) == 3
    revise(course, "0.0", "# Corrected again")
    assert what(upgrade(course, mine, "0.3.0"))["0.0"] == "beside"
    assert "0_0_lesson.new-0.3.0.ipynb" in names(mine)


def test_work_in_a_version_that_was_put_beside_is_not_overwritten(mine, course):
    work_on(mine)
    revise(course)
    upgrade(course, mine)
    kept = work_on(mine, "0_0_lesson.new-0.2.0.ipynb")
    revise(course, "0.0", "# Another build of the same version")
    upgrade(course, mine)
    assert (mine / "0_0_lesson.new-0.2.0.ipynb").read_bytes() == kept
    assert "0_0_lesson.new-0.2.0-2.ipynb" in names(mine)


def test_a_learner_who_takes_the_new_version_over_gets_the_next_one_in_its_place(mine, course):
    work_on(mine)
    revise(course)
    upgrade(course, mine)
    (mine / "0_0_lesson.new-0.2.0.ipynb").replace(mine / "0_0_lesson.ipynb")
    assert what(upgrade(course, mine))["0.0"] == "as it was"
    revise(course, "0.0", "# Corrected again")
    assert what(upgrade(course, mine, "0.3.0"))["0.0"] == "updated"


def test_a_deleted_lesson_is_copied_again(mine, course):
    (mine / "0_0_lesson.ipynb").unlink()
    assert what(upgrade(course, mine))["0.0"] == "copied again"
    assert sources(mine / "0_0_lesson.ipynb") == sources(course / "0_0_lesson.ipynb")


def test_a_lesson_that_is_new_in_the_package_is_copied(mine, course):
    write_lesson(course, "4.1", name="04_shift/01_shift.ipynb")
    assert what(upgrade(course, mine))["4.1"] == "copied" and (mine / "04_shift/01_shift.ipynb").exists()


def test_a_lesson_that_the_package_has_no_more_stays_and_is_told_once(mine, course):
    (course / "0_0_lesson.ipynb").unlink()
    assert upgrade(course, mine).retired == (mine / "0_0_lesson.ipynb",)
    assert upgrade(course, mine).retired == () and "0_0_lesson.ipynb" in names(mine)


@pytest.mark.parametrize("content", ["my own work", "", "{}", '{"cells": [1]}', '{"cells": {}}', "[]"])
def test_a_file_that_is_no_notebook_any_more_is_the_learners(mine, course, content):
    (mine / "0_0_lesson.ipynb").write_text(content)
    revise(course)
    assert what(upgrade(course, mine))["0.0"] == "beside"
    assert (mine / "0_0_lesson.ipynb").read_text() == content


def test_files_from_before_there_was_a_record_are_kept_unless_they_are_the_very_lessons(mine, course):
    (mine / NAME).unlink()
    mine_now = work_on(mine)
    assert what(upgrade(course, mine)) == {"0.0": "beside", "3.1": "as it was", "3.10": "as it was"}
    assert (mine / "0_0_lesson.ipynb").read_bytes() == mine_now
    revise(course, "3.1")
    assert what(upgrade(course, mine))["3.1"] == "updated"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "lessons": {"a": {"b": 1}}}'])
def test_a_damaged_record_is_set_aside_and_nothing_is_replaced(mine, course, content):
    (mine / NAME).write_text(content)
    revise(course)
    before = (mine / "0_0_lesson.ipynb").read_bytes()
    copied = upgrade(course, mine)
    assert copied.set_aside is not None and copied.set_aside.read_text() == content
    assert what(copied)["0.0"] == "beside" and (mine / "0_0_lesson.ipynb").read_bytes() == before
    assert upgrade(course, mine).set_aside is None


def test_a_second_damaged_record_does_not_replace_the_first(mine, course):
    for content in ("first", "second"):
        (mine / NAME).write_text(content)
        upgrade(course, mine)
    assert sorted(path.read_text() for path in mine.glob("*damaged*")) == ["first", "second"]


def test_a_record_of_a_later_version_is_left_alone(mine, course):
    content = json.loads((mine / NAME).read_text()) | {"format": 2, "tlnb": "9.0"}
    (mine / NAME).write_text(json.dumps(content))
    with pytest.raises(CopyError, match=r"copied by tlnb 9\.0.*pip install -U tlnb"):
        upgrade(course, mine)
    assert json.loads((mine / NAME).read_text()) == content


def test_what_was_done_before_a_lesson_that_cannot_be_read_is_remembered(mine, course):
    revise(course)
    revise(course, "3.10", 'check("9.9.z", 1)')
    with pytest.raises(LookupError, match=r"Lesson 9\.9 has no exercises"):
        upgrade(course, mine)
    record = json.loads((mine / NAME).read_text())["lessons"]
    assert record["0_0_lesson.ipynb"]["tlnb"] == "0.2.0" and record["3_1_lesson.ipynb"]["tlnb"] == "0.1.0"


def test_a_call_that_was_killed_before_it_wrote_its_record_is_gone_on_with(mine, course):
    work_on(mine, "3_1_lesson.ipynb")
    before = (mine / NAME).read_bytes()
    revise(course)
    revise(course, "3.1")
    upgrade(course, mine)
    (mine / NAME).write_bytes(before)  # as if it had been killed just before
    assert what(upgrade(course, mine)) == {"0.0": "as it was", "3.1": "beside", "3.10": "as it was"}
    assert len(names(mine)) == 4
    revise(course, "0.0", "# Corrected again")
    assert what(upgrade(course, mine, "0.3.0"))["0.0"] == "updated"


def test_nothing_is_left_lying_about(mine, course):
    revise(course)
    upgrade(course, mine)
    assert {path.name for path in mine.iterdir()} - {*names(mine)} == {NAME}


def test_a_file_in_place_of_the_folder_is_an_error_that_says_so(course, tmp_path):
    (tmp_path / "mine").write_text("a file")
    with pytest.raises(CopyError, match="mine is a file, and the lessons need a folder"):
        copy_lessons(tmp_path / "mine", course)
    with pytest.raises(CopyError, match=r"cannot be written to .*Not a directory"):
        copy_lessons(tmp_path / "mine" / "deeper", course)


@pytest.mark.parametrize("inside", ["", "03_fine_tuning", "../notebooks"])
def test_the_package_itself_is_no_place_for_copies(course, inside):
    with pytest.raises(CopyError, match=r"belongs to the installed package.*folder of your own"):
        copy_lessons(course / inside, course)
    with pytest.raises(CopyError, match="belongs to the installed package"):
        copy_lessons(Path(copy_lessons.__code__.co_filename).parent / "mine", course)


@pytest.fixture
def read_only():
    """Make a folder that this process may not write to, also where the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        root = os.geteuid() == 0 if hasattr(os, "geteuid") else False
        if root:
            os.seteuid(65534)
        yield folder
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.mark.skipif(os.name != "posix", reason="folders are read-only otherwise there")
@pytest.mark.parametrize("name", ["", "new"])
def test_a_folder_that_cannot_be_written_to_is_an_error_that_says_what_to_do(read_only, name):
    with pytest.raises(CopyError, match=r"cannot be written to .*Permission denied.*folder of your own"):
        copy_lessons(read_only / name)


def test_the_home_folder_may_be_written_as_a_tilde(course, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    copy_lessons("~/mine", course)
    assert len(names(tmp_path / "mine")) == 3
