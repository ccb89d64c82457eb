"""A lesson is reset: the shipped one takes its place, the learner's is kept, and nothing is lost on the way."""

from __future__ import annotations

import errno
import json
import os
from datetime import date

import pytest
from small_lessons import write_lesson

from tlnb.course import resetting
from tlnb.course.copy_record import CopyError
from tlnb.course.copying import copy_lessons
from tlnb.course.lessons import all_lessons
from tlnb.course.resetting import reset_lesson

TODAY = date.today().isoformat()


@pytest.fixture
def source(tmp_path):
    write_lesson(tmp_path / "shipped", "0.0", "1 + 1", name="start.ipynb")
    write_lesson(tmp_path / "shipped", "3.1", "2 + 2", name="03/freezing.ipynb")
    return tmp_path / "shipped"


@pytest.fixture
def mine(tmp_path, source):
    copy_lessons(tmp_path / "mine", source)
    return tmp_path / "mine"


@pytest.fixture
def reset(mine, source):
    (lesson,) = (one for one in all_lessons(source) if one.id == "3.1")
    return lambda folder=mine: reset_lesson(folder, lesson, source)


def work_on(folder, text="my own"):
    path = folder / "03" / "freezing.ipynb"
    path.write_text(path.read_text().replace("2 + 2", text))
    return path.read_bytes()


def test_the_learners_version_is_kept_beside_letter_by_letter(mine, reset):
    shipped = (mine / "03/freezing.ipynb").read_bytes()
    own = work_on(mine)
    done = reset()
    assert done.path == mine / "03/freezing.ipynb" and done.path.read_bytes() == shipped
    assert done.kept == mine / "03" / f"freezing.kept-{TODAY}.ipynb" and done.kept.read_bytes() == own


def test_each_reset_keeps_under_a_free_name(mine, reset):
    versions = [work_on(mine, f"version {number}") for number in range(3) if not number or reset()]
    reset()
    names = [f"freezing.kept-{TODAY}{end}.ipynb" for end in ("", "-2", "-3")]
    assert [(mine / "03" / name).read_bytes() for name in names] == versions


def test_a_later_copy_takes_the_lesson_for_unchanged_and_updates_it(mine, source, reset):
    work_on(mine)
    reset()
    assert copy_lessons(mine, source).of("as it was", "beside")[1].what == "as it was"
    write_lesson(source, "3.1", "3 + 3", name="03/freezing.ipynb")
    assert [one.lesson.id for one in copy_lessons(mine, source).of("updated")] == ["3.1"]


def test_what_was_put_beside_an_edited_lesson_is_not_offered_again(mine, source, reset):
    work_on(mine)
    write_lesson(source, "3.1", "3 + 3", name="03/freezing.ipynb")
    assert copy_lessons(mine, source).of("beside")
    reset()
    assert not copy_lessons(mine, source).of("beside", "updated", "copied again")


def test_a_lesson_with_not_one_letter_changed_leaves_nothing_beside(mine, reset):
    assert reset().kept is None and len(list((mine / "03").iterdir())) == 1


def test_a_lesson_that_is_not_there_is_copied(mine, reset):
    (mine / "03/freezing.ipynb").unlink()
    done = reset()
    assert done.kept is None and done.path.is_file()


def test_a_folder_that_is_not_there_is_made_with_the_one_lesson(tmp_path, source, reset):
    reset(tmp_path / "new")
    assert not (tmp_path / "new/start.ipynb").exists()
    assert [one.what for one in copy_lessons(tmp_path / "new", source).lessons] == ["copied", "as it was"]


@pytest.mark.parametrize("step", ["write_notebook", "write_copy_record", "read_copy_record"])
def test_stopped_halfway_nothing_is_lost(mine, source, reset, monkeypatch, step):
    own = work_on(mine)

    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(resetting, step, stop)
        with pytest.raises(KeyboardInterrupt):
            reset()
    there = [path.read_bytes() for path in (mine / "03").iterdir()]
    assert own in there and (mine / "03/freezing.ipynb").is_file()
    copy_lessons(mine, source)
    assert own in [path.read_bytes() for path in (mine / "03").iterdir()]
    reset()
    assert own in [path.read_bytes() for path in (mine / "03").iterdir()]


def test_where_files_have_no_second_names_it_is_copied(mine, reset, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EPERM, "Operation not permitted")

    own = work_on(mine)
    monkeypatch.setattr(os, "link", refuse)
    kept = reset().kept
    assert kept.read_bytes() == own and kept.stat().st_nlink == 1


def test_a_name_that_another_program_takes_meanwhile_is_left_to_it(mine, reset, monkeypatch):
    taken, link = [], os.link

    def too_late(path, kept):
        if not taken:
            taken.append(kept)
            kept.write_text("another's")
        link(path, kept)

    own = work_on(mine)
    monkeypatch.setattr(os, "link", too_late)
    assert reset().kept.read_bytes() == own and taken[0].read_text() == "another's"


def test_a_notebook_that_is_damaged_is_kept_as_it_is(mine, reset):
    (mine / "03/freezing.ipynb").write_bytes(b"\xff{")
    assert reset().kept.read_bytes() == b"\xff{"


def test_the_edition_of_the_folder_stays(tmp_path, source, reset):
    copy_lessons(tmp_path / "class", source, edition="classroom")
    work_on(tmp_path / "class")
    reset(tmp_path / "class")
    record = json.loads((tmp_path / "class/.tlnb-lessons.json").read_text())
    assert record["edition"] == "classroom" and copy_lessons(tmp_path / "class", source).of("as it was")


def test_a_file_in_the_place_of_the_folder_is_one_clear_error(tmp_path, reset):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CopyError, match="is a file, and the lessons need a folder"):
        reset(tmp_path / "file")


def test_the_package_itself_is_never_reset(source, reset):
    with pytest.raises(CopyError, match="belongs to the installed package"):
        reset(source)
