from __future__ import annotations

import json

import numpy as np
import pytest

from tlnb.core.syllabus import ClaimError
from tlnb.core.used import note
from tlnb.evaluation import Cited, Computed, Evidence, NotRun, open_ledger
from tlnb.evaluation.claims.records import (
    contradictions,
    plan_digest,
    read_record,
    recompute_claim,
    record_path,
    rejudge,
    write_run,
)

PLAN = {
    "3.1.1": {
        "question": "Do frozen layers move?",
        "tests": [{"metric": "distance: early", "condition": "frozen", "baseline": "free", "direction": "lower"}],
    },
    "3.1.2": {
        "question": "Does training more layers pay?",
        "tests": [
            {
                "metric": "auc",
                "otherwise": "accuracy",
                "condition": "free",
                "baseline": "frozen",
                "direction": "higher",
            },
            {"metric": "distance: early", "condition": "free", "baseline": "frozen", "direction": "higher"},
        ],
    },
    "3.1.3": {"question": "Nothing to compare"},
}
GOOD = Evidence.from_scores(
    {
        "auc": {"free": [0.90, 0.91, 0.92, 0.91, 0.90], "frozen": [0.80, 0.82, 0.81, 0.80, 0.79]},
        "distance: early": {"free": [2, 2.1, 1.9, 2, 2.2], "frozen": [1, 1.1, 1, 1, 0.9]},
    },
    seconds=12.0,
)


@pytest.fixture
def records(tmp_path):
    folder = tmp_path / "records"
    folder.mkdir()
    content = {"format": 1, "lesson": "3.1", "plan": PLAN, "run": None}
    record_path("3.1", folder).write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture
def claim(records):
    return open_ledger("3.1", records=records, device="cpu", data="elpv")


def written(home):
    return json.loads((home / "claims" / "03_01.json").read_text(encoding="utf-8"))


def test_a_claim_is_judged_by_its_plan_and_entered_in_the_lessons_own_file(claim, home):
    card = claim("3.1.1", GOOD)
    assert card.verdict == "holds"
    content = written(home)
    assert (content["lesson"], content["profile"], content["data"], content["device"]) == (
        "3.1",
        "quick",
        "elpv",
        "cpu",
    )
    (entry,) = content["claims"]
    assert entry["unit"] == "of the baseline" and entry["seeds"] == 5 and entry["seconds"] == 12.0
    assert entry["scores"] == {"frozen": [1, 1.1, 1, 1, 0.9], "free": [2, 2.1, 1.9, 2, 2.2]}
    assert entry["effect"] == pytest.approx(0.51, abs=0.02) and entry["low"] < entry["effect"] < entry["high"]


def test_a_claim_of_several_parts_stands_by_its_weakest(claim):
    entry = claim("3.1.2", GOOD).entry
    assert len(entry["evidence"]["tests"]) == 2
    assert entry["metric"] == "distance: early"  # it clears its 10 % by less than AUC clears its 0.01


def test_parts_may_come_from_several_experiments(claim):
    first = Evidence.from_scores({"auc": GOOD.scores("auc")})
    second = Evidence.from_scores({"distance: early": GOOD.scores("distance: early")})
    assert claim("3.1.2", first, second).verdict == claim("3.1.2", GOOD).verdict == "holds"


def test_where_auc_is_not_defined_the_plan_names_another_metric(claim):
    other = Evidence.from_scores({"accuracy": GOOD.scores("auc"), "distance: early": GOOD.scores("distance: early")})
    assert claim("3.1.2", other).entry["evidence"]["tests"][0]["metric"] == "accuracy"


def test_claims_of_a_second_call_replace_the_first_and_stand_in_order(claim, home):
    claim("3.1.2", GOOD)
    claim("3.1.1", GOOD)
    claim("3.1.2", NotRun("no time"))
    assert [(e["id"], e["verdict"]) for e in written(home)["claims"]] == [("3.1.1", "holds"), ("3.1.2", "not_run")]


