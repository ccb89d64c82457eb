"""The course panel as a control: a real course folder behind it, and a page that hears what it sends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import tlnb
from tlnb.controls.course_panel.picture import picture
from tlnb.core.journal import note_attempt, note_quiz
from tlnb.course.lessons import all_lessons
from tlnb.course.place import CoursePlace

THERE = len(all_lessons())


@pytest.fixture
def place(tmp_path):
    return CoursePlace(tmp_path)


@pytest.fixture
def panel(place):
    return tlnb.controls.CoursePanel(place)


class Runs:
    """A course whose lesson 0.0 runs until it is told to end; what runs headless is tested with a server."""

    def __init__(self, place):
        self.place, self.run, self.asked = place, None, threading.Event()

    def state(self):
        state = self.place.state()
        state["chapters"][0]["lessons"][0]["run"] = self.run
        self.asked.set()
        return state

    def act(self, action, fields):
        self.run = {"state": "running", "cell": 3, "of": 21} if action == "run" else None
        return {}


def test_it_says_in_words_how_far_the_course_is(panel, place):
    assert repr(panel) == f"CoursePanel: 0 of {THERE} lessons done. Next: exercise 0.0.a."
    note_attempt("3.1.a", passed=False)
    assert repr(panel) == f"CoursePanel: 0 of {THERE} lessons done, 1 begun. Next: exercise 3.1.a."
    note_attempt("0.0.a", passed=True)
    for number in (1, 2, 3):
        note_quiz(f"0.0.{number}", right=True)
    assert repr(panel).startswith(f"CoursePanel: 1 of {THERE} lessons done, 1 begun.")


def test_a_page_that_looks_gets_the_state_that_a_server_would_give(panel, place, page):
    heard = page(panel)
    heard.open()
    (state,) = heard.of("state")
    told = state["state"]
    assert told["says"] == f"0 of {THERE} lessons done. Next: exercise 0.0.a." and told["code"] is None
    assert [told[key] for key in ("chapters", "folder", "next")] == [
        place.state()[key] for key in ("chapters", "folder", "next")
    ]


def test_what_a_hand_does_is_answered_by_the_new_state(panel, place, page, tmp_path):
    heard = page(panel)
    heard.open()
    heard.do("open", lesson="3.1")
    answer = heard.of("state")[-1]
    path = "tlnb-lessons/03_fine_tuning/01_freezing.ipynb"
    assert answer["answer"] == {"path": path} and answer["state"]["chapters"][3]["lessons"][0]["path"] == path
    assert (tmp_path / path).is_file()


@pytest.mark.parametrize(
    ("action", "fields", "says"),
    [
        ("open", {"lesson": "9.9"}, "There is no lesson '9.9'"),
        ("stop", {"lesson": "3.1"}, "Lesson 3.1 is not running"),
        ("state", {}, "There is no action 'state'"),
        ("open", {"lesson": "3.1", "path": "/etc"}, "'open' has no field 'path'"),
    ],
)
def test_what_cannot_be_done_is_told(panel, page, action, fields, says):
    heard = page(panel)
    heard.open()
    heard.do(action, **fields)
    (error,) = heard.of("error")
    assert says in error["text"]


def test_the_terms_come_when_somebody_searches(panel, page):
    heard = page(panel)
    heard.open()
    assert heard.of("glossary") == []
    heard.do("glossary")
    (message,) = heard.of("glossary")
    assert any(term["term"] == "freezing" for term in message["terms"])


def test_while_a_lesson_runs_the_page_is_told_again_and_again_and_then_no_more(place, page):
    course = Runs(place)
    panel = tlnb.controls.CoursePanel(course)
    heard = page(panel)
    heard.open()
    heard.do("run", lesson="0.0")
    wait_until(lambda: len(heard.of("state")) >= 4)
    assert "Running: 0.0, cell 3 of 21." in heard.of("state")[-1]["state"]["says"]
    course.run = None
    wait_until(lambda: panel._follower is None)
    told = heard.of("state")
    assert told[-1]["state"]["chapters"][0]["lessons"][0]["run"] is None
    course.asked.clear()
    assert not course.asked.wait(1.5) and len(heard.of("state")) == len(told)


def test_a_page_that_begins_to_look_while_a_lesson_runs_is_told_how_far_it_is(place, page):
    course = Runs(place)
    course.act("run", {})
    heard = page(tlnb.controls.CoursePanel(course))
    heard.open()
    wait_until(lambda: len(heard.of("state")) >= 3)
    course.run = None


def test_where_nobody_looks_nothing_is_asked(place, page):
    course = Runs(place)
    panel = tlnb.controls.CoursePanel(course)
    heard = page(panel)
    heard.open()
    heard.do("run", lesson="0.0")
    heard.close()
    wait_until(lambda: panel._follower is None)
    course.asked.clear()
    assert not course.asked.wait(1.5)


def wait_until(true, seconds=30):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_picture_has_every_lesson_and_is_a_png(place):
    made = picture(place.state())
    texts = " ".join(text.get_text() for text in made.axes[0].texts)
    assert "3.1 Freezing and unfreezing layers" in texts and "0 of 3" in texts and "(planned)" in texts
    assert made.png()[1:4] == b"PNG" and f"0 of {THERE} lessons done" in made.axes[0].get_title("left")


def test_a_page_without_scripts_gets_words_and_the_picture(panel):
    data, _ = panel._repr_mimebundle_()
    assert data["text/plain"] == repr(panel) and data["image/png"][1:4] == b"PNG"


def test_it_is_made_without_torch(tmp_path):
    heavy = "{'torch', 'matplotlib', 'papermill'} & {*sys.modules}"
    code = f"import sys, tlnb.course\nprint(tlnb.course.panel())\nprint({heavy})"
    said = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=tmp_path).splitlines()
    assert said == [f"CoursePanel: 0 of {THERE} lessons done. Next: exercise 0.0.a.", "set()"]


@pytest.mark.parametrize("inside", ["", "03_fine_tuning"])
def test_a_kernel_in_a_copy_of_the_lessons_shows_that_copy(place, tmp_path, monkeypatch, inside):
    place.act("open", {"lesson": "3.1"})
    monkeypatch.chdir(tmp_path / "tlnb-lessons" / inside)
    state = tlnb.course.panel()._course.state()
    assert state["folder"] == "" and state["chapters"][3]["lessons"][0]["path"] == "03_fine_tuning/01_freezing.ipynb"


def test_a_kernel_beside_the_lessons_shows_them_and_elsewhere_they_can_be_copied(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    panel = tlnb.course.panel()
    assert panel._course.state()["folder"] is None
    panel._course.act("open", {"lesson": "0.0"})
    assert panel._course.state()["folder"] == "tlnb-lessons" and Path("tlnb-lessons/00_start_here.ipynb").is_file()
