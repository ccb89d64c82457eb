"""tlnb lab and tlnb lessons export: what they say of what they did, and how they refuse."""

from __future__ import annotations

import json
import socket

import pytest
from cli_lessons import write_lesson

import tlnb

NEW = f"0_0_lesson.new-{tlnb.__version__}.ipynb"


@pytest.fixture
def mine(tmp_path):
    return tmp_path / "mine"


@pytest.fixture
def export(call, mine):
    """Copy the small lessons and return what is said, as lines."""

    def run(*options):
        done = call("lessons", "export", mine, *options)
        assert done.exit_code == 0, done.stderr
        return done.stdout.replace(str(mine), "mine").splitlines()

    return run


@pytest.fixture
def no_lab(monkeypatch):
    """Catch what would start JupyterLab, which tests/unit/course/test_lab.py really does."""
    started = []
    monkeypatch.setattr("tlnb.course.lab.open_lab", lambda folder, **options: started.append((folder, options)) or 0)
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    return started


def work_on(path):
    path.write_text(path.read_text().replace("1 + 1", "my_recipe = 1"))


def test_a_first_copy_is_one_line(export):
    said = export()
    assert said == ["mine: 3 lessons copied.", "This is the learner's edition: solutions are folded away."]


def test_nothing_new_is_one_line_too(export):
    export()
    assert export()[0] == "mine: 3 lessons as you left them."


def test_each_lesson_that_an_upgrade_touched_is_told(export, lessons, mine):
    export()
    work_on(mine / "0_0_lesson.ipynb")
    (mine / "3_10_lesson.ipynb").unlink()
    for number in ("0.0", "3.1"):
        write_lesson(lessons, number, "'corrected'")
    write_lesson(lessons, "4.1")
    assert export()[:-1] == [
        "mine: 1 lesson copied, 1 lesson updated, 1 lesson copied again, 1 lesson of yours kept.",
        f"  0.0 Lesson 0.0: yours is kept as it is, and the new version is beside it, {NEW}",
        "  3.1 Lesson 3.1: updated, as you had not changed it",
        "  3.10 Lesson 3.10: was not there any more, copied again",
        "  4.1 Lesson 4.1: new",
    ]
    assert export()[0] == "mine: 4 lessons as you left them."


def test_a_damaged_list_is_told_and_where_it_lies_now(export, mine):
    export()
    (mine / ".tlnb-lessons.json").write_text("{")
    said = export()
    assert "was damaged and is now .tlnb-lessons.damaged.json" in said[1]


def test_a_lesson_that_is_no_more_is_told(export, lessons):
    export()
    (lessons / "0_0_lesson.ipynb").unlink()
    assert "  0_0_lesson.ipynb is no longer a lesson of tlnb; your copy stays." in export()


def test_the_classrooms_edition_says_that_it_has_no_solutions(export):
    assert export("--edition", "classroom")[-1] == "This is the classroom's edition: there are no solutions in it."
    assert export()[-1].startswith("This is the classroom's edition")


def test_an_unknown_edition_is_wrong_use(call, mine):
    done = call("lessons", "export", mine, "--edition", "teacher")
    assert done.exit_code == 2 and "teacher" in done.stderr and not mine.exists()


@pytest.mark.parametrize("command", [["lab", "--no-browser"], ["lessons", "export"]])
def test_a_file_in_place_of_the_folder_is_wrong_use(call, mine, command):
    mine.write_text("a file")
    done = call(*command, mine)
    assert done.exit_code == 2 and "mine is a file" in done.stderr and done.stdout == ""


def test_a_port_in_use_is_wrong_use_and_names_a_free_one(call, mine, monkeypatch):
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = call("lab", mine, "--no-browser", "--port", port)
    assert done.exit_code == 2 and f"Port {port} is in use. Use --port" in done.stderr


def test_lab_opens_the_first_lesson_of_the_copy(call, mine, no_lab):
    assert call("lab", mine, "--no-browser", "--port", 9001).exit_code == 0
    ((folder, options),) = no_lab
    assert folder == mine and options["first"] == mine / "0_0_lesson.ipynb"
    assert (options["port"], options["browser"]) == (9001, False)


@pytest.mark.parametrize(("words", "folder"), [([], "tlnb-lessons"), (["mine"], "mine")])
def test_what_follows_two_dashes_goes_to_jupyterlab_with_and_without_a_folder(
    call, no_lab, monkeypatch, tmp_path, words, folder
):
    monkeypatch.chdir(tmp_path)
    assert call("lab", *words, "--no-browser", "--", "--debug", "--allow-root").exit_code == 0
    ((opened, options),) = no_lab
    assert opened.name == folder and options["extra"] == ["--debug", "--allow-root"]


def test_lab_without_a_browser_says_so_and_how_to_get_there(call, mine, no_lab, monkeypatch):
    monkeypatch.setattr("tlnb.course.ports.has_browser", lambda: False)
    done = call("lab", mine)
    assert "No browser is found on this machine." in done.stdout and no_lab[0][1]["browser"] is False


def test_in_jupyterhub_no_second_server_is_started(call, mine, no_lab, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    done = call("lab", mine)
    assert done.exit_code == 0 and not no_lab
    assert f"You are in JupyterHub already: open {mine} in the file browser" in done.stdout


def test_lab_says_by_its_exit_code_that_the_server_failed(call, mine, monkeypatch):
    monkeypatch.setattr("tlnb.course.lab.open_lab", lambda *_, **__: 3)
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    assert call("lab", mine, "--no-browser").exit_code == 1


def test_the_copy_holds_a_record_of_what_was_copied(export, mine):
    export()
    record = json.loads((mine / ".tlnb-lessons.json").read_text())
    assert record["edition"] == "learner" and record["tlnb"] == tlnb.__version__
    assert set(record["lessons"]) == {"0_0_lesson.ipynb", "3_1_lesson.ipynb", "3_10_lesson.ipynb"}
