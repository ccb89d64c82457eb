from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter

from tlnb.controls import Quiz, quiz
from tlnb.controls.quizzes import QuizError
from tlnb.core.errors import TlnbError
from tlnb.core.journal import note_quiz, read_journal

VIEW = "application/vnd.jupyter.widget-view+json"
LESSONS = Path(__file__).parents[3] / "notebooks"
EVIL = "<img src=x onerror=alert(1)></script>[link](javascript:alert(2)) **bold**"


def make(**changes):
    asked = {
        "question": "What does `freeze` do?",
        "answers": {"keeps": "", "deletes": "Then nothing would be left to use."},
        "correct": "keeps",
        "why": "Frozen weights do not move.",
    }
    return quiz(**{**asked, **changes})


def several(**changes):
    answers = {"weights": "", "biases": "", "images": "Those are data.", "labels": ""}
    return make(**{"answers": answers, "correct": ["weights", "biases"], **changes})


def opened(made, page):
    """Open a question on a page, and give the page."""
    shown = page(made.widget)
    shown.open()
    return shown


def test_nothing_is_chosen_and_nothing_told_at_first(page):
    assert (state := opened(make(), page).state)["given"] is None and state["reply"] is None


def test_the_right_answer_is_told_why():
    assert repr(reply := make().answer("keeps")) == "Right. Frozen weights do not move." and reply.right


def test_a_wrong_answer_gets_its_own_reply_and_not_the_reason():
    assert repr(make().answer("deletes")) == "Not quite. Then nothing would be left to use."


def test_a_wrong_answer_without_a_reply_invites_another_try():
    assert "choose again" in repr(make(answers=["keeps", "deletes"]).answer("deletes"))


def test_one_can_choose_again_also_after_the_right_answer():
    made = make()
    assert [made.answer(one).right for one in ("deletes", "keeps", "deletes")] == [False, True, False]


def test_an_answer_on_the_page_is_judged_here_and_marked(page):
    shown = opened(make(), page)
    shown.do("answer", given=[1])
    assert (shown.state["reply"]["head"], shown.state["tried"], shown.state["right"]) == ("Not quite.", [1], [])
    shown.do("answer", given=[0])
    assert (shown.state["reply"]["head"], shown.state["right"]) == ("Right.", [0])
    assert shown.state["reply"]["lines"] == ("Frozen weights do not move.",)


def test_an_answer_from_python_is_seen_on_the_page(page):
    made = make()
    shown = opened(made, page)
    made.answer("deletes")
    assert shown.state["given"] == [1] and shown.state["reply"]["verdict"] == "wrong"


def test_several_right_answers_are_all_to_be_found(page):
    made = several()
    assert made.answer(["weights", "biases"]).right and made.answer({"biases", "weights"}).right
    assert repr(made.answer("weights")) == "Not all yet. What you chose is right, and something is missing."
    assert repr(made.answer(["weights", "images"])) == "Not quite. images: Those are data."
    assert "not right" in repr(made.answer(["weights", "biases", "labels"]))


def test_of_several_answers_no_single_one_is_marked_before_all_are_found(page):
    shown = opened(several(), page)
    shown.do("answer", given=[0, 2])
    assert shown.state["right"] == [] == shown.state["tried"]
    shown.do("answer", given=[1, 0])
    assert shown.state["right"] == [0, 1]


@pytest.mark.parametrize("given", [None, [], "keeps", [7], [-1], [0, 1], [0.5], [True], {"a": 1}])
def test_what_is_no_answer_is_refused_and_counts_no_try(page, given):
    shown = opened(make(name="3.1.1"), page)
    shown.do("answer", given=given)
    assert shown.of("error") and shown.state["tries"] == 0 and read_journal()["quizzes"] == {}


def test_after_two_wrong_tries_the_answer_may_be_looked_at_and_nothing_counts_any_more(page):
    shown = opened(make(name="3.1.1"), page)
    shown.do("show")
    assert "after 2 tries" in shown.of("error")[-1]["text"]
    for _ in range(2):
        assert not shown.state["canShow"]
        shown.do("answer", given=[1])
    assert shown.state["canShow"]
    shown.do("show")
    assert shown.state["reply"]["verdict"] == "shown" and shown.state["right"] == [0] and not shown.state["canShow"]
    assert shown.state["reply"]["lines"] == ("Frozen weights do not move.",)
    shown.do("answer", given=[0])
    entry = read_journal()["quizzes"]["3.1.1"]
    assert (entry["attempts"], entry["right"]) == (2, False)


