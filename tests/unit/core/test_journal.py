"""Nothing that a learner did is lost, and nothing that goes wrong with the file reaches them as an error."""

from __future__ import annotations

import getpass
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from datetime import datetime, timezone

import pytest

from tlnb.core import journal
from tlnb.core.files import file_lock
from tlnb.core.journal import journal_path, note_attempt, note_hint, note_quiz, note_solution, read_journal


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING, logger="tlnb")
    return lambda: [record.getMessage() for record in caplog.records]


def damaged_files(home):
    return sorted(path.name for path in home.glob("progress.damaged-*.json"))


def run_python(code, *, home, timeout=60):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TLNB_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_before_anything_is_done_the_journal_is_empty_and_no_file_is_made(home):
    assert read_journal() == {"format": 1, "exercises": {}, "quizzes": {}}
    assert not home.exists()


def test_attempts_are_counted_until_the_exercise_is_passed():
    for passed in (False, False, True):
        note_attempt("3.1.a", passed)
    entry = read_journal()["exercises"]["3.1.a"]
    assert entry["attempts"] == 3 and entry["passed"] is True
    for time in (entry["first"], entry["passed_at"]):
        moment = datetime.fromisoformat(time)
        assert moment.utcoffset().total_seconds() == 0
        assert abs((datetime.now(timezone.utc) - moment).total_seconds()) < 60


def test_once_passed_stays_passed_and_a_rerun_counts_nothing():
    note_attempt("3.1.a", True)
    before = journal_path().read_bytes()
    note_attempt("3.1.a", False)
    note_attempt("3.1.a", True)
    assert journal_path().read_bytes() == before


def test_help_that_was_looked_at_is_recorded_before_the_first_attempt_and_after_the_last():
    note_hint("3.1.a", 2)
    note_hint("3.1.a", 1)
    note_attempt("3.1.a", True)
    note_solution("3.1.a")
    entry = read_journal()["exercises"]["3.1.a"]
    assert (entry["hints"], entry["solution"], entry["attempts"]) == (2, True, 1)


@pytest.mark.parametrize(
    ("chosen", "attempts", "right", "right_first"),
    [
        ([True], 1, True, True),
        ([False], 1, False, False),
        ([False, True], 2, True, False),
        ([True, False, True], 1, True, True),
    ],
)
def test_a_quiz_keeps_whether_the_first_choice_was_right(chosen, attempts, right, right_first):
    for choice in chosen:
        note_quiz("3.1.1", choice)
    entry = read_journal()["quizzes"]["3.1.1"]
    assert (entry["attempts"], entry["right"], entry["right_first"]) == (attempts, right, right_first)


def test_the_file_is_readable_json_in_the_order_of_the_course(home):
    for name in ("10.1.a", "3.1.b", "0.0.a", "3.1.a"):
        note_attempt(name, False)
    text = (home / "progress.json").read_text(encoding="utf-8")
    assert list(json.loads(text)["exercises"]) == ["0.0.a", "3.1.a", "3.1.b", "10.1.a"]
    assert '\n      "attempts": 1,\n' in text and text.endswith("}\n")


def test_the_file_holds_its_stated_fields_and_nothing_about_person_or_machine(home):
    note_attempt("3.1.a", False)
    note_solution("3.1.a")
    note_quiz("3.1.1", True)
    stored = json.loads((home / "progress.json").read_text(encoding="utf-8"))
    assert set(stored) == {"format", "exercises", "quizzes"}
    assert set(stored["exercises"]["3.1.a"]) == {"attempts", "passed", "first", "passed_at", "hints", "solution"}
    assert set(stored["quizzes"]["3.1.1"]) == {"attempts", "right", "right_first", "first"}
    text = json.dumps(stored)
    assert all(f'"{name}"' not in text for name in (getpass.getuser(), socket.gethostname(), str(home)))


WRITER = """
import sys, time
from tlnb.core.journal import note_attempt, note_quiz
print("ready", flush=True)
sys.stdin.readline()
for turn in range(20):
    note_attempt("1.1.a", False)
    note_attempt(f"2.{sys.argv[1]}.{chr(97 + turn)}", True)
    note_quiz("1.1.1", False)
    time.sleep(0.005)
"""


