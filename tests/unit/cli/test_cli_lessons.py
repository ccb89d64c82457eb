"""tlnb lessons: the syllabus, the notebooks and the records, side by side."""

from __future__ import annotations

import json

import pytest
from cli_lessons import write_lesson

from tlnb.course.code import code_digest
from tlnb.evaluation.claims.records import plan_digest

VERDICTS = ["holds", "holds", "does_not_hold", "undecided", "cited"]


@pytest.fixture
def recorded(lessons):
    """Put a record beside lesson 3.1."""
    plan = {"3.1.1": {"question": "Do they move?"}}
    claims = [{"id": f"3.1.{place}", "verdict": verdict} for place, verdict in enumerate(VERDICTS, start=1)]
    run = {"code": code_digest(lessons / "3_1_lesson.ipynb"), "plan": plan_digest(plan), "claims": claims}
    record = {"format": 1, "lesson": "3.1", "plan": plan, "run": run}
    (lessons / "records" / "03_01.json").write_text(json.dumps(record), encoding="utf-8")


def line_of(done, number):
    (line,) = (line for line in done.stdout.splitlines() if line.split()[:1] == [number])
    return " ".join(line.split())


def test_lessons_stand_below_their_chapters_with_what_is_still_planned(call):
    done = call("lessons")
    assert done.exit_code == 0 and "\n3  Fine-tuning techniques\n" in done.stdout
    assert line_of(done, "0.0") == "0.0 Lesson 0.0 5 min"
    assert line_of(done, "3.1") == "3.1 Lesson 3.1 5 min none of 5 claims recorded"
    assert line_of(done, "3.2") == "3.2 Learning-rate strategies planned"
    assert done.stdout.splitlines()[-1] == "158 of the 163 claims of the syllabus have no lesson yet."


def test_a_lesson_says_what_its_record_found(call, recorded):
    said = "3.1 Lesson 3.1 5 min 5 of 5 claims recorded: 2 hold, 1 does not, 1 undecided, 1 cited"
    assert line_of(call("lessons"), "3.1") == said


def test_a_record_of_other_code_is_marked_as_stale(call, lessons, recorded):
    write_lesson(lessons, "3.1", "left = 2")
    assert line_of(call("lessons"), "3.1").endswith("(stale)")


def test_programs_get_every_lesson_with_its_claims(call, lessons, recorded):
    rows = {row["id"]: row for row in json.loads(call("lessons", "--json").stdout)}
    assert len(rows) == 33 + 2 and list(rows)[:2] == ["0.0", "1.1"]
    assert rows["3.1"]["path"] == str(lessons / "3_1_lesson.ipynb")
    assert rows["3.1"]["minutes"] == 5 and rows["3.1"]["stale"] is False
    assert [claim["verdict"] for claim in rows["3.1"]["claims"]] == VERDICTS
    assert {"id", "says", "show", "verdict"} == set(rows["3.1"]["claims"][0])
    assert rows["3.2"]["path"] is None and rows["3.2"]["claims"][0]["verdict"] is None
    assert rows["0.0"]["claims"] == []


def test_a_broken_lesson_is_named_by_exit_code_2(call, lessons):
    write_lesson(lessons, "x.y", name="broken.ipynb")
    done = call("lessons")
    assert done.exit_code == 2 and "broken.ipynb is not a lesson" in done.stderr


def test_a_broken_record_is_named_by_exit_code_2(call, lessons):
    (lessons / "records" / "03_01.json").write_text("{}", encoding="utf-8")
    done = call("lessons")
    assert done.exit_code == 2 and "03_01.json is not a record" in done.stderr