def test_what_really_ran_is_written_beside_the_claims(records, home):
    note("method", "something before")
    claim = open_ledger("3.1", records=records, device="cpu")
    note("method", "freezing")
    claim("3.1.1", GOOD)
    assert written(home)["used"] == {"method": ["freezing"]}


def test_a_quick_run_needs_three_seeds_and_a_full_one_five(records):
    four = Evidence.from_scores({m: {c: s[:4] for c, s in GOOD.scores(m).items()} for m in GOOD.metrics})
    assert open_ledger("3.1", records=records, device="cpu")("3.1.1", four).verdict == "holds"
    card = open_ledger("3.1", profile="full", records=records, device="cpu")("3.1.1", four)
    assert card.verdict == "undecided" and "at least 5" in repr(card)


@pytest.mark.parametrize(
    ("name", "evidence", "says"),
    [
        ("3.1.9", GOOD, "no claim '3.1.9'"),
        ("3.2.1", GOOD, "belongs to lesson 3.2, and this is 3.1"),
        ("3.1.3", GOOD, "has no plan"),
        ("3.1.4", GOOD, "has no plan"),
        ("3.1.1", Computed({"layers": 5}, {"five": True}), "numbers alone do not decide"),
        ("3.1.1", 0.9, "float is no evidence"),
        ("3.1.1", "holds", "str is no evidence"),
        ("3.1.1", Evidence.from_scores({"auc": {"a": [0.5, 0.6]}}), "the evidence has auc of a"),
    ],
)
def test_evidence_that_does_not_belong_to_the_claim_is_refused(claim, home, name, evidence, says):
    with pytest.raises(ClaimError, match=says):
        claim(name, evidence)
    assert not (home / "claims").exists()


def test_a_claim_without_evidence_is_refused(claim):
    with pytest.raises(ClaimError, match="needs evidence"):
        claim("3.1.1")
    with pytest.raises(ClaimError, match="must all be measured"):
        claim("3.1.1", GOOD, NotRun("x"))


@pytest.mark.parametrize(("lesson", "says"), [("0.0", "no lesson '0.0'"), ("3.11", "no lesson"), (None, "no lesson")])
def test_only_lessons_of_the_syllabus_have_a_ledger(lesson, says):
    with pytest.raises(ClaimError, match=says):
        open_ledger(lesson)


def test_an_unknown_profile_is_refused():
    with pytest.raises(ClaimError, match="profile='fast'"):
        open_ledger("3.1", profile="fast")


def test_computed_claims_are_demonstrated_only_if_every_check_is_true(tmp_path, home):
    claim = open_ledger("6.1", records=tmp_path, device="cpu")
    right = Computed({"changed tensors": np.int64(5)}, {"all changed": np.bool_(True)})
    assert claim("6.1.1", right).verdict == "demonstrated"
    content = json.loads((home / "claims" / "06_01.json").read_text(encoding="utf-8"))
    assert content["claims"][0]["evidence"] == {"numbers": {"changed tensors": 5}, "checks": {"all changed": True}}
    assert content["claims"][0]["effect"] is None and content["claims"][0]["scores"] is None
    assert claim("6.1.1", Computed({}, {"all changed": True, "head too": False})).verdict == "does_not_hold"
    with pytest.raises(ClaimError, match="to be computed, not measured"):
        claim("6.1.1", GOOD)


def test_checks_must_be_truths():
    with pytest.raises(ClaimError, match="True or False"):
        Computed({}, {"many": 3})
    with pytest.raises(ClaimError, match="at least one check"):
        Computed({"n": 3}, {})


def test_a_citation_says_its_source(claim):
    card = claim("3.1.1", Cited("Deng et al., ImageNet, 2009: 1.2 million images"))
    assert card.verdict == "cited" and "Deng et al." in repr(card)


def test_a_home_that_cannot_be_written_stops_no_lesson(claim, home, caplog):
    home.write_text("a file where the folder should be")
    assert claim("3.1.1", GOOD).verdict == "holds"
    assert "could not be written" in caplog.text


# --- the card ----------------------------------------------------------------------------------------------------