def test_processes_that_write_at_once_lose_no_entry(home):
    start = [sys.executable, "-c", WRITER]
    writers = [
        subprocess.Popen(
            [*start, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for number in range(4)
    ]
    for writer in writers:  # all are past their imports before any of them writes
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    said = [writer.communicate(timeout=120)[1] for writer in writers]
    assert said == [""] * 4
    recorded = read_journal()
    assert recorded["exercises"]["1.1.a"]["attempts"] == recorded["quizzes"]["1.1.1"]["attempts"] == 80
    assert len(recorded["exercises"]) == 1 + 4 * 20
    assert sorted(path.name for path in home.iterdir()) == ["progress.json", "progress.json.lock"]


def test_threads_that_write_at_once_lose_no_entry():
    def write():
        for _ in range(10):
            note_attempt("1.1.a", False)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_journal()["exercises"]["1.1.a"]["attempts"] == 40


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"format": 1, "exercises": {"3.1.a": {"atte',
        b"\xff\xfe\x00",
        b"[1, 2, 3]",
        b'{"progress": "of something else"}',
        b'{"format": true, "exercises": {}, "quizzes": {}}',
        b'{"format": 1, "exercises": [], "quizzes": {}}',
        b'{"format": 1, "exercises": {"3.1.a": {"attempts": "three"}}, "quizzes": {}}',
        b"[" * 100_000,
    ],
    ids=["empty", "cut off", "not text", "a list", "foreign", "true", "no entries", "wrong kind", "deep"],
)
def test_a_damaged_or_foreign_file_is_set_aside_and_a_new_one_begun(home, warnings, content):
    home.mkdir()
    (home / "progress.json").write_bytes(content)
    assert read_journal()["exercises"] == {}
    assert (home / "progress.json").read_bytes() == content  # reading moves nothing
    note_attempt("3.1.b", True)
    (kept,) = damaged_files(home)
    assert (home / kept).read_bytes() == content
    assert list(read_journal()["exercises"]) == ["3.1.b"]
    assert any(kept in warning for warning in warnings())


def test_a_second_damaged_file_of_a_day_does_not_replace_the_first(home):
    home.mkdir()
    for content in ("one", "two", "three"):
        (home / "progress.json").write_text(content)
        note_attempt("3.1.a", False)
    assert {(home / name).read_text() for name in damaged_files(home)} == {"one", "two", "three"}


def test_a_file_of_a_newer_format_is_left_alone_with_one_warning(home, warnings):
    home.mkdir()
    newer = '{"format": 2, "exercises": {"3.1.a": {"stars": 5}}}'
    (home / "progress.json").write_text(newer)
    note_attempt("3.1.a", True)
    note_quiz("3.1.1", True)
    assert (home / "progress.json").read_text() == newer and not damaged_files(home)
    (warning,) = warnings()
    assert "format 2" in warning and "pip install -U tlnb" in warning
    assert read_journal()["exercises"] == {}


def test_what_an_entry_lacks_is_filled_in_and_what_it_has_beyond_is_kept(home):
    home.mkdir()
    (home / "progress.json").write_text(
        '{"format": 1, "exercises": {"3.1.a": {"attempts": 4, "mood": "good"}}, "quizzes": {}, "more": 1}'
    )
    note_attempt("3.1.a", False)
    recorded = read_journal()
    entry = recorded["exercises"]["3.1.a"]
    assert (entry["attempts"], entry["hints"], entry["mood"], recorded["more"]) == (5, 0, "good", 1)


def test_a_home_that_cannot_be_made_stops_nothing_and_is_said_once(tmp_path, monkeypatch, warnings):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TLNB_HOME", str(tmp_path / "file" / "home"))
    for _ in range(3):
        note_attempt("3.1.a", True)
        note_hint("3.1.a", 1)
        note_quiz("3.1.1", False)
    (warning,) = warnings()
    assert "not recorded" in warning
    assert read_journal()["exercises"] == {}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="who may do everything may write anywhere")
def test_a_read_only_home_stops_nothing_and_is_said_once(home, warnings):
    note_attempt("3.1.a", True)
    home.chmod(0o500)
    for _ in range(3):
        note_attempt("3.1.b", True)
    home.chmod(0o700)
    assert len(warnings()) == 1 and list(read_journal()["exercises"]) == ["3.1.a"]


def test_a_full_disk_stops_nothing_is_said_once_and_leaves_the_old_file_whole(home):
    pytest.importorskip("resource")
    note_attempt("3.1.a", True)
    before = journal_path().read_bytes()
    ended = run_python(
        "import resource, logging; logging.basicConfig(format='%(message)s')\n"
        "from tlnb.core.journal import note_attempt\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "note_attempt('3.1.b', True); note_attempt('3.1.c', True)\n",
        home=home,
    )
    assert ended.returncode == 0 and len(ended.stderr.splitlines()) == 1 and "not recorded" in ended.stderr
    assert journal_path().read_bytes() == before
    assert sorted(path.name for path in home.iterdir()) == ["progress.json", "progress.json.lock"]


def test_a_folder_in_place_of_the_file_stops_nothing(home, warnings):
    (home / "progress.json").mkdir(parents=True)
    note_attempt("3.1.a", True)
    assert read_journal()["exercises"] == {} and warnings()
    assert (home / "progress.json").is_dir()


def test_a_lock_that_another_holds_for_good_costs_seconds_and_no_error(monkeypatch, warnings):
    monkeypatch.setattr(journal, "_LOCK_SECONDS", 0.1)
    note_attempt("3.1.a", True)
    with file_lock(journal_path()):
        note_attempt("3.1.b", True)
    assert len(warnings()) == 1 and list(read_journal()["exercises"]) == ["3.1.a"]


def test_importing_the_journal_loads_nothing_heavy(home):
    ended = run_python(
        "import sys, tlnb.core.journal\nprint({'torch', 'numpy', 'matplotlib'} & set(sys.modules))", home=home
    )
    assert ended.stdout == "set()\n"
