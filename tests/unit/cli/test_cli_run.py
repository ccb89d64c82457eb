"""The command itself, tlnb run and tlnb lab, as a shell has them: exit codes, and what goes to which stream."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from cli_lessons import start, write_lesson

import tlnb


def test_run_ends_with_the_path_of_the_report(command, tmp_path):
    done = command("run", "0.0", "--device", "cpu")
    report = tmp_path / "work" / "out" / "report.html"
    assert done.returncode == 0 and report.exists()
    assert done.stdout.splitlines() == [f"Report: {report}"]


@pytest.mark.slow
def test_a_failed_lesson_gives_exit_code_1_and_still_a_report(command, tmp_path):
    done = command("run", "--out", "elsewhere", "--device", "cpu")
    assert done.returncode == 1 and (tmp_path / "work" / "elsewhere" / "report.html").exists()


@pytest.mark.slow
def test_a_record_that_lacks_something_gives_exit_code_1(command, lessons):
    write_lesson(lessons, "3.2", "1 + 1")
    done = command("run", "3.2", "--device", "cpu", "--profile", "full", "--record")
    assert done.returncode == 1 and "no record of lesson 3.2 was written" in done.stderr


@pytest.mark.slow
def test_a_failure_of_another_lesson_before_does_not_count(command):
    command("run", "3.1", "--device", "cpu")
    assert command("run", "3.10", "--device", "cpu").returncode == 0


@pytest.mark.slow
def test_progress_in_a_log_is_one_line_a_lesson(command):
    lines = command("run", "0.0", "--device", "cpu").stderr.splitlines()
    assert [line for line in lines if line.strip()] == lines and len(lines) == 1
    assert lines[0].startswith("Lesson 0.0, cell 3/3 · ") and "GiB" in lines[0]


@pytest.mark.slow
def test_lessons_get_the_images_and_the_seed_that_are_asked_for(command, tmp_path, make_folder):
    make_folder("work/mine", per_class=1)
    assert command("run", "3.10", "--device", "cpu", "--data", "mine", "--seed", "7").returncode == 0
    notebook = (tmp_path / "work" / "out" / "lessons" / "3.10_lesson.ipynb").read_text(encoding="utf-8")
    outputs = [cell["outputs"] for cell in json.loads(notebook)["cells"] if cell["cell_type"] == "code"]
    printed = "".join("".join(output["text"]) for output in outputs[-1])
    assert printed.split() == ["quick", "cpu", str(tmp_path / "work" / "mine"), "7"]


@pytest.mark.slow
def test_a_stop_says_what_is_kept(lessons, tmp_path):
    write_lesson(lessons, "0.1", "import time\ntime.sleep(60)")
    run = subprocess.Popen(
        start(lessons, "run", "0", "--device", "cpu"), cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    target = tmp_path / "out" / "lessons" / "0.1_lesson.ipynb"
    deadline = time.monotonic() + 60
    while not target.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 1 and "Traceback" not in said
    assert "Stopped. Kept: out/report.html (0.0 done)." in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "7.7"], "There is no lesson '7.7'"),
        (["run", "--profile", "huge"], "huge"),
        (["run", "--device", "tpu"], "tpu"),
        (["run", "--jobs", "0"], "jobs"),
        (["run", "--data", "phots"], 'Did you mean "photos"'),
        (["run", "--record"], "--profile full"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_wrong_use_gives_exit_code_2_and_says_what_was_wrong(call, arguments, says):
    done = call(*arguments)
    assert done.exit_code == 2 and says in done.stderr
    assert done.stdout == ""


def test_wrong_use_shows_no_traceback_in_a_shell(command):
    done = command("run", "7.7")
    assert done.returncode == 2 and done.stderr.startswith("tlnb: There is no lesson")
    assert len(done.stderr.splitlines()) == 1 and done.stdout == ""


COMMANDS = ["run", "lessons", "lab", "data list", "data info", "data fetch", "data check"]
COMMANDS += ["models list", "models compare", "models fetch", "cache info", "cache clear"]
COMMANDS += ["doctor", "progress export", "progress import", "progress wipe"]
COMMANDS += ["lessons export", "lessons check", "lessons new"]


@pytest.mark.parametrize("words", ["", "data", "models", "cache", "progress", *COMMANDS])
def test_every_command_says_what_it_does_in_whole_sentences(call, words):
    done = call(*words.split(), "--help")
    usage, summary, *_ = done.stdout.split("\n\n")
    assert done.exit_code == 0 and f"tlnb {words}".strip() in usage and summary.endswith(".")
    assert "..." not in done.stdout.removeprefix(usage).replace("[ARGS]...", "")


def test_the_version_is_the_packages(call):
    assert call("--version").stdout.strip() == f"tlnb {tlnb.__version__}"


def test_the_command_starts_without_torch(tmp_path):
    code = (
        "import sys, tlnb.cli\n"
        "for words in (['lessons'], ['lessons', 'export', 'mine'], ['data', 'list'], ['data', 'info', 'elpv'],"
        " ['run', '--help']):\n"
        "    try: tlnb.cli.app(words)\n"
        "    except SystemExit as end: assert not end.code, words\n"
        "assert not {'torch', 'timm', 'papermill'} & set(sys.modules), words"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60, cwd=tmp_path)


def test_lab_hands_options_after_two_dashes_to_jupyter(command, tmp_path):
    done = command("lab", "mine", "--no-browser", "--", "--version")
    assert done.returncode == 0 and done.stdout.splitlines()[-1].startswith("4.")
    assert sorted(path.name for path in (tmp_path / "work" / "mine").iterdir()) == [
        ".tlnb-lessons.json",
        "0_0_lesson.ipynb",
        "3_10_lesson.ipynb",
        "3_1_lesson.ipynb",
    ]


def test_the_package_itself_is_the_command_too():
    done = subprocess.run([sys.executable, "-m", "tlnb", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"tlnb {tlnb.__version__}"