def full_run(entries):
    about = {"profile": "full", "device": "cuda", "data": "elpv", "seed": 0, "seconds": 1.0, "plan": plan_digest(PLAN)}
    return {**about, "claims": entries}


def test_the_card_shows_this_run_and_the_record_side_by_side(claim, records, home):
    claim("3.1.1", GOOD)
    (entry,) = written(home)["claims"]
    write_run("3.1", full_run([{**entry, "profile": "full", "device": "cuda"}]), records)
    few = Evidence.from_scores({"distance: early": {"frozen": [1, 1.4, 0.2], "free": [1, 1.1, 1.5]}})
    card = open_ledger("3.1", records=records, device="cpu")("3.1.1", few)
    for text in (repr(card), card._repr_html_()):
        assert "this run" in text and "the record on elpv" in text and "Undecided in this run" in text
        assert "undecided" in text and "holds" in text
    data, about = card._repr_mimebundle_()
    assert data["image/png"][1:4] == b"PNG" and "3.1.1" in about["image/png"]["alt"]


def test_a_claim_that_a_profile_does_not_run_shows_the_comparisons_of_the_record(claim, records, home):
    claim("3.1.1", GOOD)
    (entry,) = written(home)["claims"]
    write_run("3.1", full_run([{**entry, "profile": "full", "device": "cuda"}]), records)
    card = open_ledger("3.1", records=records, device="cpu")("3.1.1", NotRun("it takes an hour"))
    assert card.verdict == "not_run" and [[name for name, _ in one] for one in card.tests] == [["the record on elpv"]]
    for text in (repr(card), card._repr_html_()):
        assert "it takes an hour" in text and "+51 % [" in text and "holds" in text
    assert 'stroke-width="3"' in card._repr_html_() and 'stroke-width="6"' not in card._repr_html_()  # thin: the record


def test_without_a_record_the_card_says_so(claim):
    assert "No full run is recorded yet" in repr(claim("3.1.1", GOOD))


def test_a_card_escapes_what_it_is_told(claim):
    assert "<b>x" not in claim("3.1.1", NotRun("<b>x</b>"))._repr_html_()


def test_a_card_reads_in_grey(claim):
    html = claim("3.1.1", GOOD)._repr_html_()
    assert "✓" in html and "holds" in html  # words and sign, never colour alone


@pytest.mark.parametrize("evidence", [NotRun("no time"), Cited("A. Author, 2020")])
def test_a_card_without_numbers_is_a_picture_too(claim, evidence):
    assert claim("3.1.1", evidence).png()[1:4] == b"PNG"


# --- records -----------------------------------------------------------------------------------------------------


def test_a_run_is_written_beside_its_plan(records):
    write_run("3.1", full_run([]), records)
    record = read_record("3.1", records)
    assert record.plan == PLAN and record.run["device"] == "cuda" and record.run["plan"] == plan_digest(record.plan)


def test_a_run_without_a_plan_is_not_written(tmp_path):
    with pytest.raises(ClaimError, match="write down the plan"):
        write_run("3.1", full_run([]), tmp_path)
    assert read_record("3.1", tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"format": 2, "lesson": "3.1"}',
        '{"format": 1, "lesson": "3.2", "plan": {}, "run": null}',
        '{"format": 1, "lesson": "3.1", "plan": {"3.1.1": {}}, "run": null}',
        '{"format": 1, "lesson": "3.1", "plan": {"3.1.1": {"question": "?", "tests": [{"metric": "f1"}]}}, "run": 1}',
    ],
)
def test_a_damaged_record_is_one_clear_error(tmp_path, content):
    record_path("3.1", tmp_path).write_text(content, encoding="utf-8")
    with pytest.raises(ClaimError):
        read_record("3.1", tmp_path)


def test_a_stored_claim_is_judged_again_from_its_raw_scores(claim, home):
    claim("3.1.2", GOOD)
    (entry,) = written(home)["claims"]
    assert recompute_claim(entry) == {key: entry[key] for key in ("verdict", "effect", "low", "high")}
    forged = json.loads(json.dumps(entry))
    forged["evidence"]["tests"][0]["scores"]["free"] = [0.8] * 4 + [0.81]
    assert recompute_claim(forged)["verdict"] != forged["verdict"]


