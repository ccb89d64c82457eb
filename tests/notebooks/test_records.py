"""Every record agrees with its own raw scores, its plan and the syllabus; one that is stale is listed, not red."""

from __future__ import annotations

import re
import warnings

import pytest

from tlnb.core.files import notebooks_folder
from tlnb.core.syllabus import syllabus
from tlnb.course.lessons import all_lessons
from tlnb.course.recording import record_state, what_lacks
from tlnb.evaluation.claims.records import read_record, recompute_claim, record_path, rejudge

FOLDER = notebooks_folder() / "records"
LESSONS = {lesson.id: lesson for lesson in syllabus()}
WRITTEN = {lesson.id: lesson for lesson in all_lessons()}
RECORDS = {name: record for name in LESSONS if (record := read_record(name, FOLDER))}
each_record = pytest.mark.parametrize("name", RECORDS)
each_run = pytest.mark.parametrize("name", [name for name, record in RECORDS.items() if record.run])


def test_every_file_among_the_records_is_the_record_of_a_lesson():
    assert set(FOLDER.glob("*")) == {record_path(name, FOLDER) for name in RECORDS}


@each_record
def test_its_plan_has_every_claim_of_the_lesson_and_no_other(name):
    assert set(RECORDS[name].plans) == {claim.id for claim in LESSONS[name].claims}


@each_record
def test_its_plan_compares_nothing_for_claims_that_are_computed(name):
    plans = RECORDS[name].plans
    assert not [claim.id for claim in LESSONS[name].claims if claim.show == "compute" and plans[claim.id].tests]


@each_run
def test_its_verdicts_follow_from_its_raw_scores_by_the_rule(name):
    for entry in RECORDS[name].run["claims"]:
        again = recompute_claim(entry)
        assert again.pop("verdict") == entry["verdict"], entry["id"]
        assert again == pytest.approx({key: entry[key] for key in again}), entry["id"]


@each_run
def test_what_it_observes_follows_from_its_raw_scores(name):
    for entry in RECORDS[name].run.get("observations", ()):
        for test in entry["tests"]:
            again = rejudge(test, "full")
            assert (again.effect, again.low, again.high) == pytest.approx([test[k] for k in ("effect", "low", "high")])


@each_run
def test_it_compares_what_its_plan_says(name):
    for entry in RECORDS[name].run["claims"]:
        if "tests" not in entry["evidence"]:  # computed, cited, or not run
            assert entry["show"] == "compute" or entry["verdict"] in ("cited", "not_run"), entry["id"]
            continue
        for test, plan in zip(entry["evidence"]["tests"], RECORDS[name].plans[entry["id"]].tests, strict=True):
            assert test["metric"] in (plan.metric, plan.otherwise), entry["id"]
            what = (test["condition"], test["baseline"], test["direction"])
            assert what == (plan.condition, plan.baseline, plan.direction), entry["id"]


@each_run
def test_it_is_a_full_run_with_every_claim_and_seeds_enough(name):
    run = RECORDS[name].run
    assert run["profile"] == "full" and {entry["profile"] for entry in run["claims"]} == {"full"}
    assert what_lacks(name, run) == []


@each_run
def test_what_the_syllabus_names_was_really_run(name):
    used = {one for names in RECORDS[name].run["used"].values() for one in names}
    assert set(LESSONS[name].names) <= used


@each_run
def test_it_says_where_it_was_made_and_names_no_path_of_that_machine(name):
    run = RECORDS[name].run
    assert {"torch", "processor", "python"} <= set(run["environment"]) and run["commit"] and run["when"]
    assert not re.search(r"/(home|root|Users|tmp)/", record_path(name, FOLDER).read_text(encoding="utf-8"))


@each_run
def test_it_was_made_with_the_lesson_as_it_is_now(name):
    state = record_state(WRITTEN[name])
    assert state in ("current", "stale")
    if state == "stale":
        warnings.warn(f"The record of lesson {name} is stale: its code or its plan has changed since.", stacklevel=1)
