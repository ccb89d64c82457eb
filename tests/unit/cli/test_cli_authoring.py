"""tlnb lessons new and check: what an author is told."""

from __future__ import annotations

import pytest

from tlnb.course.skeleton import new_lesson


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Stand in an empty checkout."""
    (tmp_path / "repository" / "notebooks" / "records").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "repository"


def test_a_lesson_is_begun_and_its_files_are_named(call, checkout):
    done = call("lessons", "new", "5.1")
    assert done.exit_code == 0, done.stderr
    written = [line.removeprefix("Written: ") for line in done.stdout.splitlines() if line.startswith("Written: ")]
    assert len(written) == 3 and all((checkout / name).is_file() for name in written)
    assert f"tlnb lessons check {written[0]}" in done.stdout


def test_a_lesson_is_not_begun_twice(call, checkout):
    call("lessons", "new", "5.1")
    done = call("lessons", "new", "5.1")
    assert done.exit_code == 2 and "Lesson 5.1 is begun already" in done.stderr and done.stdout == ""


def test_a_lesson_is_begun_elsewhere_with_out(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("lessons", "new", "5.1", "--out", tmp_path / "there").exit_code == 0
    assert (tmp_path / "there" / "notebooks" / "records" / "05_01.json").exists()


def test_a_folder_that_is_no_checkout_is_refused(call, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    done = call("lessons", "new", "5.1")
    assert done.exit_code == 2 and "not a checkout of tlnb" in done.stderr
    assert not list((tmp_path / "empty").iterdir())


def test_a_lesson_of_no_syllabus_is_refused(call, checkout):
    done = call("lessons", "new", "5.7")
    assert done.exit_code == 2 and "The syllabus has no lesson '5.7'" in done.stderr


def test_a_source_is_checked_before_it_ever_ran(call, tmp_path):
    source = new_lesson("5.1", tmp_path).source
    done = call("lessons", "check", source)
    assert done.exit_code == 0 and f"{source}: as it should be, but" in done.stdout and "places say TODO" in done.stdout
    source.write_text(source.read_text(encoding="utf-8").replace("quiz(", "print("), encoding="utf-8")
    done = call("lessons", "check", source)
    assert done.exit_code == 1 and f"tlnb: {source}: there is no quiz: ask before you tell" in done.stderr


def test_lessons_are_checked_by_their_numbers_and_each_thing_that_lacks_is_a_line(call):
    done = call("lessons", "check", "3")
    assert done.exit_code == 1
    assert "tlnb: 3.1: there is no quiz: ask before you tell" in done.stderr.splitlines()
    assert "tlnb: 3.10: there is no quiz: ask before you tell" in done.stderr.splitlines()
    assert "0.0" not in {line.split(": ")[1] for line in done.stderr.splitlines()}


@pytest.mark.parametrize("name", ["9.9", "nowhere.py", "nowhere.ipynb"])
def test_what_is_not_there_cannot_be_checked(call, name):
    done = call("lessons", "check", name)
    assert done.exit_code == 2 and name in done.stderr


def test_a_file_that_is_no_notebook_is_named(call, tmp_path):
    (tmp_path / "broken.ipynb").write_text("{")
    done = call("lessons", "check", tmp_path / "broken.ipynb")
    assert done.exit_code == 2 and "broken.ipynb is not a notebook" in done.stderr


def test_the_lessons_of_the_package_are_as_they_should_be(call, monkeypatch):
    monkeypatch.undo()
    done = call("lessons", "check")
    assert done.exit_code == 0, done.stderr
    assert "0.0: as it should be" in done.stdout.splitlines()
