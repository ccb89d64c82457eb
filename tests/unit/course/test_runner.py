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
from small_lessons import claiming_cell, measured, stated, write_lesson, write_three

from tlnb.core.errors import DataError, TlnbError
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


@pytest.mark.parametrize("options", [{"seed": 1}, {"data": "photos"}])
def test_a_lesson_runs_again_with_another_seed_or_other_data(one_done, options):
    assert not kept(one_done, **options)


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


def test_data_and_seed_reach_the_lesson_where_they_are_given(tmp_path, image_folder, monkeypatch):
    lesson = read_lesson(write_lesson(tmp_path, "1.1", "print(seed, data)"))
    monkeypatch.chdir(image_folder.parent)
    given = run_lessons([lesson], tmp_path / "out", device="cpu", data=image_folder.name, seed=7)
    assert f"7 {image_folder}" in outputs(given.folder / given.lessons[0].notebook)
    assert (given.lessons[0].data, given.lessons[0].seed) == (str(image_folder), 7)
    own = run_lessons([lesson], tmp_path / "own", device="cpu")
    assert "0 elpv" in outputs(own.folder / own.lessons[0].notebook) and own.lessons[0].data is None


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"data": "elvp"}, DataError, "data='elvp' is neither a folder nor a data set. Did you mean \"elpv\""),
        ({"profile": "slow"}, TlnbError, "profile='slow' is not one of quick, full"),
    ],
)
def test_what_cannot_be_run_is_told_before_anything_runs(tmp_path, options, error, says):
    with pytest.raises(error, match=says):
        run_lessons([], tmp_path / "out", device="cpu", **options)
    assert not (tmp_path / "out").exists()


def test_claims_land_in_the_runs_folder_and_the_learners_home_is_left_alone(claiming, home):
    assert (claiming.folder / "claims" / "03_01.json").exists() and not home.exists()
    assert os.environ["TLNB_HOME"] == str(home)


def test_claims_json_has_all_claims_in_the_order_of_the_syllabus(claiming):
    claims = json.loads((claiming.folder / "claims.json").read_text())
    assert [entry["id"] for entry in claims] == ["3.1.1", "3.1.2", "10.1.1"]
    assert claims[0] == measured("3.1.1")


def test_a_lesson_says_which_claims_it_tested(claiming):
    assert [lesson.claims for lesson in claiming.lessons] == [("3.1.1", "3.1.2"), ("10.1.1",)]


def test_a_claim_that_a_changed_lesson_no_longer_tests_is_gone(claiming):
    notebooks = claiming.folder.parent / "notebooks"
    write_lesson(notebooks, "3.1", "1 + 1")
    again = run_lessons(all_lessons(notebooks), claiming.folder, device="cpu")
    assert [entry["id"] for entry in json.loads((again.folder / "claims.json").read_text())] == ["10.1.1"]
    assert [lesson.kept for lesson in again.lessons] == [False, True]


def test_a_lesson_whose_claims_were_deleted_runs_again(claiming):
    (claiming.folder / "claims" / "10_01.json").unlink()
    again = run_lessons(all_lessons(claiming.folder.parent / "notebooks"), claiming.folder, device="cpu")
    assert [lesson.kept for lesson in again.lessons] == [True, False]


@pytest.fixture
def claiming(tmp_path):
    """Run two lessons that test claims; the later one is asked for first."""
    notebooks = tmp_path / "notebooks"
    entries = [measured("3.1.2"), measured("3.1.1")]
    first = write_lesson(notebooks, "3.1", claiming_cell("3.1", entries))
    cited = stated("10.1.1", "cited", {"source": "Someone, 2019"})
    second = write_lesson(notebooks, "10.1", claiming_cell("10.1", [cited]))
    return run_lessons(map(read_lesson, (second, first)), tmp_path / "out", device="cpu")


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
