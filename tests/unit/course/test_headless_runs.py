"""Lessons run without a page, by a real server and real kernels: of the learner's copy, one at a time, to their end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from served_course import course_server
from small_lessons import write_lesson

pytestmark = pytest.mark.slow

LESSON, OTHER = "0.0", "3.1"
NAMES = {LESSON: "00_start_here.ipynb", OTHER: "03_fine_tuning/01_freezing.ipynb"}
FOREVER = "import time\nwhile True:\n    time.sleep(0.1)"


@pytest.fixture
def server(tmp_path):
    with course_server(tmp_path) as server:
        yield server


def work_on(server, lesson, *cells):
    """Put a small notebook in the place of the learner's copy of a lesson."""
    folder = server.root / "tlnb-lessons"
    return write_lesson(folder, lesson, *cells, name=NAMES[lesson])


def tells_pid(file):
    return f"import os, pathlib\n_ = pathlib.Path({str(file)!r}).write_text(str(os.getpid()))"


def when_written(file, seconds=120):
    """Return the process id that a kernel has written."""
    deadline = time.monotonic() + seconds
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < deadline, "the kernel did not come that far"
        time.sleep(0.1)
    return int(file.read_text())


def gone(pid, seconds=30):
    try:
        psutil.Process(pid).wait(seconds)
    except psutil.NoSuchProcess:
        pass
    except psutil.TimeoutExpired:
        return False
    return True


def lesson_of(state, name):
    return next(one for chapter in state["chapters"] for one in chapter["lessons"] if one["id"] == name)


def test_the_learners_own_copy_runs_to_its_end_and_stays_as_it_is(server, tmp_path):
    from tlnb.core.journal import note_attempt, read_journal

    os.environ["TLNB_HOME"] = str(tmp_path / "home")  # `home` puts it back
    note_attempt("3.1.a", passed=False)
    journal = read_journal()
    check = 'from tlnb.course import check\ncheck("0.0.a", 1)'
    path = work_on(server, LESSON, "mine = 6 * 7\nmine", check, "profile")
    before = path.read_bytes()
    assert server.act("run", lesson=LESSON).json["answer"] == {}
    assert server.run_of(LESSON)["of"] == 5
    run = server.wait_for_run(LESSON, lambda run: run["state"] == "done")
    assert (run["cell"], run["of"], run["error"], run["profile"]) == (5, 5, None, "quick")
    executed = nbformat.read(server.root / run["notebook"], as_version=4)
    assert "42" in json.dumps(executed.cells) and path.read_bytes() == before
    assert run["notebook"] == "tlnb-lessons/runs/lessons/0.0_start_here.ipynb"
    assert "Start here" in (server.root / run["report"]).read_text()
    assert (server.root / run["notebook"]).with_suffix(".html").is_file()
    assert read_journal() == journal
    lesson = lesson_of(server.state(), LESSON)
    assert lesson["seconds"] == {"value": run["seconds"], "measured": "here"} and lesson["edited"]


def test_a_lesson_that_fails_says_where_and_leaves_the_seconds_measured_before(server):
    work_on(server, LESSON, "1 + 1")
    server.act("run", lesson=LESSON)
    took = server.wait_for_run(LESSON, lambda run: run["state"] == "done")["seconds"]
    work_on(server, LESSON, "1 / 0")
    server.act("run", lesson=LESSON)
    run = server.wait_for_run(LESSON, lambda run: run["state"] == "failed")
    assert run["error"] == "ZeroDivisionError: division by zero (cell [3])"
    assert lesson_of(server.state(), LESSON)["seconds"] == {"value": took, "measured": "here"}


def test_a_copy_that_is_no_notebook_fails_in_one_line_and_the_panel_tells_it(server):
    path = work_on(server, LESSON, "1 + 1")
    path.write_text("{")
    assert any("is no notebook any more" in problem for problem in server.state()["problems"])
    server.act("run", lesson=LESSON)
    run = server.wait_for_run(LESSON, lambda run: run["state"] == "failed")
    assert "JSONDecodeError" in run["error"]


def test_one_runs_at_a_time_and_the_others_wait_for_their_turn(server, tmp_path):
    first = tmp_path / "first"
    work_on(server, LESSON, tells_pid(first), FOREVER)
    work_on(server, OTHER, "2 + 2")
    server.act("run", lesson=LESSON)
    server.act("run", lesson=OTHER)
    when_written(first)
    runs = server.ask("tlnb/api/runs").json
    assert {name: run["state"] for name, run in runs.items()} == {LESSON: "running", OTHER: "waiting"}
    for lesson in (LESSON, OTHER):
        again = server.act("run", lesson=lesson)
        assert again.status == 409 and "is running already, or waits" in again.json["message"]
    server.act("stop", lesson=LESSON)
    assert server.wait_for_run(OTHER, lambda run: run["state"] == "done")["cell"] == 3


def test_one_that_waits_is_taken_out_of_the_queue(server, tmp_path):
    first = tmp_path / "first"
    work_on(server, LESSON, tells_pid(first), FOREVER)
    work_on(server, OTHER, "2 + 2")
    server.act("run", lesson=LESSON)
    server.act("run", lesson=OTHER)
    answer = server.act("stop", lesson=OTHER)
    assert lesson_of(answer.json["state"], OTHER)["run"] is None
    assert server.run_of(LESSON)["state"] in ("waiting", "running")


