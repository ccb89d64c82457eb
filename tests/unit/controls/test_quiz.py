from __future__ import annotations

import pytest
from IPython.core.formatters import DisplayFormatter

from tlnb.controls import quiz
from tlnb.core.journal import read_journal

VIEW = "application/vnd.jupyter.widget-view+json"


def make(**changes):
    asked = {
        "question": "What does `freeze` do?",
        "answers": {"keeps": "", "deletes": "Then nothing would be left to use."},
        "correct": "keeps",
        "why": "Frozen weights do not move.",
    }
    return quiz(**{**asked, **changes})


def choose(made, answer: str) -> str:
    _, choice, told = made.widget.children
    choice.value = answer
    return told.value


def test_nothing_is_chosen_and_nothing_told_at_first():
    _, choice, told = make().widget.children
    assert choice.value is None and told.value == ""


def test_the_right_answer_is_told_why():
    assert "Right." in (told := choose(make(), "keeps")) and "Frozen weights do not move." in told


def test_a_wrong_answer_gets_its_own_reply_and_not_the_reason():
    told = choose(make(), "deletes")
    assert "Then nothing would be left" in told and "do not move" not in told


def test_a_wrong_answer_without_a_reply_invites_another_try():
    assert "choose again" in choose(make(answers=["keeps", "deletes"]), "deletes")


def test_one_can_choose_again():
    made = make()
    choose(made, "deletes")
    assert "Right." in choose(made, "keeps")


def test_what_stands_without_a_widget_does_not_give_the_answer_away():
    made = make()
    choose(made, "keeps")
    for text in (repr(made), made._repr_html_()):
        assert "Frozen weights do not move" not in text and "Right" not in text


def test_the_same_quiz_reads_the_same_in_every_run():
    assert repr(make()) == repr(make()) == "What does `freeze` do?\n  ( ) keeps\n  ( ) deletes"


def test_a_cell_shows_widget_page_and_text():
    bundle, _ = DisplayFormatter().format(make())
    assert VIEW in bundle and "<code>freeze</code>" in bundle["text/html"] and "( ) keeps" in bundle["text/plain"]


def test_html_in_any_text_is_shown_and_never_run():
    evil = "<img src=x onerror=alert(1)>"
    made = make(question=evil, answers={evil: evil, "b": evil}, correct=evil, why=evil)
    shown = [made._repr_html_(), made.widget.children[0].value, choose(made, evil), choose(made, "b")]
    assert all("<img" not in html and "&lt;img" in html for html in shown)


@pytest.mark.parametrize("answers", [["keeps"], ["keeps", "keeps"], ["deletes", "moves"], []])
def test_a_quiz_that_cannot_be_answered_is_an_error(answers):
    with pytest.raises(ValueError, match="answers"):
        make(answers=answers)


def test_without_ipywidgets_the_text_is_shown(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    bundle, _ = DisplayFormatter().format(make())
    assert VIEW not in bundle and "<code>freeze</code>" in bundle["text/html"]


def test_choices_in_a_quiz_with_a_name_are_recorded_but_not_what_was_chosen(home):
    made = make(name="3.1.1")
    choose(made, "deletes")
    choose(made, "keeps")
    entry = read_journal()["quizzes"]["3.1.1"]
    assert (entry["attempts"], entry["right"], entry["right_first"]) == (2, True, False)
    assert "keeps" not in (home / "progress.json").read_text()


def test_a_first_choice_that_is_right_is_recorded_as_such():
    choose(make(name="3.1.1"), "keeps")
    assert read_journal()["quizzes"]["3.1.1"]["right_first"] is True


def test_a_quiz_that_is_shown_and_not_answered_records_nothing(home):
    DisplayFormatter().format(make(name="3.1.1"))
    assert not home.exists()


def test_a_choice_that_is_taken_back_records_nothing_more():
    made = make(name="3.1.1")
    choose(made, "deletes")
    assert choose(made, None) == ""
    assert read_journal()["quizzes"]["3.1.1"]["attempts"] == 1


def test_without_a_name_nothing_is_recorded(home):
    choose(make(), "keeps")
    assert not home.exists()


def test_feedback_is_shown_where_nothing_can_be_recorded(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TLNB_HOME", str(tmp_path / "file" / "home"))
    made = make(name="3.1.1")
    assert "Then nothing would be left" in choose(made, "deletes")
    assert "Right." in choose(made, "keeps")


def test_the_name_changes_nothing_of_what_is_shown():
    named, nameless = make(name="3.1.1"), make()
    assert (repr(named), named._repr_html_()) == (repr(nameless), nameless._repr_html_())


@pytest.mark.parametrize("name", ["", "3.1", "freezing", "3.1.1 ", 3.1])
def test_a_name_of_another_form_is_an_error(name):
    with pytest.raises(ValueError, match="not the name of a quiz"):
        make(name=name)
