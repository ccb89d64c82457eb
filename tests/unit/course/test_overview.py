"""The state of the course, as pages show it: what was done, what is there, and what is damaged, each in its place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from small_lessons import write_lesson

from tlnb.core.journal import journal_path, note_attempt, note_hint, note_quiz
from tlnb.course import shipped
from tlnb.course.headless.states import Process, RunState, read_states, write_state
from tlnb.course.lessons import lessons_folder
from tlnb.course.overview import status_of
from tlnb.course.place import CoursePlace

QUIZ = 'from tlnb.controls import quiz\nguess = quiz("Which?", ["a", "b"], "a", "So.", name="3.1.0")\nguess'
NUMBER = 'import tlnb\ntlnb.controls.quiz.number("How many?", 3, "So.", name="3.1.7")'


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "shipped"
    write_lesson(folder, "0.0", "1 + 1", name="start.ipynb", title="Start")
    write_lesson(folder, "1.1", "1 + 1", name="01/asks_nothing.ipynb")
    write_lesson(folder, "3.1", QUIZ, "2 + 2", NUMBER, name="03/freezing.ipynb", title="Freezing")
    return folder


@pytest.fixture
def place(tmp_path, source):
    return CoursePlace(tmp_path / "root", source=source)


def lesson(place, name):
    state = json.loads(json.dumps(place.state()))
    return next(one for chapter in state["chapters"] for one in chapter["lessons"] if one["id"] == name)


def test_the_whole_course_is_told_also_what_is_not_written(place):
    state = place.state()
    lessons = [one for chapter in state["chapters"] for one in chapter["lessons"]]
    assert [chapter["number"] for chapter in state["chapters"]] == list(range(12)) and len(lessons) == 34
    assert [one["id"] for one in lessons if one["written"]] == ["0.0", "1.1", "3.1"]
    planned = lesson(place, "3.2")
    assert planned["title"] and planned["minutes"] is planned["path"] is planned["seconds"] is planned["run"] is None


def test_without_a_copy_there_is_no_folder_and_looking_makes_none(place, tmp_path):
    assert place.state()["folder"] is None and place.runs() == {}
    assert not (tmp_path / "root").exists()


def test_to_open_a_lesson_copies_it_alone(place, tmp_path):
    assert place.act("open", {"lesson": "3.1"}) == {"path": "tlnb-lessons/03/freezing.ipynb"}
    assert place.state()["folder"] == "tlnb-lessons"
    assert lesson(place, "3.1")["path"] and lesson(place, "0.0")["path"] is None
    assert place.act("copy", {}) == {
        "lines": [
            "tlnb-lessons: 2 lessons copied, 1 lesson as you left it.",
            "  0.0 Start: new",
            "  1.1 Lesson 1.1: new",
        ]
    }


def test_to_open_a_lesson_that_is_there_leaves_it_as_it_is(place, tmp_path):
    place.act("copy", {})
    path = tmp_path / "root/tlnb-lessons/start.ipynb"
    path.write_text("my own")
    assert place.act("open", {"lesson": "0.0"}) == {"path": "tlnb-lessons/start.ipynb"} and path.read_text() == "my own"


def test_a_lesson_that_was_run_is_not_edited_and_one_with_another_cell_is(place, tmp_path):
    place.act("copy", {})
    path = tmp_path / "root/tlnb-lessons/03/freezing.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][2]["execution_count"] = 7
    path.write_text(json.dumps(notebook))
    assert not lesson(place, "3.1")["edited"]
    notebook["cells"][2]["source"] = "my = 1"
    path.write_text(json.dumps(notebook))
    assert lesson(place, "3.1")["edited"] and lesson(place, "3.1")["status"] == "begun"


def test_a_newer_version_beside_an_edited_lesson_is_told(place, source, tmp_path):
    place.act("copy", {})
    path = tmp_path / "root/tlnb-lessons/start.ipynb"
    path.write_text(path.read_text().replace("1 + 1", "mine"))
    write_lesson(source, "0.0", "3 + 3", name="start.ipynb", title="Start")
    place.act("copy", {})
    assert lesson(place, "0.0")["beside"].startswith("tlnb-lessons/start.new-")


def test_exercises_and_quizzes_count_until_the_lesson_is_done(place):
    assert lesson(place, "3.1")["status"] == "not begun"
    note_quiz("3.1.0", right=False)
    note_quiz("3.1.99", right=True)  # a question that an earlier version of the lesson asked
    assert lesson(place, "3.1")["quizzes"] == {"answered": 1, "right": 0, "of": 2}
    assert lesson(place, "3.1")["status"] == "begun"
    note_attempt("3.1.a", passed=False)
    note_hint("3.1.a", 1)
    for exercise in ("3.1.a", "3.1.b"):
        note_attempt(exercise, passed=True)
    note_quiz("3.1.0", right=True)
    assert lesson(place, "3.1")["status"] == "begun"
    note_quiz("3.1.7", right=True)
    told = lesson(place, "3.1")
    assert told["status"] == "done"
    assert told["exercises"] == [
        {"id": "3.1.a", "passed": True, "attempts": 2, "helped": True},
        {"id": "3.1.b", "passed": True, "attempts": 1, "helped": False},
    ]


def test_a_lesson_that_asks_nothing_is_done_when_it_ran_to_its_end_here():
    nothing = {"answered": 0, "right": 0, "of": 0}
    assert status_of([], nothing, edited=False, ran=False) == "not begun"
    assert status_of([], nothing, edited=True, ran=False) == "begun"
    assert status_of([], nothing, edited=False, ran=True) == "done"
    helped = [{"passed": False, "attempts": 0, "helped": True}]
    assert status_of(helped, nothing, edited=False, ran=True) == "begun"


def test_colab_is_told_where_the_repository_is_known(tmp_path, monkeypatch):
    from tlnb.course import addresses, overview

    for repository, told in (
        ("https://github.com/ada/tlnb", "/ada/tlnb/blob/main/notebooks/00_start_here.ipynb"),
        ("", ""),
    ):
        overview._colab.cache_clear()
        monkeypatch.setattr(addresses, "our_repository", lambda named=repository: addresses.read_repository(named))
        address = lesson(CoursePlace(tmp_path), "0.0")["colab"]
        assert address == (f"https://colab.research.google.com/github{told}" if told else None)
    overview._colab.cache_clear()
    assert lesson(CoursePlace(tmp_path), "1.1")["colab"] is None


@pytest.mark.parametrize("damage", ["{", "[]", '{"format": 1}', "", "\x00"])
def test_a_damaged_journal_is_told_and_everything_else_stays(place, damage):
    note_attempt("3.1.a", passed=True)
    journal_path().write_text(damage)
    state = place.state()
    assert "Your progress cannot be read" in state["problems"][0] and len(state["chapters"]) == 12
    assert journal_path().read_text() == damage  # looking sets nothing aside


def test_a_damaged_lesson_of_the_package_is_told_and_takes_no_other_down(place, source):
    (source / "03/freezing.ipynb").write_text('{"cells": [')
    state = place.state()
    assert "freezing.ipynb is damaged" in state["problems"][0] and "Install tlnb again" in state["problems"][0]
    assert not lesson(place, "3.1")["written"] and lesson(place, "0.0")["written"]


def test_a_damaged_copy_is_told_and_takes_no_other_down(place, tmp_path):
    place.act("copy", {})
    (tmp_path / "root/tlnb-lessons/start.ipynb").write_bytes(b"\xff\xfe{")
    assert "start.ipynb is no notebook any more" in place.state()["problems"][0]
    assert lesson(place, "0.0")["edited"] and not lesson(place, "3.1")["edited"]


@pytest.mark.parametrize("damage", ["{", "[1]", '{"format": 1, "lessons": {"start.ipynb": 3}}', "\x00"])
def test_a_damaged_list_of_copies_is_told_and_left_where_it_is(place, tmp_path, damage):
    place.act("copy", {})
    record = tmp_path / "root/tlnb-lessons/.tlnb-lessons.json"
    record.write_text(damage)
    state = place.state()
    assert "The list of what was copied" in state["problems"][0] and record.read_text() == damage
    assert not lesson(place, "3.1")["edited"]


def test_a_copy_of_a_later_version_is_told(place, tmp_path):
    place.act("copy", {})
    (tmp_path / "root/tlnb-lessons/.tlnb-lessons.json").write_text('{"format": 99, "tlnb": "9.0", "lessons": {}}')
    assert "were copied by tlnb 9.0" in place.state()["problems"][0]


def test_no_lessons_in_the_package_leave_the_syllabus(tmp_path):
    state = CoursePlace(tmp_path, source=tmp_path / "not there").state()
    assert len(state["chapters"]) == 11 and not any(
        one["written"] for chapter in state["chapters"] for one in chapter["lessons"]
    )


@pytest.mark.parametrize("content", ["{", "[]", '{"lesson": "0.0"}', "null"])
def test_a_damaged_state_of_a_run_is_left_out(place, tmp_path, content):
    runs = tmp_path / "root/tlnb-lessons/runs"
    write_state(runs, RunState("3.1", "quick", "done", measured={"quick": 4.5}))
    (runs / "states/0.0.json").write_text(content)
    assert set(place.runs()) == {"3.1"} and lesson(place, "3.1")["seconds"] == {"value": 4.5, "measured": "here"}
    assert lesson(place, "0.0")["seconds"] == {"value": 2.0, "measured": "by us"}


def test_a_run_whose_process_is_gone_or_is_another_was_stopped(tmp_path):
    this = Process.this()
    for number, process in enumerate((None, this, Process(this.host, this.pid, 1.0), Process("x", this.pid, 1.0))):
        write_state(tmp_path, RunState(f"1.{number}", "quick", "running", process=process))
    assert [state.state for state in read_states(tmp_path).values()] == ["stopped", "running", "stopped", "stopped"]


def test_the_machine_and_the_cache_are_told(place):
    state = place.state()
    assert state["device"]["name"] and state["device"]["memory"] > state["device"]["free_memory"] > 0
    assert state["cache"]["folder"] == os.environ["TLNB_CACHE"] and state["cache"]["free_disk"] > 0


def test_a_notebook_is_read_once_until_it_changes(place, source, monkeypatch):
    place.act("copy", {})
    place.state()
    read = []
    own = json.loads
    monkeypatch.setattr(shipped.json, "loads", lambda text: read.append(len(text)) or own(text))
    place.state()
    large = [size for size in read if size > 2000]
    assert large == []
    write_lesson(source, "3.1", QUIZ, "4 + 4", name="03/freezing.ipynb", title="Thawing")
    assert lesson(place, "3.1")["title"] == "Thawing"


def test_the_state_needs_no_torch(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom tlnb.course.place import CoursePlace\n"
        "place = CoursePlace(Path('.'))\nplace.act('copy', {})\nplace.state(), place.runs(), place.glossary()\n"
        "place.act('reset', {'lesson': '3.1'})\n"
        "print({'torch', 'timm', 'matplotlib', 'papermill', 'sklearn'} & {*sys.modules})"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=tmp_path) == "set()\n"


def test_a_server_that_never_shows_the_panel_imports_next_to_nothing():
    code = "import sys, jupyter_server.base.handlers\nbefore = {*sys.modules}\nimport tlnb.course.server.extension\n"
    code += "print(sorted(name for name in {*sys.modules} - before if not name.startswith('tlnb')))"
    new = set(subprocess.check_output([sys.executable, "-c", code], text=True)[2:-3].split("', '"))
    assert not new & {"torch", "numpy", "matplotlib", "papermill", "psutil", "huggingface_hub", "IPython"}


@pytest.mark.slow
def test_thirty_four_lessons_are_told_from_memory(tmp_path):
    """With as many lessons as the course will have, each as large as ours: the second look reads no notebook."""
    source = tmp_path / "shipped"
    ours = lessons_folder() / "03_fine_tuning" / "01_freezing.ipynb"
    from tlnb.core.syllabus import syllabus

    for planned in syllabus():
        path = source / planned.folder / f"{planned.slug}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        notebook = json.loads(ours.read_text())
        notebook["metadata"]["tlnb"] |= {"lesson": planned.id, "title": planned.title}
        path.write_text(json.dumps(notebook))
    place = CoursePlace(tmp_path / "root", source=source)
    place.act("copy", {})
    first = place.state()
    shutil.rmtree(source / "01_fundamentals")  # what is gone is gone at once
    assert sum(one["written"] for chapter in first["chapters"] for one in chapter["lessons"]) == 33
    assert sum(one["written"] for chapter in place.state()["chapters"] for one in chapter["lessons"]) == 30
