"""Numbers, orders and guesses: what counts as right, what is told, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tlnb.controls import quiz
from tlnb.controls.quizzes import QuizError
from tlnb.controls.quizzes.content import with_unit
from tlnb.controls.quizzes.number import read_number
from tlnb.controls.quizzes.order import shuffled
from tlnb.controls.quizzes.prediction import fitting_step
from tlnb.core.errors import TlnbError
from tlnb.core.journal import read_journal

FORWARD = ["forward", "loss", "backward", "update"]


def number(answer=12.5, **options):
    return quiz.number("How many?", answer, "Count them.", **options)


def predict(*value, **options):
    return quiz.predict("What AUC?", 0.5, 1, *value, **options)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("12", 12),
            (" 12.5 ", 12.5),
            (".5", 0.5),
            ("5.", 5),
            ("-3", -3),
            ("\u22123", -3),
            ("+1e3", 1000),
            ("1E-3", 0.001),
        ),
        *(("1,281,000", 1_281_000), ("1 281 000", 1_281_000), ("1_281_000", 1_281_000), ("1’281’000", 1_281_000)),
        *(("12,5", 12.5), ("0,500", 0.5), ("1,281", 1281), ("1,28", 1.28), ("1,281.5", 1281.5)),
        *(("12 MB", 12), ("12mb", 12)),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert read_number(text, unit="MB") == value


@pytest.mark.parametrize(
    "text", ["", " ", "twelve", "1.2.3", "1,2,3", "12 kB", "nan", "inf", "1e999", "0x10", "٣", "1 2", "--1"]
)
def test_what_is_no_number_is_refused_and_counts_no_try(text, page):
    made = number(name="3.1.1", unit="MB")
    shown = page(made.widget)
    shown.open()
    shown.do("answer", given=text)
    assert "1,281,000, for example" in shown.of("error")[0]["text"] and shown.state["tries"] == 0
    assert read_journal()["quizzes"] == {}


@given(st.floats(-1e12, 1e12), st.floats(0, 1e6))
def test_a_number_is_right_within_its_tolerance(answer, tolerance):
    made = number(answer, tolerance=tolerance)
    assert made.answer(answer).right and made.answer(answer + tolerance).right and made.answer(answer - tolerance).right
    assert not made.answer(answer + tolerance * 1.01 + abs(answer) * 1e-6 + 1e-6).right


def test_sums_of_tenths_are_right_without_a_tolerance():
    assert number(0.3).answer(0.1 + 0.2).right and not number(0.3).answer(0.3001).right


def test_a_number_that_is_near_enough_is_told_exactly():
    assert repr(number(tolerance=1, unit="MB").answer("12")) == "Right. It is 12.5 MB. Count them."
    assert repr(number(tolerance=1).answer("12.5")) == "Right. Count them."


def test_a_wrong_number_gets_its_hint_or_the_side_it_lies_on():
    made = number(hints={25: "You counted both."}, unit="MB")
    assert repr(made.answer("25")) == "Not quite. 25 MB: You counted both."
    assert repr(made.answer("12,000")) == "Not quite. 12,000 MB is too large."
    assert repr(made.answer("-1")) == "Not quite. -1 MB is too small."


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"answer": "12"}, "answer must be a number, not '12'"),
        ({"answer": True}, "answer must be a number, not True"),
        ({"answer": float("nan")}, "answer is nan: it must be finite"),
        ({"tolerance": -1}, "tolerance=-1 is below 0"),
        ({"hints": {12.5: "?"}}, "12.5 is right"),
        ({"hints": {3: 4}}, "the hint at 3 must be a text"),
        ({"unit": None}, "unit must be a text"),
    ],
)
def test_a_number_that_cannot_be_asked_for_is_an_error(options, says):
    with pytest.raises((TypeError, QuizError), match=says):
        number(**options)


def test_the_number_is_shown_after_two_tries(page):
    shown = page(number(1281000, unit="parameters").widget)
    shown.open()
    for text in ("1", "2"):
        shown.do("answer", given=text)
    shown.do("show")
    assert shown.state["reply"]["head"] == "The answer is 1,281,000 parameters." and shown.state["given"] == "1,281,000"


def test_numbers_read_well_with_their_units():
    told = [
        with_unit(1281000.0, ""),
        with_unit(93, "%"),
        with_unit(1.5, "MB"),
        with_unit(1e-5, ""),
        with_unit(-0.25, ""),
    ]
    assert told == ["1,281,000", "93%", "1.5 MB", "1e-05", "-0.25"]


@given(st.lists(st.text(min_size=1), min_size=2, max_size=8, unique=True))
def test_items_are_shown_in_another_order_and_always_the_same(items):
    assert sorted(shuffled(items)) == sorted(items) and list(shuffled(items)) != items
    assert shuffled(items) == shuffled(tuple(items))


def test_the_order_shown_is_the_same_in_every_process():
    code = f"from tlnb.controls.quizzes.order import shuffled; print(*shuffled({FORWARD}))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == [*shuffled(FORWARD)]


def test_an_order_is_right_as_a_whole_and_a_wrong_one_is_told_where():
    made = quiz.order("A step:", FORWARD, "Each needs the last.")
    assert repr(made.answer(FORWARD)) == "Right. Each needs the last."
    assert (
        repr(made.answer(["forward", "loss", "update", "backward"]))
        == "Not quite. The first 2 are in place: look at place 3."
    )
    assert repr(made.answer(FORWARD[::-1])) == "Not quite. Look at place 1."


@pytest.mark.parametrize("given", [None, [], [0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 4], ["a"] * 4, [0, 1, 2, True], "0123"])
def test_what_is_no_order_is_refused(page, given):
    shown = page(quiz.order("A step:", FORWARD, "So.").widget)
    shown.open()
    shown.do("answer", given=given)
    assert shown.of("error") and shown.state["tries"] == 0


def test_an_order_of_other_items_is_refused():
    with pytest.raises(QuizError, match="each of them once"):
        quiz.order("A step:", FORWARD, "So.").answer(["forward"])


def test_the_order_is_shown_after_two_tries(page):
    made = quiz.order("A step:", FORWARD, "So.")
    shown = page(made.widget)
    shown.open()
    for _ in range(2):
        shown.do("answer", given=[0, 1, 2, 3])
    shown.do("show")
    assert [made.shown[place] for place in shown.state["given"]] == FORWARD
    assert shown.state["reply"]["head"] == "This is the order."


def test_a_guess_is_noted_and_can_be_changed_until_there_is_a_result(page):
    made = predict(name="3.1.1")
    shown = page(made.widget)
    shown.open()
    for value in (0.6, 0.7):
        shown.do("answer", given=value)
        assert shown.state["reply"]["verdict"] == "noted" and shown.state["given"] == value == made.guess
    assert read_journal()["quizzes"] == {}  # it does not count yet
    made.reveal(0.87)
    assert shown.state["reply"]["lines"][0] == "It came out as 0.87. The guess of 0.7 is 0.17 too low."
    assert (shown.state["value"], shown.state["valueText"], shown.state["reply"]["verdict"]) == (0.87, "0.87", "off")
    shown.do("answer", given=0.87)
    assert "run the cell again" in shown.of("error")[0]["text"] and made.guess == 0.7
    entry = read_journal()["quizzes"]["3.1.1"]
    assert (entry["attempts"], entry["right"]) == (1, False)


def test_a_guess_that_is_close_counts_as_right():
    for guess, right in ((0.82, True), (0.92, True), (0.81, False), (0.93, False)):
        made = predict(0.87, name="3.1.1")  # a tenth of the scale is 0.05
        assert made.answer(guess).right is right
    assert read_journal()["quizzes"]["3.1.1"] == read_journal()["quizzes"]["3.1.1"] | {
        "right_first": True,
        "attempts": 1,
    }
    assert predict(0.87, tolerance=0.2).answer(0.7).right and not predict(0.87, tolerance=0).answer(0.86).right
    assert "right on it" in repr(predict(0.87, tolerance=0).answer(0.87))


def test_how_near_is_close_is_said_beforehand(page):
    assert "Within 0.05 of the result is close." in predict().says
    assert "Within 10 points of the result is close." in quiz.predict("How much?", 0, 100, unit="%").says


def test_that_a_guess_was_close_before_is_told(page):
    predict(0.87, name="3.1.1").answer(0.87)
    shown = page(predict(name="3.1.1").widget)
    shown.open()
    assert shown.of("question")[0]["asked"]["before"] == "You guessed closely before."


def test_a_result_is_not_told_before_the_guess_but_may_be_asked_for(page, home):
    made = predict(name="3.1.1")
    shown = page(made.widget)
    shown.open()
    assert not shown.state["canShow"]
    made.reveal(0.87)
    assert shown.state["canShow"] and shown.state["value"] is None and shown.state["reply"] is None
    shown.do("show")
    assert shown.state["value"] == 0.87 and shown.state["reply"]["head"] == "It came out as 0.87."
    shown.do("answer", given=0.87)
    assert shown.of("error") and not home.exists()


def test_an_experiment_that_runs_again_moves_the_result_and_counts_once():
    made = predict(name="3.1.1", why="Features carry over.")
    made.answer(0.6)
    made.reveal(0.9)
    made.reveal(0.62)
    assert made._reply.right and made._reply.lines[1] == "Features carry over."
    entry = read_journal()["quizzes"]["3.1.1"]
    assert (entry["attempts"], entry["right"]) == (1, False)


def test_a_result_may_lie_outside_of_the_scale_and_be_any_kind_of_number():
    assert predict().reveal(torch.tensor(0.25)).value == 0.25
    made = predict().reveal(np.float32(0.25))
    assert repr(made) == "What AUC?\n  a guess from 0.5 to 1\n  It came out as 0.25."
    with pytest.raises(QuizError, match="finite"):
        made.reveal(float("nan"))
    with pytest.raises(TypeError, match="value must be a number"):
        made.reveal("0.9")


def test_of_several_scores_the_mean_counts_and_its_interval_is_shown(page):
    made = predict(tolerance=0.1)
    shown = page(made.widget)
    shown.open()
    made.answer(0.8)
    made.reveal(np.array([0.90, 0.88, 0.92]))
    assert made.value == pytest.approx(0.9) and str(made.interval) == "0.900 [0.850, 0.950], n = 3"
    assert shown.state["between"] == [pytest.approx(0.85, abs=1e-3), pytest.approx(0.95, abs=1e-3)]
    told = "It came out as 0.9 [0.85, 0.95], n = 3. The guess of 0.8 is 0.1 too low."
    assert shown.state["reply"]["lines"] == (told,) and shown.state["reply"]["verdict"] == "close"
    made.reveal(0.8)
    assert shown.state["between"] is None and made.interval is None
    with pytest.raises(TlnbError, match="needs two scores"):
        made.reveal([0.9])
    with pytest.raises(TypeError, match="each score must be a number"):
        made.reveal(["0.9", 0.8])


def test_of_shares_the_distance_is_told_in_points():
    made = quiz.predict("How much?", 0, 100, 83.2, unit="%")
    assert made.answer(50).lines[0] == "It came out as 83.2%. The guess of 50% is 33.2 points too low."


@pytest.mark.parametrize("given", [None, "0.7", True, 0.4, 1.1, float("nan"), [0.7]])
def test_what_is_no_guess_is_refused(page, given):
    shown = page(predict().widget)
    shown.open()
    shown.do("answer", given=given)
    assert shown.of("error") and shown.state["given"] is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"low": 2}, "low=2 is not below high=1"),
        ({"low": "0"}, "low must be a number"),
        ({"high": float("inf")}, "high is inf"),
        ({"value": 2}, "value=2 lies outside of the scale, 0 to 1"),
        ({"step": 0}, "step=0 does not fit"),
        ({"step": 3}, "step=3 does not fit"),
        ({"tolerance": -0.1}, "tolerance=-0.1 is below 0"),
    ],
)
def test_a_scale_that_cannot_be_is_an_error(options, says):
    with pytest.raises((TypeError, QuizError), match=says):
        quiz.predict(**{"question": "?", "low": 0, "high": 1, **options})


@given(st.floats(1e-6, 1e9))
def test_a_scale_has_forty_steps_or_more_and_not_many_more(span):
    assert 39.9 <= span / fitting_step(span) <= 400.1
