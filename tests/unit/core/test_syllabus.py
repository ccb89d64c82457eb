from __future__ import annotations

import pytest

from tlnb.core.syllabus import SHOWS, ClaimError, all_claims, find_claim, syllabus


def test_a_claim_carries_the_number_of_its_lesson():
    for lesson in syllabus():
        assert [claim.id for claim in lesson.claims] == [f"{lesson.id}.{i + 1}" for i in range(len(lesson.claims))]
        assert {claim.lesson for claim in lesson.claims} == {lesson.id}


def test_every_claim_says_something_and_how_it_is_shown():
    assert all(len(claim.says) > 20 for claim in all_claims())
    assert {claim.show for claim in all_claims()} == set(SHOWS)


def test_claims_are_found_by_their_id():
    assert find_claim("3.1.4").show == "build"


@pytest.mark.parametrize("name", ["3.1.6", "0.0.1", "", None])
def test_an_unknown_claim_is_an_error(name):
    with pytest.raises(ClaimError, match="no claim"):
        find_claim(name)


def test_further_topics_stand_with_their_lesson():
    (freezing,) = (lesson for lesson in syllabus() if lesson.id == "3.1")
    assert "Parameter-efficient" in freezing.further[0] and "progressive unfreezing" in freezing.names