@pytest.mark.parametrize("busy", [FOREVER, "while True:\n    pass"], ids=["asleep", "busy"])
def test_a_stop_ends_the_kernel_and_leaves_what_was_done(server, tmp_path, busy):
    file = tmp_path / "pid"
    work_on(server, LESSON, tells_pid(file), busy)
    server.act("run", lesson=LESSON)
    kernel = when_written(file)
    assert server.act("stop", lesson=LESSON).status == 200
    run = server.wait_for_run(LESSON, lambda run: run["state"] == "stopped")
    assert gone(kernel) and not children_of(server)
    assert run["error"] is None and run["cell"] == 3
    assert (server.root / "tlnb-lessons/runs/lessons/0.0_start_here.ipynb").is_file()
    work_on(server, LESSON, "1 + 1")
    assert server.act("run", lesson=LESSON).status == 200
    server.wait_for_run(LESSON, lambda run: run["state"] == "done")


def test_a_stop_before_the_kernel_is_there_is_heard_too(server):
    work_on(server, LESSON, FOREVER)
    server.act("run", lesson=LESSON)
    server.act("stop", lesson=LESSON)
    assert server.wait_for_run(LESSON, lambda run: run["state"] == "stopped")["cell"] == 0
    assert not children_of(server)


def children_of(server, seconds=30):
    """Return what a server has started and still runs, after a while."""
    deadline = time.monotonic() + seconds
    while (there := psutil.Process(server.process.pid).children(recursive=True)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return there


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_ends_takes_its_run_with_it_and_the_next_tells_that_it_was_cut(tmp_path, ended_by):
    file = tmp_path / "pid"
    with course_server(tmp_path) as server:
        work_on(server, LESSON, tells_pid(file), FOREVER)
        server.act("run", lesson=LESSON)
        kernel = when_written(file)
        family = psutil.Process(server.process.pid).children(recursive=True)
        server.process.send_signal(ended_by)
        server.process.wait(30)
        assert gone(kernel) and all(gone(one.pid) for one in family)
    with course_server(tmp_path) as server:
        run = server.run_of(LESSON)
        assert run["state"] == "stopped" and run["cell"] == 3
        work_on(server, LESSON, "1 + 1")
        server.act("run", lesson=LESSON)
        server.wait_for_run(LESSON, lambda run: run["state"] == "done")
    with course_server(tmp_path) as server:
        assert server.run_of(LESSON)["state"] == "done"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_run_whose_process_is_killed_is_told_and_its_kernel_ended(server, tmp_path):
    file = tmp_path / "pid"
    work_on(server, LESSON, tells_pid(file), FOREVER)
    server.act("run", lesson=LESSON)
    kernel = when_written(file)
    state = json.loads((server.root / "tlnb-lessons/runs/states/0.0.json").read_text())
    os.kill(state["process"]["pid"], signal.SIGKILL)
    run = server.wait_for_run(LESSON, lambda run: run["state"] == "failed")
    assert run["error"] == "The process that ran it was killed (SIGKILL: too little memory?)"
    assert gone(kernel)


def test_two_servers_on_one_folder_run_one_at_a_time_and_see_each_others_runs(server, tmp_path):
    first = tmp_path / "first"
    work_on(server, LESSON, tells_pid(first), FOREVER)
    work_on(server, OTHER, "2 + 2")
    with course_server(tmp_path / "second", root=server.root) as second:
        server.act("run", lesson=LESSON)
        when_written(first)
        assert second.run_of(LESSON)["state"] == "running"
        assert second.act("run", lesson=LESSON).status == 409
        stopping = second.act("stop", lesson=LESSON)
        assert stopping.status == 409 and "another program" in stopping.json["message"]
        second.act("run", lesson=OTHER)
        time.sleep(3)
        assert second.run_of(OTHER)["state"] == "waiting"
        server.act("stop", lesson=LESSON)
        second.wait_for_run(OTHER, lambda run: run["state"] == "done")


def test_a_run_on_the_cpu_keeps_torch_out_of_the_process_that_watches_the_kernel(tmp_path):
    write_lesson(tmp_path / "lessons", "0.0", "1 + 1")
    code = (
        "import sys\nfrom pathlib import Path\nfrom tlnb.course.lessons import all_lessons\n"
        "from tlnb.course.runner import run_lessons\n"
        "run = run_lessons(all_lessons(Path('lessons')), 'out', device='cpu', on_cell=lambda done, of: None)\n"
        "print(run.lessons[0].status, run.environment['device'], 'torch' in sys.modules)"
    )
    said = subprocess.check_output([sys.executable, "-W", "ignore", "-c", code], text=True, cwd=tmp_path)
    assert said.split() == ["done", "cpu", "False"]


def test_a_folder_of_links_for_runs_is_refused(server, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    work_on(server, LESSON, "1 + 1")
    (server.root / "tlnb-lessons" / "runs").symlink_to(outside)
    asked = server.act("run", lesson=LESSON)
    assert asked.status == 400 and "leads out of the course folder" in asked.json["message"]
    assert any("leads out" in problem for problem in server.state()["problems"])
    assert server.ask("tlnb/api/runs").json == {} and not list(Path(outside).iterdir())
