from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from small_lessons import write_lesson, write_three

from tlnb.course.engine import execute
from tlnb.course.lessons import all_lessons, read_lesson
from tlnb.course.runner import run_lessons

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def outputs(path) -> str:
    return json.dumps([cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells])


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Run three small lessons once, by real kernels."""
    folder = tmp_path_factory.mktemp("course")
    lessons = write_three(folder / "notebooks")
    return run_lessons(all_lessons(lessons), folder / "out", device="cpu")


def test_a_failing_lesson_does_not_stop_the_others(course):
    assert [lesson.status for lesson in course.lessons] == ["done", "failed", "done"]
    assert [lesson.id for lesson in course.failed] == ["3.1"]


def test_a_failure_is_told_in_one_line_with_its_cell(course):
    assert course.failed[0].error == "ZeroDivisionError: division by zero (cell [3])"


def test_the_parameters_reach_the_lesson(course):
    assert "quick cpu" in outputs(course.folder / course.lessons[2].notebook)


def test_seconds_and_memory_of_each_lesson_are_measured(course):
    assert all(lesson.seconds > 0.1 and lesson.peak_bytes > 20e6 for lesson in course.lessons)


def test_run_json_holds_environment_and_lessons(course):
    written = json.loads((course.folder / "run.json").read_text())
    assert {"device", "cores", "memory", "python", "torch", "tlnb"} <= set(written["environment"])
    assert [lesson["status"] for lesson in written["lessons"]] == ["done", "failed", "done"]


def test_the_report_has_status_figure_error_and_links_that_lead_somewhere(course):
    html = (course.folder / "report.html").read_text()
    assert "2 of 3 lessons ran to the end" in html and "ZeroDivisionError" in html
    assert html.count("data:image/png;base64,") == 1 and 'alt="Up &lt;it&gt; goes"' in html
    assert "<figcaption>A first figure</figcaption>" in html and "Start &lt;here&gt;" in html
    links = re.findall(r'href="([^"#]+)"', html)
    assert len(links) == 6 and all((course.folder / link).is_file() for link in links)


def test_the_report_needs_nothing_from_the_network(course):
    assert not re.search(r"(src|href)=\"https?:", (course.folder / "report.html").read_text())


def test_what_is_done_is_kept_and_what_failed_runs_again(course, tmp_path):
    again = run_lessons(all_lessons(course.folder.parent / "notebooks"), course.folder, device="cpu")
    assert [lesson.kept for lesson in again.lessons] == [True, False, True]
    assert "(earlier)" in (course.folder / "report.html").read_text()


@pytest.fixture
def one_done(tmp_path):
    path = write_lesson(tmp_path, "1.1", "1 + 1")
    run_lessons(all_lessons(tmp_path), tmp_path / "out", device="cpu")
    return path


def kept(path, **options) -> bool:
    course = run_lessons([read_lesson(path)], path.parent / "out", device="cpu", **options)
    return course.lessons[0].kept


def test_a_lesson_runs_again_when_it_is_asked_for_fresh(one_done):
    assert not kept(one_done, fresh=True)


def test_a_lesson_runs_again_in_another_profile(one_done):
    assert not kept(one_done, profile="full")


def test_a_lesson_runs_again_when_its_source_changed(one_done):
    write_lesson(one_done.parent, "1.1", "1 + 2")
    assert not kept(one_done)


def test_a_lesson_runs_again_when_tlnb_changed(one_done, monkeypatch):
    monkeypatch.setattr("tlnb.course.runner.source_digest", lambda: "another")
    assert not kept(one_done)


def test_new_outputs_in_the_notebook_are_no_reason_to_run_again(one_done):
    notebook = nbformat.read(one_done, as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(notebook, one_done)
    assert kept(one_done)


def test_widget_state_is_not_saved_but_what_stands_for_the_widget_is(tmp_path):
    source = write_lesson(tmp_path, "1.1", "import ipywidgets\nipywidgets.IntSlider()")
    execute(source, tmp_path / "done.ipynb", {})
    text = (tmp_path / "done.ipynb").read_text()
    assert "IntSlider(value=0)" in text and "widget-view" not in text and "widget-state" not in text


def test_a_kernel_that_dies_is_a_failure_with_its_memory(tmp_path):
    source = write_lesson(tmp_path, "1.1", "held = bytearray(200_000_000)", "import os\nos._exit(9)")
    result = execute(source, tmp_path / "done.ipynb", {})
    assert result.error == "DeadKernelError: Kernel died" and result.peak_bytes > 30e6


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_a_stop_keeps_what_was_done_and_leaves_no_kernel(tmp_path):
    write_lesson(tmp_path, "1.1", "print('first')")
    write_lesson(tmp_path, "1.2", "open('pid', 'w').write(str(__import__('os').getpid()))", "while True: pass")
    code = (
        "import sys; from pathlib import Path; from tlnb.course.lessons import all_lessons\n"
        "from tlnb.course.runner import run_lessons\n"
        "run_lessons(all_lessons(Path(sys.argv[1])), Path(sys.argv[1]) / 'out', device='cpu')"
    )
    runner = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.DEVNULL)
    pid = tmp_path / "out" / "lessons" / "pid"
    for _ in range(600):
        if pid.exists() and pid.read_text():
            break
        time.sleep(0.1)
    runner.send_signal(signal.SIGINT)
    assert runner.wait(timeout=30) != 0
    statuses = [lesson["status"] for lesson in json.loads((tmp_path / "out" / "run.json").read_text())["lessons"]]
    assert statuses == ["done", "stopped"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
