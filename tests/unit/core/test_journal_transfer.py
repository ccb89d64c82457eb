"""Progress that is taken along arrives whole, or nothing is changed; what is wiped can be brought back."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tlnb.core import journal_transfer
from tlnb.core.files import file_lock
from tlnb.core.journal import journal_path, note_attempt, note_hint, note_quiz, read_journal
from tlnb.core.journal_transfer import ProgressError, export_progress, import_progress, wipe_progress


@pytest.fixture
def two_machines(monkeypatch, tmp_path):
    """Give a way to be at one machine or another."""
    return lambda name: monkeypatch.setenv("TLNB_HOME", str(tmp_path / name))


@pytest.fixture
def exported(two_machines, tmp_path):
    """On a laptop, 3.1.a was passed at the third try and a quiz was right; then we are at school."""
    two_machines("laptop")
    for passed in (False, False, True):
        note_attempt("3.1.a", passed)
    note_quiz("3.1.1", True)
    file = export_progress(tmp_path / "mine.json")
    two_machines("school")
    return file


def test_what_is_exported_can_be_imported_where_nothing_was_done(exported):
    came = import_progress(exported)
    assert (came.passed, came.right, came.other) == (("3.1.a",), ("3.1.1",), ())
    assert read_journal() == json.loads(exported.read_text(encoding="utf-8"))


def test_what_was_done_on_both_machines_is_kept(exported):
    note_attempt("3.1.b", True)
    note_attempt("3.1.a", False)
    came = import_progress(exported)
    exercises = read_journal()["exercises"]
    assert came.passed == ("3.1.a",) and list(exercises) == ["3.1.a", "3.1.b"]
    assert exercises["3.1.b"]["passed"] and exercises["3.1.a"]["attempts"] == 3


def test_more_attempts_or_hints_come_in_too(two_machines, exported):
    note_attempt("3.1.a", True)
    note_quiz("3.1.1", True)
    came = import_progress(exported)
    assert "3.1.a" in came.other and not came.passed and not came.right


def test_importing_a_second_time_changes_nothing_and_writes_nothing(exported):
    import_progress(exported)
    before = journal_path().stat()
    assert not import_progress(exported)
    assert journal_path().stat().st_mtime_ns == before.st_mtime_ns and journal_path().stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no progress"),
        (b"\xff\xfe\x00", "no progress"),
        (b'{"cells": [], "nbformat": 4}', "not a journal of tlnb"),
        (b'{"format": 1, "exercises": {"3.1.a": {"attempts": "three"}}, "quizzes": {}}', "not a journal of tlnb"),
        (b'{"format": 2, "exercises": {}, "quizzes": {}}', "format 2"),
        (b"[" * 100_000, "nests too deeply"),
    ],
    ids=["empty", "not text", "a notebook", "wrong kind", "newer", "deep"],
)
def test_a_file_that_is_no_journal_is_refused_and_nothing_changed(home, tmp_path, content, says):
    note_attempt("3.1.b", True)
    before = journal_path().read_bytes()
    file = tmp_path / "other.json"
    file.write_bytes(content)
    with pytest.raises(ProgressError, match=says) as caught:
        import_progress(file)
    assert str(file) in str(caught.value)
    assert journal_path().read_bytes() == before and file.read_bytes() == content
    assert sorted(path.name for path in home.iterdir()) == ["progress.json", "progress.json.lock"]


def test_a_film_is_refused_without_reading_it(tmp_path):
    with (tmp_path / "film.mp4").open("wb") as file:
        file.truncate(1 << 30)  # a hole, which takes no room on the disk
    with pytest.raises(ProgressError, match="far too large"):
        import_progress(tmp_path / "film.mp4")


@pytest.mark.parametrize("name", ["nowhere.json", "folder"])
def test_a_file_that_is_not_there_is_refused_before_anything_is_made(home, tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ProgressError, match=name):
        import_progress(tmp_path / name)
    assert not home.exists()


def test_ones_own_damaged_journal_is_set_aside_and_what_comes_in_is_kept(exported, caplog):
    journal_path().parent.mkdir()
    journal_path().write_text("{")
    import_progress(exported)
    (kept,) = journal_path().parent.glob("progress.damaged-*.json")
    assert kept.read_text() == "{" and kept.name in caplog.text
    assert read_journal()["exercises"]["3.1.a"]["passed"]


def test_ones_own_journal_of_a_later_tlnb_is_left_alone(exported):
    newer = '{"format": 2, "stars": 5}'
    journal_path().parent.mkdir()
    journal_path().write_text(newer)
    with pytest.raises(ProgressError, match="your own progress"):
        import_progress(exported)
    assert journal_path().read_text() == newer


def test_an_import_waits_for_who_is_writing_and_gives_up_with_nothing_changed(exported, monkeypatch):
    monkeypatch.setattr(journal_transfer, "_LOCK_SECONDS", 0.1)
    note_attempt("3.1.b", True)
    before = journal_path().read_bytes()
    with file_lock(journal_path()), pytest.raises(TimeoutError):
        import_progress(exported)
    assert journal_path().read_bytes() == before


def test_an_import_and_notes_of_another_process_lose_nothing_to_each_other(exported):
    code = (
        "from tlnb.core.journal import note_attempt\nfor letter in 'bcdefghijkl': note_attempt(f'9.9.{letter}', True)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code])
    while writer.poll() is None:
        import_progress(exported)
    assert writer.returncode == 0
    assert set(read_journal()["exercises"]) == {"3.1.a", *(f"9.9.{letter}" for letter in "bcdefghijkl")}


def test_an_export_replaces_no_file_unless_told_to(tmp_path):
    note_attempt("3.1.a", True)
    file = tmp_path / "mine.json"
    file.write_text("somebody else's")
    with pytest.raises(ProgressError, match="there already"):
        export_progress(file)
    assert file.read_text() == "somebody else's"
    assert json.loads(export_progress(file, overwrite=True).read_text())["exercises"]["3.1.a"]["passed"]


def test_an_export_never_goes_onto_the_journal_itself():
    note_attempt("3.1.a", True)
    with pytest.raises(ProgressError, match="there already"):
        export_progress(journal_path(), overwrite=True)


def test_an_export_into_a_folder_says_to_name_a_file(tmp_path):
    note_attempt("3.1.a", True)
    with pytest.raises(ProgressError, match="is a folder"):
        export_progress(tmp_path)


def test_where_nothing_is_recorded_nothing_is_exported(tmp_path):
    with pytest.raises(ProgressError, match="nothing is recorded yet"):
        export_progress(tmp_path / "mine.json")
    assert not (tmp_path / "mine.json").exists()


def test_a_damaged_journal_is_not_exported_as_an_empty_one(tmp_path):
    note_attempt("3.1.a", True)
    journal_path().write_text("{")
    with pytest.raises(ProgressError, match=str(journal_path())):
        export_progress(tmp_path / "mine.json")
    assert not (tmp_path / "mine.json").exists() and journal_path().read_text() == "{"


def test_what_is_wiped_is_kept_beside_and_can_be_brought_back():
    note_attempt("3.1.a", True)
    before = journal_path().read_bytes()
    kept = wipe_progress()
    assert kept.parent == journal_path().parent and kept.read_bytes() == before
    assert read_journal()["exercises"] == {}
    assert import_progress(kept).passed == ("3.1.a",) and journal_path().read_bytes() == before


def test_a_second_wipe_of_a_day_does_not_replace_the_first():
    for name in ("3.1.a", "3.1.b"):
        note_attempt(name, True)
        wipe_progress()
    kept = [json.loads(path.read_text()) for path in journal_path().parent.glob("progress.wiped-*.json")]
    assert sorted(name for journal in kept for name in journal["exercises"]) == ["3.1.a", "3.1.b"]


def test_a_damaged_journal_can_be_wiped_and_is_kept_as_it_is():
    note_hint("3.1.a", 1)
    journal_path().write_text("{")
    assert wipe_progress().read_text() == "{" and not journal_path().exists()


def test_where_nothing_is_recorded_there_is_nothing_to_wipe(home):
    assert wipe_progress() is None and not home.exists()
