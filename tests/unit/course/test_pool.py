"""Several lessons at a time: real workers and kernels, some of which are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from small_lessons import write_lesson

from tlnb.core.errors import TlnbError
from tlnb.course.lessons import all_lessons
from tlnb.course.pool import thread_limits
from tlnb.course.runner import run_lessons

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
posix = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")

RUN = """
import sys
from pathlib import Path
from tlnb.course.lessons import all_lessons
from tlnb.course.runner import run_lessons
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    run_lessons(all_lessons(folder / "notebooks"), folder / "out", device="cpu", jobs=int(sys.argv[2]))
"""


def run(folder: Path, **options):
    return run_lessons(all_lessons(folder / "notebooks"), folder / "out", **{"device": "cpu", "jobs": 2, **options})


def says(course, place: int) -> str:
    return (course.folder / course.lessons[place].notebook).read_text()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Run four lessons two at a time: one fails, and one kills the process that runs it."""
    folder = tmp_path_factory.mktemp("pool")
    write_lesson(folder / "notebooks", "1.1", "import os\nprint('threads', os.environ['OMP_NUM_THREADS'])")
    write_lesson(
        folder / "notebooks",
        "1.2",
        "import os, signal, time\nprint(os.getpid(), flush=True)",
        "os.kill(os.getppid(), 9)",
    )
    write_lesson(folder / "notebooks", "1.3", "1 / 0")
    write_lesson(folder / "notebooks", "2.1", "print('after the others')")
    return run(folder)


@posix
def test_lessons_that_fail_or_are_killed_do_not_lose_the_others(course):
    assert [lesson.status for lesson in course.lessons] == ["done", "failed", "failed", "done"]
    assert course.lessons[1].error == "The process that ran it was killed (SIGKILL: too little memory?)"
    assert course.lessons[2].error == "ZeroDivisionError: division by zero (cell [3])"
    assert "after the others" in says(course, 3)


@posix
def test_the_kernel_of_a_killed_worker_is_gone(course):
    assert all("ipykernel" not in " ".join(one.cmdline()) for one in psutil.Process().children(recursive=True))


def test_each_lesson_has_its_page_seconds_and_memory(course):
    for lesson in (course.lessons[0], course.lessons[3]):
        assert lesson.seconds > 0.1 and lesson.peak_bytes > 20e6 and lesson.jobs == 2
        assert (course.folder / lesson.notebook).with_suffix(".html").exists()


def test_threads_share_the_cores(course):
    assert f"threads {thread_limits(2, int(course.environment['cores']))['OMP_NUM_THREADS']}" in says(course, 0)


def test_a_lower_limit_of_threads_that_is_set_outside_stays(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("MKL_NUM_THREADS", "64")
    limits = thread_limits(2, 8)
    assert limits["OMP_NUM_THREADS"] == "1" and limits["MKL_NUM_THREADS"] == "4"


def test_a_lesson_alone_keeps_all_threads(tmp_path):
    write_lesson(tmp_path / "notebooks", "1.1", "import os\nprint('limit', os.environ.get('OPENBLAS_NUM_THREADS'))")
    made = run(tmp_path, jobs=4)
    assert "limit None" in says(made, 0) and made.lessons[0].jobs == 1


@pytest.mark.parametrize("jobs", [0, -1])
def test_fewer_than_one_at_a_time_is_an_error(tmp_path, jobs):
    with pytest.raises(TlnbError, match=f"jobs={jobs}: at least one"):
        run(tmp_path, jobs=jobs)


@pytest.mark.slow
def test_in_a_log_each_lesson_has_one_line_as_it_ends(tmp_path):
    write_lesson(tmp_path / "notebooks", "1.1", "1 + 1")
    write_lesson(tmp_path / "notebooks", "1.2", "1 / 0")
    script = tmp_path / "run.py"
    script.write_text(RUN)
    done = subprocess.run([sys.executable, script, tmp_path, "2"], capture_output=True, text=True, timeout=120)
    lines = done.stderr.splitlines()
    assert len(lines) == 3 and lines[-1].startswith("2 lessons, cell 6/6 · ") and "1 done, 1 failed" in lines[-1]
    told = sorted(lines[:2])
    assert told[0].startswith("Lesson 1.1 (1 of 2), cell 3/3 · ") and "done, 0." in told[0]
    assert told[1].startswith("Lesson 1.2 (2 of 2), cell 3/3 · ") and "failed: ZeroDivisionError" in told[1]


@pytest.fixture
def endless(tmp_path):
    """One lesson that ends and two that never do; each of these leaves its kernel's process id."""
    spin = "open(f'pid_{__name__}_' + str(__import__('os').getpid()), 'w')"
    write_lesson(tmp_path / "notebooks", "1.1", "print('first')")
    write_lesson(tmp_path / "notebooks", "1.2", spin, "while True: pass")
    write_lesson(tmp_path / "notebooks", "1.3", spin, "import time; time.sleep(1e6)")
    write_lesson(tmp_path / "notebooks", "2.1", "1 + 1")
    (tmp_path / "run.py").write_text(RUN)
    return tmp_path


def kernels(folder: Path) -> list[int]:
    return [int(path.name.rpartition("_")[2]) for path in (folder / "out" / "lessons").glob("pid_*")]


def started(folder: Path, **options) -> subprocess.Popen:
    """Start a run of two lessons at a time and wait until both endless ones are busy."""
    command = [sys.executable, str(folder / "run.py"), str(folder), "2"]
    runner = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)
    deadline = time.monotonic() + 90
    while len(kernels(folder)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(kernels(folder)) == 2
    return runner


def all_gone(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not any(map(alive, pids))


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@posix
@pytest.mark.slow
@pytest.mark.parametrize("to_all", [False, True], ids=["sent to it alone", "typed in a terminal"])
def test_an_interrupt_leaves_no_process_and_keeps_what_is_done(endless, to_all):
    runner = started(endless, start_new_session=True)
    family = [child.pid for child in psutil.Process(runner.pid).children(recursive=True)]
    assert set(kernels(endless)) <= set(family)
    (os.killpg if to_all else os.kill)(runner.pid, signal.SIGINT)
    _, said = runner.communicate(timeout=30)
    assert runner.returncode != 0 and all_gone(family, 2)
    assert said.count("Traceback") == 1 and "stopped" in said  # its own KeyboardInterrupt, and none of a worker
    lessons = json.loads((endless / "out" / "run.json").read_text())["lessons"]
    assert [lesson["status"] for lesson in lessons] == ["done", "stopped", "stopped"]


@posix
@pytest.mark.slow
def test_after_a_stop_the_next_run_goes_on_where_it_was(endless):
    runner = started(endless)
    runner.send_signal(signal.SIGINT)
    runner.communicate(timeout=30)
    for number in ("1.2", "1.3"):
        write_lesson(endless / "notebooks", number, "2 + 2")
    again = run(endless)
    assert [(lesson.status, lesson.kept) for lesson in again.lessons] == [
        ("done", True),
        ("done", False),
        ("done", False),
        ("done", False),
    ]


@posix
@pytest.mark.slow
def test_no_kernel_outlives_a_runner_that_is_killed(endless):
    runner = started(endless)
    family = [child.pid for child in psutil.Process(runner.pid).children(recursive=True)]
    runner.kill()
    runner.communicate()
    assert all_gone(family, 20)
