from __future__ import annotations

import json
import subprocess
import sys

import pytest
from small_lessons import write_lesson, write_three

import tlnb


@pytest.fixture
def tlnb_command(tmp_path):
    """Run the command on the small lessons, as its own process in an empty folder."""
    lessons = write_three(tmp_path / "notebooks")
    work = tmp_path / "work"
    work.mkdir()
    start = (
        "import sys; from pathlib import Path; import tlnb.course.lessons as there, tlnb.cli\n"
        "folder = Path(sys.argv.pop(1))\nthere.lessons_folder = lambda: folder\ntlnb.cli.main()"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", start, str(lessons), *arguments]
        return subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=120)

    run.work = work
    run.lessons = lessons
    return run


def test_run_ends_with_the_path_of_the_report(tlnb_command):
    done = tlnb_command("run", "0.0", "--device", "cpu")
    report = tlnb_command.work / "out" / "report.html"
    assert done.returncode == 0 and report.exists()
    assert done.stdout.splitlines()[-1] == f"Report: {report}"


@pytest.mark.slow
def test_a_failed_lesson_gives_exit_code_1_and_still_a_report(tlnb_command):
    done = tlnb_command("run", "--out", "elsewhere", "--device", "cpu")
    assert done.returncode == 1 and (tlnb_command.work / "elsewhere" / "report.html").exists()


@pytest.mark.slow
def test_a_failure_of_another_lesson_before_does_not_count(tlnb_command):
    tlnb_command("run", "3.1", "--device", "cpu")
    assert tlnb_command("run", "3.10", "--device", "cpu").returncode == 0


@pytest.mark.slow
def test_progress_in_a_log_is_one_line_a_lesson(tlnb_command):
    lines = tlnb_command("run", "0.0", "--device", "cpu").stderr.splitlines()
    assert [line for line in lines if line.strip()] == lines and len(lines) == 1
    assert lines[0].startswith("Lesson 0.0, cell 3/3 · ") and "GiB" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "7.7"], "There is no lesson '7.7'"),
        (["run", "--profile", "huge"], "huge"),
        (["run", "--device", "tpu"], "tpu"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_wrong_use_gives_exit_code_2_and_says_what_was_wrong(tlnb_command, arguments, says):
    done = tlnb_command(*arguments)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr


def test_lessons_are_listed_for_people_and_for_programs(tlnb_command):
    assert "3.10  Lesson 3.10  (5 min)" in tlnb_command("lessons").stdout
    rows = json.loads(tlnb_command("lessons", "--json").stdout)
    assert [row["lesson"] for row in rows] == ["0.0", "3.1", "3.10"]


def test_a_broken_lesson_is_named_by_exit_code_2(tlnb_command):
    write_lesson(tlnb_command.lessons, "x.y", name="broken.ipynb")
    done = tlnb_command("lessons")
    assert done.returncode == 2 and "broken.ipynb is not a lesson" in done.stderr


def test_the_version_is_the_packages(tlnb_command):
    assert tlnb_command("--version").stdout.strip() == f"tlnb {tlnb.__version__}"


def test_lab_hands_options_after_two_dashes_to_jupyter(tlnb_command):
    done = tlnb_command("lab", "mine", "--no-browser", "--", "--version")
    assert done.returncode == 0 and done.stdout.splitlines()[-1].startswith("4.")
    assert sorted(path.name for path in (tlnb_command.work / "mine").iterdir()) == [
        "0_0_lesson.ipynb",
        "3_10_lesson.ipynb",
        "3_1_lesson.ipynb",
    ]
