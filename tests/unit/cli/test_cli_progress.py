"""tlnb progress: shown, taken along, wiped."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tlnb.core.journal import journal_path, note_attempt, note_quiz, read_journal


def test_it_shows_the_table_what_is_next_and_where_it_is_kept(call):
    note_attempt("0.0.a", True)
    done = call("progress")
    header, *rows = done.stdout.splitlines()
    assert done.exit_code == 0 and header.split()[:2] == ["lesson", "exercises"]
    assert any(row.startswith("0.0 Lesson 0.0") and "1 of" in row for row in rows)
    assert "Next: exercise" in done.stdout and rows[-1] == f"Kept in {journal_path()}"


def test_programs_get_every_lesson(call):
    note_attempt("0.0.a", True)
    note_quiz("3.1.1", False)
    shown = json.loads(call("progress", "--json").stdout)
    lessons = {lesson["id"]: lesson for lesson in shown["lessons"]}
    assert shown["file"] == str(journal_path()) and shown["next"] not in (None, "0.0.a")
    assert lessons["0.0"]["passed"] == ["0.0.a"] and "0.0.a" not in lessons["0.0"]["left"]
    assert (lessons["3.1"]["quizzes"], lessons["3.1"]["right"]) == (1, 0)


def test_a_damaged_file_is_said_and_the_table_is_shown_all_the_same(call, caplog):
    note_attempt("0.0.a", True)
    journal_path().write_text("{")
    done = call("progress")
    assert done.exit_code == 0 and "0 of" in done.stdout and "cannot be read" in caplog.text


def test_progress_goes_from_one_machine_to_another(call, monkeypatch, tmp_path):
    note_attempt("3.1.a", True)
    note_quiz("3.1.1", True)
    done = call("progress", "export", tmp_path / "mine.json")
    assert done.exit_code == 0 and str(tmp_path / "mine.json") in done.stdout
    monkeypatch.setenv("TLNB_HOME", str(tmp_path / "elsewhere"))
    done = call("progress", "import", tmp_path / "mine.json")
    assert done.exit_code == 0 and "Exercises that count as passed now: 3.1.a" in done.stdout
    assert "Quizzes that count as right now: 3.1.1" in done.stdout
    assert read_journal()["exercises"]["3.1.a"]["passed"]
    again = call("progress", "import", tmp_path / "mine.json")
    assert again.exit_code == 0 and "is new: your progress is as it was" in again.stdout


@pytest.mark.parametrize(
    ("content", "says"), [("{}", "not a journal of tlnb"), ('{"format": 2}', "pip install -U tlnb"), (None, "no file")]
)
def test_what_is_no_journal_is_wrong_use_said_in_one_line(call, tmp_path, content, says):
    file = tmp_path / "other.json"
    if content is not None:
        file.write_text(content)
    done = call("progress", "import", file)
    assert done.exit_code == 2 and says in done.stderr and str(file) in done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.stdout == "" and not journal_path().exists()


def test_a_home_that_cannot_be_written_fails_in_one_line(call, tmp_path, monkeypatch):
    note_attempt("3.1.a", True)
    call("progress", "export", tmp_path / "mine.json")
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TLNB_HOME", str(tmp_path / "file" / "home"))
    done = call("progress", "import", tmp_path / "mine.json")
    assert done.exit_code == 1 and len(done.stderr.splitlines()) == 1 and "file" in done.stderr


def test_an_export_does_not_replace_a_file_until_told_to(call, tmp_path):
    note_attempt("3.1.a", True)
    (tmp_path / "mine.json").write_text("before")
    done = call("progress", "export", tmp_path / "mine.json")
    assert done.exit_code == 1 and "there already" in done.stderr and (tmp_path / "mine.json").read_text() == "before"
    assert call("progress", "export", tmp_path / "mine.json", "--overwrite").exit_code == 0


def test_a_wipe_says_where_it_keeps_what_was_there(call):
    note_attempt("3.1.a", True)
    done = call("progress", "wipe", "--yes")
    (kept,) = journal_path().parent.glob("progress.wiped-*.json")
    assert done.exit_code == 0 and str(kept) in done.stdout and not journal_path().exists()


def test_without_a_terminal_nothing_is_wiped_that_it_was_not_told_to(call):
    note_attempt("3.1.a", True)
    done = call("progress", "wipe")
    assert done.exit_code == 2 and "say --yes" in done.stderr and journal_path().exists()


def test_where_nothing_is_recorded_a_wipe_says_so(call):
    done = call("progress", "wipe")
    assert done.exit_code == 0 and "nothing to wipe" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of its own")
@pytest.mark.parametrize(("answer", "code", "left"), [(b"n\n", 1, True), (b"y\n", 0, False)])
def test_in_a_terminal_a_wipe_asks_first(answer, code, left):
    note_attempt("3.1.a", True)
    terminal, inside = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tlnb", "progress", "wipe"],
        stdin=inside,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.close(inside)
    os.write(terminal, answer)
    said = process.communicate(timeout=60)[0].decode()
    os.close(terminal)
    assert process.returncode == code and "[y/N]" in said and journal_path().exists() is left
