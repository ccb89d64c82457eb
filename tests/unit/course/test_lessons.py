from __future__ import annotations

import nbformat
import pytest
from small_lessons import write_lesson, write_three

from tlnb.course.lessons import LessonError, all_lessons, find_lessons, lessons_folder, read_lesson


@pytest.fixture
def lessons_in(tmp_path):
    return write_three(tmp_path / "notebooks")


def ids(lessons):
    return [lesson.id for lesson in lessons]


def test_lessons_come_in_the_order_of_their_numbers(lessons_in):
    write_lesson(lessons_in, "3.2")
    assert ids(all_lessons(lessons_in)) == ["0.0", "3.1", "3.2", "3.10"]


def test_a_lesson_says_its_title_and_length(lessons_in):
    first = all_lessons(lessons_in)[0]
    assert (first.title, first.minutes, first.seconds) == ("Start <here>", 5, 2.0)


def test_checkpoints_of_jupyter_are_not_lessons(lessons_in):
    write_lesson(lessons_in / ".ipynb_checkpoints", "9.9")
    assert "9.9" not in ids(all_lessons(lessons_in))


def test_lessons_of_two_chapters_with_one_file_name_get_files_of_their_own(tmp_path):
    paths = [write_lesson(tmp_path, f"{n}.1", name=f"0{n}_chapter/01_intro.ipynb") for n in (1, 2)]
    assert [read_lesson(path).slug for path in paths] == ["1.1_intro", "2.1_intro"]


def test_without_names_all_lessons_are_found(lessons_in):
    there = all_lessons(lessons_in)
    assert find_lessons([], there) == there


def test_a_chapter_stands_for_its_lessons_each_once(lessons_in):
    assert ids(find_lessons(["3.1", "3"], all_lessons(lessons_in))) == ["3.1", "3.10"]


def test_an_unknown_lesson_is_an_error_that_lists_those_there_are(lessons_in):
    with pytest.raises(LessonError, match=r"no lesson '3\.11'.*3\.10.*There are 0\.0, 3\.1, 3\.10"):
        find_lessons(["3.11"], all_lessons(lessons_in))


def test_a_folder_without_lessons_is_an_error_not_a_run_of_nothing():
    with pytest.raises(LessonError, match="There are no lessons"):
        find_lessons([], [])


@pytest.mark.parametrize("metadata", [{}, {"tlnb": {"lesson": "x"}}, {"tlnb": {"lesson": "1.1", "title": "T"}}])
def test_a_notebook_that_is_no_lesson_is_an_error_that_names_it(tmp_path, metadata):
    path = tmp_path / "mine.ipynb"
    nbformat.write(nbformat.v4.new_notebook(metadata=metadata), path)
    with pytest.raises(LessonError, match=r"mine\.ipynb is not a lesson"):
        read_lesson(path)


def test_the_installed_package_has_a_folder_of_lessons():
    assert lessons_folder().name == "notebooks"