@pytest.mark.parametrize(
    "made",
    [
        make(),
        several(),
        quiz.number("How many?", 31337, "Frozen weights do not move."),
        quiz.order("Which first?", ["Right", "then", "this"], "Frozen weights do not move."),
        quiz.predict("How well?", 0, 1e6, 31337, why="Frozen weights do not move."),
    ],
)
def test_nothing_that_a_page_gets_before_an_answer_gives_it_away(page, made):
    shown = opened(made, page)
    sent = [*shown.heard, repr(made), made._repr_html_(), made.widget.get_state()]
    assert not any(hint in repr(sent) for hint in ("do not move", "31337", "31,337", "correct", "Those are data"))
    assert not shown.state.get("right") and not shown.state.get("value")


def test_what_stands_without_a_widget_does_not_change_with_an_answer():
    made, before = make(), make()
    made.answer("keeps")
    assert (repr(made), made._repr_html_()) == (repr(before), before._repr_html_())


def test_the_same_quiz_reads_the_same_in_every_run():
    assert repr(make()) == repr(make()) == "What does `freeze` do?\n  ( ) keeps\n  ( ) deletes"
    assert make()._repr_html_() == (
        "<p><b>What does <code>freeze</code> do?</b></p>"
        '<ul style="list-style: circle"><li>keeps</li><li>deletes</li></ul>'
    )
    assert repr(several()).endswith("[ ] labels")


def stored_quizzes():
    """Yield each question of the lessons as it is written, and what is stored of it."""
    for path in sorted(LESSONS.rglob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            tree = ast.parse(cell.source) if cell.cell_type == "code" and "quiz(" in cell.source else None
            last = tree.body[-1] if tree else None
            if isinstance(last, ast.Expr) and ast.unparse(last).startswith("quiz("):
                yield ast.unparse(last), cell.outputs[0].data


def test_the_questions_of_the_lessons_read_as_they_are_stored():
    asked = list(stored_quizzes())
    assert len(asked) > 8
    for source, data in asked:
        made = eval(source, {"quiz": quiz})
        assert (repr(made), made._repr_html_()) == (data["text/plain"], data["text/html"])


def test_a_cell_shows_widget_page_and_text():
    bundle, _ = DisplayFormatter().format(make())
    assert VIEW in bundle and "<code>freeze</code>" in bundle["text/html"] and "( ) keeps" in bundle["text/plain"]
    assert "image/png" not in bundle


def test_what_a_notebook_may_save_of_a_quiz_is_small():
    state = make(question="long " * 1000).widget.get_state()
    assert len(repr(state)) < 2500 and "long long" not in repr(state)


def test_html_in_any_text_is_shown_and_never_run(page):
    for made in (
        make(question=EVIL, answers={EVIL: EVIL, "b": EVIL}, correct=EVIL, why=EVIL),
        quiz.number(EVIL, 3, EVIL, unit=EVIL),
        quiz.order(EVIL, [EVIL, "b"], EVIL),
        quiz.predict(EVIL, 0, 1, unit=EVIL, why=EVIL).reveal(0.5),
    ):
        html = DisplayFormatter().format(made)[0]["text/html"]
        assert "<img" not in html and "</script" not in html and "&lt;img" in html and "<a" not in html


def test_what_looks_like_mathematics_is_set_apart_so_that_no_page_typesets_it():
    html = make(question="Is $5 less than $6, or \\(x\\)?")._repr_html_()
    assert "$5" not in html and "\\(" not in html and "<span>$</span>5" in html


@pytest.mark.parametrize("answers", [["keeps"], ["keeps", "keeps"], ["deletes", "moves"], [], {"keeps": "", " ": ""}])
def test_a_quiz_that_cannot_be_answered_is_an_error(answers):
    with pytest.raises(ValueError, match="answers") as caught:
        make(answers=answers)
    assert isinstance(caught.value, TlnbError)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"question": 3}, "question must be a text, not 3"),
        ({"question": " "}, "question is empty"),
        ({"why": ""}, "why is empty"),
        ({"why": None}, "why must be a text"),
        ({"answers": "ab"}, r'answers must be a list, as \["yes", "no"\]'),
        ({"answers": ["keeps", 3]}, "each of the answers must be a text, not 3"),
        ({"answers": {"keeps": "", "deletes": None}}, "what to think about at 'deletes' must be a text"),
        ({"correct": 3}, "correct=3 is not among the answers"),
        ({"correct": []}, r"correct=\[\] leaves nothing to find"),
        ({"correct": ["keeps", "moves"]}, "correct='moves' is not among the answers"),
    ],
)
def test_content_that_is_wrong_is_told_when_it_is_made(changes, says):
    with pytest.raises((TypeError, QuizError), match=says):
        make(**changes)