def test_only_opposite_verdicts_contradict(records):
    stored = [
        {"id": f"3.1.{i}", "verdict": v} for i, v in enumerate(["holds", "does_not_hold", "undecided", "holds"], 1)
    ]
    write_run("3.1", full_run(stored), records)
    now = [{"id": f"3.1.{i}", "verdict": v} for i, v in enumerate(["does_not_hold", "holds", "holds", "undecided"], 1)]
    assert contradictions(now, read_record("3.1", records)) == ["3.1.1", "3.1.2"]
    assert contradictions(now, None) == []


def test_an_observation_has_an_interval_and_no_verdict(claim, home):
    card = claim.observe("Is it the rate?", GOOD, "auc", ("free", "frozen"))
    (entry,) = written(home)["observations"]
    (test,) = entry["tests"]
    assert entry["question"] == "Is it the rate?" and test["verdict"] is None
    assert test["low"] < test["effect"] < test["high"] and test["effect"] == pytest.approx(0.104)
    assert "“free” minus “frozen”" in repr(card) and "without a verdict" in repr(card) and "holds" not in repr(card)
    assert card.png().startswith(b"\x89PNG") and "+0.104 [" in card._repr_html_()


def test_an_observation_stands_beside_the_records_and_is_computed_again_from_its_scores(claim, records):
    claim.observe("Is it the rate?", GOOD, "auc", ("free", "frozen"))
    entry = claim.observations["Is it the rate?"]
    write_run("3.1", {"claims": [], "observations": [entry]}, records)
    again = open_ledger("3.1", records=records).observe("Is it the rate?", GOOD, "auc", ("free", "frozen"))
    assert repr(again).count("+0.104 [") == 2 and "the record (5 seeds)" in again._repr_html_()
    assert again._repr_html_().index('stroke-width="6"') < again._repr_html_().index('stroke-width="3"')  # this run
    found = rejudge(entry["tests"][0], "quick")
    assert (found.effect, found.low) == (entry["tests"][0]["effect"], entry["tests"][0]["low"])


def test_what_a_profile_does_not_run_is_shown_from_the_record_and_is_no_observation_of_its_own(claim, records, home):
    claim.observe("Is it the rate?", GOOD, "auc", ("free", "frozen"))
    entry = claim.observations["Is it the rate?"]
    write_run("3.1", {"claims": [], "observations": [entry]}, records)
    other = open_ledger("3.1", records=records)
    card = other.observe("Is it the rate?", None, "auc", ("free", "frozen"))
    assert repr(card).count("+0.104 [") == 1 and "the record (5 seeds)" in card._repr_html_()
    assert "this run" not in repr(card) and card.png().startswith(b"\x89PNG")
    assert not other.observations


def test_what_nobody_has_run_is_told(claim):
    card = claim.observe("Is it the rate?", None, "auc", ("free", "frozen"))
    assert "Not run in this profile, and not in the record yet." in repr(card)
    assert card.png().startswith(b"\x89PNG") and "not in the record yet" in card._repr_html_()


@pytest.mark.parametrize(
    ("pairs", "says"), [((), "needs pairs"), ((("free", "thawed"),), "thawed"), ((("free", "free"),), "with itself")]
)
def test_an_observation_of_nothing_is_refused(claim, home, pairs, says):
    with pytest.raises(ClaimError, match=says):
        claim.observe("Is it?", GOOD, "auc", *pairs)
    assert not claim.observations and not (home / "claims").exists()


def test_the_summary_has_every_claim_of_the_lesson_and_what_was_used_after_the_last_one(claim, home):
    claim("3.1.1", GOOD)
    note("method", "adapters")
    table = repr(claim.summary()).replace("\N{NO-BREAK SPACE}", " ")
    assert "✓ holds +51 % [" in table and table.count("3.1.") == 5 and "not tested" in table
    assert "adapters" in written(home)["used"]["method"]
