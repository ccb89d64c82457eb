"""Records, written by real runs of small lessons into folders of their own."""

from __future__ import annotations

import json
import subprocess

import pytest
from small_lessons import (
    BASE,
    HIGHER,
    claiming_cell,
    claims_of,
    ledger,
    measured,
    recorded_run,
    stated,
    write_lesson,
    write_record,
)

from tlnb.core.errors import TlnbError
from tlnb.course.lessons import read_lesson
from tlnb.course.recording import RecordError, commit_of, record_state, records_folder, what_lacks
from tlnb.course.runner import run_lessons
from tlnb.evaluation.claims.records import plan_digest, read_record, recompute_claim

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def full(name: str, seeds: int = 5):
    return measured(name, HIGHER[:seeds], BASE[:seeds], profile="full")


@pytest.fixture
def lesson(tmp_path):
    """Write a lesson that tests all its claims with five seeds, and a plan beside it."""
    notebooks = tmp_path / "notebooks"
    cell = claiming_cell("3.1", [full(name) for name in claims_of("3.1")])
    path = write_lesson(notebooks, "3.1", cell, name="03_tuning/01_freezing.ipynb")
    write_record(notebooks / "records", "3.1")
    return read_lesson(path)


def run(lesson, **options):
    folder = lesson.path.parents[2] / "out"
    return run_lessons([lesson], folder, **{"device": "cpu", "profile": "full", "record": True, **options})


def of(lesson):
    return read_record(lesson.id, records_folder(lesson))


def test_a_full_run_writes_what_it_found_beside_the_plan(lesson):
    plan = of(lesson).plan
    course = run(lesson)
    record = of(lesson)
    assert record.plan == plan and record.run["plan"] == plan_digest(plan)
    assert [entry["id"] for entry in record.run["claims"]] == claims_of("3.1")
    about = {key: record.run[key] for key in ("profile", "data", "device", "seed")}
    assert about == {"profile": "full", "data": "elpv", "device": "cpu", "seed": 0}
    assert record.run["seconds"] == course.lessons[0].seconds and record.run["when"] == course.lessons[0].when
    assert record.run["used"] == {"data": ["elpv"], "method": ["<freezing>"]}
    assert {"torch", "processor", "lessons at a time"} <= set(record.run["environment"])
    assert all(recompute_claim(entry)["verdict"] == entry["verdict"] for entry in record.run["claims"])
    assert record_state(lesson) == "current" and "record, full, on cpu" in (course.folder / "report.html").read_text()


def test_a_lesson_that_was_done_before_is_recorded_without_running_again(lesson):
    run(lesson, record=False)
    assert of(lesson).run is None
    assert run(lesson).lessons[0].kept and of(lesson).run is not None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"profile": "quick"}, "profile='quick'"),
        ({"seed": 1}, "with seed=1"),
        ({"profile": "quick", "data": "photos", "seed": 0}, "profile='quick', data='photos', seed=0"),
    ],
)
def test_anything_but_a_lessons_own_full_run_is_refused_in_one_message(lesson, options, says):
    with pytest.raises(RecordError, match=f"{says}.*--profile full --record"):
        run(lesson, **options)
    assert isinstance(RecordError(), TlnbError) and of(lesson).run is None


def test_a_run_that_lacks_something_is_told_and_not_recorded(lesson, caplog):
    some = [full(name) for name in claims_of("3.1")[:-1]]
    some[0] = full("3.1.1", seeds=4)
    write_lesson(lesson.path.parent, "3.1", claiming_cell("3.1", some), name=lesson.path.name)
    assert run(lesson).unrecorded == ("3.1",)
    assert of(lesson).run is None
    told = f"claim {claims_of('3.1')[-1]} was not tested; claim 3.1.1 has 4 seeds and needs 5"
    assert f"No record of lesson 3.1 is written: {told}." in caplog.text


def test_a_lesson_without_a_plan_is_not_recorded(lesson, caplog):
    (records_folder(lesson) / "03_01.json").unlink()
    run(lesson)
    assert of(lesson) is None and "03_01.json with its plan is not there" in caplog.text


def test_a_lesson_that_fails_is_not_recorded(lesson):
    cell = claiming_cell("3.1", [full(name) for name in claims_of("3.1")])
    write_lesson(lesson.path.parent, "3.1", cell, "1 / 0", name=lesson.path.name)
    assert run(lesson).failed and of(lesson).run is None


def test_the_opening_lesson_has_no_claims_and_asks_for_no_record(tmp_path, caplog):
    (tmp_path / "notebooks" / "records").mkdir(parents=True)
    path = write_lesson(tmp_path / "notebooks", "0.0", "1 + 1", name="00_opening/00_start.ipynb")
    course = run(read_lesson(path))
    assert not course.failed and not course.unrecorded and "No record" not in caplog.text


