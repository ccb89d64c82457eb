from __future__ import annotations

import sys

import pytest

from tlnb.core.files import file_lock
from tlnb.core.journal import journal_path, note_attempt, note_hint, note_quiz
from tlnb.course import answers, check, hint, progress
from tlnb.course.progress import lessons_with_exercises

LESSON = """
from tlnb.course.checks import Exercise

def three(answer):
    return None if answer == 3 else "Count again."

def make(letter):
    return Exercise(f"{lesson}.{{letter}}", three, ("Count.",), "my_count = 3", ("my_count = 2",))

EXERCISES = (make("a"), make("b"))
"""


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """Three lessons of two exercises each, in place of the course's own: 3.1 has a title in the syllabus."""
    names = ["90.1", "3.1", "90.10"]
    for name in names:
        path = tmp_path / f"lesson_{name.replace('.', '_')}.py"
        path.write_text(LESSON.format(lesson=name))
        monkeypatch.delitem(sys.modules, f"{answers.__name__}.{path.stem}", raising=False)
    monkeypatch.setattr(answers, "__path__", [str(tmp_path)])
    yield
    for name in names:
        sys.modules.pop(f"{answers.__name__}.lesson_{name.replace('.', '_')}", None)


def cells(lesson):
    _, rows = progress().table()
    (row,) = [row for row in rows if row[0].split()[0] == lesson]
    return row[1:]


def test_there_is_a_row_for_every_lesson_with_exercises_in_the_order_of_the_course(lessons):
    assert lessons_with_exercises() == ("3.1", "90.1", "90.10")
    assert [lesson.id for lesson in progress().lessons] == ["3.1", "90.1", "90.10"]


def test_before_anything_is_done_the_first_exercise_is_next(lessons):
    assert cells("3.1") == ["0 of 2", "", ""]
    assert progress().next == "3.1.a" and "Next: exercise 3.1.a, in lesson 3.1 (" in repr(progress())


def test_checks_quizzes_and_help_are_counted_for_their_lesson(lessons):
    check("90.1.a", 4)
    check("90.1.a", 3)
    check("90.1.b", ...)
    hint("90.1.b")
    note_quiz("90.1.1", False)
    note_quiz("90.1.2", True)
    assert cells("90.1") == ["1 of 2", "2", "1 of 2 answered"]
    assert cells("90.10") == ["0 of 2", "", ""]
    assert [lesson.helped for lesson in progress().lessons] == [0, 1, 0]


def test_a_lesson_that_was_begun_comes_before_one_that_was_not(lessons):
    check("90.1.a", 3)
    assert progress().next == "90.1.b"
    check("90.1.b", 3)
    assert progress().next == "3.1.a"


def test_a_hint_alone_begins_a_lesson(lessons):
    note_hint("90.10.b", 1)
    assert progress().next == "90.10.a"


def test_who_passed_everything_is_told_so(lessons):
    for lesson in lessons_with_exercises():
        for letter in "ab":
            check(f"{lesson}.{letter}", 3)
    assert progress().next is None and "Every exercise is passed" in repr(progress())


def test_an_exercise_that_the_lesson_no_longer_has_does_not_count(lessons):
    note_attempt("90.1.z", True)
    assert cells("90.1") == ["0 of 2", "", ""]


def test_it_shows_as_text_and_as_html(lessons):
    check("3.1.a", 3)
    text, html = repr(progress()), progress()._repr_html_()
    assert text.splitlines()[0].split() == ["lesson", "exercises", "passed", "attempts", "quizzes", "right"]
    assert "1 of 2" in text and text.splitlines()[-1].startswith("Next: exercise 3.1.b")
    assert "<td" in html and "1 of 2" in html and "Next: exercise 3.1.b" in html


def test_a_journal_that_is_damaged_or_being_written_breaks_nothing(lessons, home):
    check("3.1.a", 3)
    with file_lock(journal_path()):
        assert cells("3.1")[0] == "1 of 2"
    journal_path().write_text("{")
    assert cells("3.1")[0] == "0 of 2"


def test_the_real_course_has_a_row_and_a_title_for_its_first_lesson():
    first = progress().lessons[0]
    assert first.id == "0.0" and first.title.startswith("Start here") and "0.0.a" in first.exercises
