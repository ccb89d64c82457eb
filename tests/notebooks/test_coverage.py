"""What the course still owes: lessons that are not written, and claims of written ones that no record has."""

from __future__ import annotations

import pytest

from tlnb.core.syllabus import syllabus
from tlnb.course.lessons import all_lessons
from tlnb.course.recording import records_folder
from tlnb.evaluation.claims.records import read_record

WRITTEN = {lesson.id: lesson for lesson in all_lessons()}


@pytest.mark.parametrize("lesson", syllabus(), ids=lambda lesson: lesson.id)
def test_every_claim_of_the_lesson_is_recorded(lesson):
    claims = [claim.id for claim in lesson.claims]
    if lesson.id not in WRITTEN:
        pytest.skip(f"lesson {lesson.id} is not written yet: {', '.join(claims)}")
    record = read_record(lesson.id, records_folder(WRITTEN[lesson.id]))
    missing = [name for name in claims if record is None or record.claim(name) is None]
    assert not missing, f"no evidence of record for {', '.join(missing)}"


def test_every_written_lesson_is_in_the_syllabus_or_comes_before_it():
    assert set(WRITTEN) - {lesson.id for lesson in syllabus()} == {"0.0"}
