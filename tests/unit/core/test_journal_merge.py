"""Merging journals has laws: nothing is lost, and neither order nor repetition matters."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from tlnb.core.journal_merge import merge_journals

# Few values, so that two journals often say something of the same exercise; times in forms that others may write.
TIMES = st.sampled_from(
    ["2026-01-01T10:00:00+00:00", "2026-01-01T11:00:00+02:00", "2026-01-01T10:00:00Z", "2026-03-01", "", "last week"]
)
EXERCISES = st.fixed_dictionaries(
    {},
    optional={
        "attempts": st.integers(0, 5),
        "passed": st.booleans(),
        "first": TIMES,
        "passed_at": st.none() | TIMES,
        "hints": st.integers(0, 3),
        "solution": st.booleans(),
    },
)
QUIZZES = st.fixed_dictionaries(
    {},
    optional={
        "attempts": st.integers(0, 5),
        "right": st.booleans(),
        "right_first": st.booleans(),
        "first": TIMES,
    },
)
JOURNALS = st.fixed_dictionaries(
    {
        "format": st.just(1),
        "exercises": st.dictionaries(st.sampled_from(["0.0.a", "3.1.a", "3.1.b"]), EXERCISES),
        "quizzes": st.dictionaries(st.sampled_from(["3.1.1", "3.1.2"]), QUIZZES),
    }
)


def journal(**entry):
    return {"format": 1, "exercises": {"3.1.a": entry}, "quizzes": {}}


def quiz(**entry):
    return {"format": 1, "exercises": {}, "quizzes": {"3.1.1": entry}}


@given(JOURNALS, JOURNALS)
def test_the_order_of_two_journals_does_not_matter(one, other):
    assert merge_journals(one, other) == merge_journals(other, one)


@given(JOURNALS, JOURNALS, JOURNALS)
def test_nor_does_which_of_three_are_merged_first(one, other, third):
    assert merge_journals(merge_journals(one, other), third) == merge_journals(one, merge_journals(other, third))


@given(JOURNALS, JOURNALS)
def test_merging_the_same_again_changes_nothing(one, other):
    once = merge_journals(one, other)
    assert merge_journals(once, other) == once == merge_journals(once, once)


@given(JOURNALS, JOURNALS)
def test_nothing_is_lost(one, other):
    merged = merge_journals(one, other)
    for before in (one, other):
        for name, entry in before["exercises"].items():
            after = merged["exercises"][name]
            assert all(after[key] >= entry[key] for key in ("attempts", "passed", "hints", "solution") if key in entry)
        for name, entry in before["quizzes"].items():
            after = merged["quizzes"][name]
            assert all(after[key] >= entry[key] for key in ("attempts", "right") if key in entry)


@given(JOURNALS, JOURNALS)
def test_neither_journal_is_changed(one, other):
    before = copy.deepcopy((one, other))
    merge_journals(one, other)
    assert (one, other) == before


def test_what_is_passed_stays_passed_and_attempts_are_the_larger():
    entry = merge_journals(journal(attempts=4), journal(attempts=2, passed=True))["exercises"]["3.1.a"]
    assert (entry["attempts"], entry["passed"], entry["hints"], entry["passed_at"]) == (4, True, 0, None)


def test_of_times_the_earlier_moment_counts_whatever_its_zone():
    berlin, utc = "2026-01-01T11:00:00+02:00", "2026-01-01T10:00:00+00:00"
    entry = merge_journals(journal(first=utc, passed_at=berlin), journal(first=berlin))["exercises"]["3.1.a"]
    assert entry["first"] == entry["passed_at"] == berlin


def test_a_quiz_was_right_at_first_if_it_was_for_whoever_was_first():
    early, late = "2026-01-01T10:00:00+00:00", "2026-01-02T10:00:00+00:00"
    wrong_then_right = merge_journals(quiz(first=early, right_first=False), quiz(first=late, right_first=True))
    right_then_wrong = merge_journals(quiz(first=early, right_first=True), quiz(first=late, right_first=False))
    assert wrong_then_right["quizzes"]["3.1.1"]["right_first"] is False
    assert right_then_wrong["quizzes"]["3.1.1"]["right_first"] is True


def test_a_time_that_can_be_read_or_is_there_at_all_counts_as_earlier():
    known, odd = quiz(first="2026-03-01T10:00:00+00:00", right_first=True), quiz(first="last week", right_first=False)
    assert merge_journals(odd, known)["quizzes"]["3.1.1"]["right_first"] is True
    unknown = quiz(right_first=True)
    assert merge_journals(unknown, odd)["quizzes"]["3.1.1"] == {
        **odd["quizzes"]["3.1.1"],
        "attempts": 0,
        "right": False,
    }


def test_what_this_tlnb_does_not_know_is_kept():
    mine = {**journal(attempts=1, mood="good"), "more": 1}
    theirs = {**journal(attempts=1, mood="bad", weather="wet"), "else": 2}
    merged = merge_journals(mine, theirs)
    entry = merged["exercises"]["3.1.a"]
    assert (merged["more"], merged["else"], entry["mood"], entry["weather"]) == (1, 2, "good", "wet")