@pytest.mark.parametrize("missing", ["anywidget", "ipywidgets"])
def test_without_widgets_the_text_is_shown(monkeypatch, missing):
    for name in ("tlnb.controls.control", "tlnb.controls.quizzes.page", "anywidget", "anywidget.widget"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    bundle, _ = DisplayFormatter().format(make())
    assert VIEW not in bundle and "<code>freeze</code>" in bundle["text/html"]


def test_choices_in_a_quiz_with_a_name_are_recorded_but_not_what_was_chosen(page, home):
    shown = opened(make(name="3.1.1"), page)
    shown.do("answer", given=[1])
    shown.do("answer", given=[0])
    shown.do("answer", given=[1])
    entry = read_journal()["quizzes"]["3.1.1"]
    assert (entry["attempts"], entry["right"], entry["right_first"]) == (2, True, False)
    assert "keeps" not in (home / "progress.json").read_text()


def test_a_first_choice_that_is_right_is_recorded_as_such():
    make(name="3.1.1").answer("keeps")
    assert read_journal()["quizzes"]["3.1.1"]["right_first"] is True


def test_a_quiz_that_is_shown_and_not_answered_records_nothing(page, home):
    made = make(name="3.1.1")
    DisplayFormatter().format(made)
    opened(made, page)
    assert not home.exists()


def test_without_a_name_nothing_is_recorded(home):
    make().answer("keeps")
    assert not home.exists()


def test_the_learner_is_told_before_it_is_recorded(page, monkeypatch):
    shown, told = opened(make(name="3.1.1"), page), []
    monkeypatch.setattr("tlnb.controls.quizzes.question.note_quiz", lambda *_, **__: told.append(shown.state["reply"]))
    shown.do("answer", given=[0])
    assert told == [shown.state["reply"]] and told[0]["head"] == "Right."


def test_feedback_is_shown_where_nothing_can_be_recorded(page, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TLNB_HOME", str(tmp_path / "file" / "home"))
    shown = opened(make(name="3.1.1"), page)
    shown.do("answer", given=[0])
    assert shown.state["reply"]["head"] == "Right." and not shown.of("error")


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ([], ""),
        ([False, False], ""),
        ([True], "Answered right before, at the first try."),
        ([False, False, True], "Answered right before, after 3 tries."),
    ],
)
def test_what_was_right_before_is_told_without_the_answer(page, before, says):
    for right in before:
        note_quiz("3.1.1", right=right)
    shown = opened(make(name="3.1.1"), page)
    assert shown.of("question")[0]["asked"]["before"] == says
    assert shown.state["given"] is None and shown.state["right"] == [] and shown.state["reply"] is None


def test_the_name_changes_nothing_of_what_is_shown():
    named, nameless = make(name="3.1.1"), make()
    assert (repr(named), named._repr_html_()) == (repr(nameless), nameless._repr_html_())


@pytest.mark.parametrize("name", ["", "3.1", "freezing", "3.1.1 ", 3.1])
def test_a_name_of_another_form_is_an_error(name):
    with pytest.raises(ValueError, match="not the name of a quiz"):
        make(name=name)


def modules_after(code):
    done = f"import sys\nfrom tlnb.controls import quiz\n{code}\nprint(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", done], text=True).split())


def test_a_question_is_made_without_widgets_and_shown_without_anything_that_computes():
    asked = "made = quiz.predict('How well?', 0, 1)"
    heavy = {"torch", "numpy", "matplotlib", "timm"}
    assert not modules_after(asked) & {*heavy, "anywidget", "ipywidgets", "IPython"}
    shown = modules_after(f"{asked}\nmade._repr_mimebundle_()")
    assert "anywidget" in shown and not shown & heavy


def test_every_kind_of_question_is_a_quiz():
    made = [make(), several(), quiz.number("?", 1, "."), quiz.order("?", ["a", "b"], "."), quiz.predict("?", 0, 1)]
    assert all(isinstance(one, Quiz) for one in made)