@pytest.mark.slow
def test_what_the_ledger_writes_in_a_kernel_is_what_a_record_takes(lesson):
    scores = f"Evidence.from_scores({{'auc': {{'all layers': {list(HIGHER)}, 'head only': {list(BASE)}}}}})"
    write_lesson(
        lesson.path.parent,
        "3.1",
        "from tlnb.evaluation import Evidence, NotRun, open_ledger\nfrom pathlib import Path",
        f"records = Path({str(records_folder(lesson))!r})\n"
        "claim = open_ledger('3.1', profile=profile, data=data, device=device, seed=seed, records=records)",
        *(f"claim({name!r}, {scores})" for name in claims_of("3.1")[:-1]),
        f"claim({claims_of('3.1')[-1]!r}, NotRun('no time'))",
        name=lesson.path.name,
    )
    course = run(lesson)
    assert not course.failed and course.lessons[0].claims == tuple(claims_of("3.1"))
    assert [entry["verdict"] for entry in of(lesson).run["claims"]] == ["holds"] * 4 + ["not_run"]
    assert "<figure>" not in (course.folder / "report.html").read_text()  # cards are in the ledger already


def test_what_is_cited_or_did_not_run_needs_no_seeds():
    names = claims_of("3.1")
    entries = [stated(names[0], "not_run", {"reason": "No network."}), *map(full, names[1:])]
    assert what_lacks("3.1", ledger("3.1", entries)) == []
    assert what_lacks("3.1", None) == [f"claim {name} was not tested" for name in names]


def test_each_comparison_of_a_claim_needs_its_seeds():
    entries = [full(name) for name in claims_of("3.1")]
    entries[0]["evidence"]["tests"] += full("3.1.1", seeds=3)["evidence"]["tests"]
    assert what_lacks("3.1", ledger("3.1", entries)) == ["claim 3.1.1 has 3 seeds and needs 5"]


def test_a_record_goes_stale_when_code_or_plan_change_but_not_for_prose(lesson):
    run(lesson)
    cell = claiming_cell("3.1", [full(name) for name in claims_of("3.1")])
    write_lesson(lesson.path.parent, "3.1", "# New prose", f"\n{cell}  # well", name=lesson.path.name)
    assert record_state(lesson) == "current"
    path = records_folder(lesson) / "03_01.json"
    content = json.loads(path.read_text())
    content["plan"]["3.1.1"]["question"] = "Is it really so?"
    path.write_text(json.dumps(content))
    assert record_state(lesson) == "stale"
    run(lesson, fresh=True)
    assert record_state(lesson) == "current"
    write_lesson(lesson.path.parent, "3.1", cell, "more = 1", name=lesson.path.name)
    assert record_state(lesson) == "stale"


def test_a_lesson_has_no_record_or_a_planned_one_before_it_runs(lesson):
    assert record_state(lesson) == "planned"
    (records_folder(lesson) / "03_01.json").unlink()
    assert record_state(lesson) == "none"


def git(folder, *arguments: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.check_output(["git", *who, *arguments], cwd=folder, text=True).strip()


def test_the_commit_is_that_of_the_lessons_and_says_whether_they_were_changed(lesson):
    root = lesson.path.parents[2]
    assert commit_of(lesson) == "unknown"
    git(root, "init", "-q")
    assert commit_of(lesson) == "unknown"  # nothing is committed yet
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    head = git(root, "rev-parse", "HEAD")
    assert commit_of(lesson) == head
    write_record(records_folder(lesson), "3.1", recorded_run([]))
    assert commit_of(lesson) == head  # its own record is what a run writes
    (root / "new.py").write_text("")
    assert commit_of(lesson) == f"{head}+"


def test_records_are_sought_beside_the_lesson_first(lesson, tmp_path):
    assert records_folder(lesson) == tmp_path / "notebooks" / "records"
    alone = read_lesson(write_lesson(tmp_path / "elsewhere", "3.1"))
    assert records_folder(alone).parts[-2:] == ("notebooks", "records")


def contradicted(lesson, **options) -> tuple[str, ...]:
    """Run it against a record that says the opposite of 3.1.1."""
    opposite = measured("3.1.1", BASE, HIGHER, profile="full")
    write_record(records_folder(lesson), "3.1", recorded_run([opposite, full("3.1.2")]))
    return run(lesson, record=False, **options).lessons[0].contradictions


def test_what_contradicts_the_record_is_kept_with_the_run(lesson):
    assert contradicted(lesson) == ("3.1.1",)
    written = json.loads((lesson.path.parents[2] / "out" / "run.json").read_text())
    assert written["lessons"][0]["contradictions"] == ["3.1.1"]
    assert written["lessons"][0]["claims"] == claims_of("3.1")


def test_other_data_than_the_lessons_own_contradict_nothing(lesson, image_folder):
    assert contradicted(lesson, data=image_folder) == ()


def test_its_own_data_by_name_are_still_its_own(lesson):
    assert contradicted(lesson, data="elpv") == ("3.1.1",)
