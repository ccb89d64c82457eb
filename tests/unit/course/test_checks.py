from __future__ import annotations

import importlib
import pkgutil

import pytest

import tlnb
from tlnb.course import answers, check, hint, solution
from tlnb.course.checks import ExerciseError

MODULES = [
    importlib.import_module(f"{answers.__name__}.{found.name}") for found in pkgutil.iter_modules(answers.__path__)
]
EXERCISES = [exercise for module in MODULES for exercise in module.EXERCISES]
good = tlnb.Recipe.preset("last_stage").with_(rate_ratio=0.1, epochs=3)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_solution_passes(exercise):
    before = {"tlnb": tlnb}
    after = dict(before)
    exec(solution(exercise.id).text, after)
    (answer,) = (value for name, value in after.items() if name not in before and name != "__builtins__")
    assert check(exercise.id, answer).passed is True


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_stub_neither_passes_nor_fails_nor_raises(exercise):
    feedback = check(exercise.id, ...)
    assert feedback.passed is None and "no answer yet" in repr(feedback)


@pytest.mark.parametrize("answer", [None, 3, "text", [], object(), tlnb.Recipe])
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_any_other_thing_is_wrong_without_an_error(exercise, answer):
    assert check(exercise.id, answer).passed is False


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_feedback_on_wrong_answers_never_holds_the_solution(exercise):
    assert exercise.solution not in repr(check(exercise.id, None))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"trainable": "head"}, "Only the head trains"),
        ({"trainable": "all"}, "Everything trains"),
        ({"trainable": 2}, "trainable is 2"),
        ({"epochs": 5}, "5 epochs"),
        ({"rate_ratio": 1.0}, "a tenth"),
        ({"thaw": ((1.0, "all"),)}, "thaw later"),
        ({"trainable": "all", "weights": "random"}, "start at random"),
    ],
)
def test_what_is_wrong_in_the_first_exercise_is_told(changes, says):
    feedback = check("0.0.a", good.with_(**changes))
    assert feedback.passed is False and says in feedback.message


def test_other_recipes_that_do_what_is_asked_pass_as_well():
    assert check("0.0.a", tlnb.Recipe(trainable=1, rate_ratio=0.3 / 3, epochs=3, batch_size=8)).passed


def test_a_check_that_cannot_read_the_answer_says_so():
    class Strange(tlnb.Recipe):
        def __getattribute__(self, name):
            if name == "epochs":
                raise RuntimeError("no epochs here")
            return super().__getattribute__(name)

    strange = object.__new__(Strange)
    strange.__dict__.update(good.__dict__)
    assert "could not read your answer: RuntimeError: no epochs here" in check("0.0.a", strange).message


def test_hints_say_more_one_after_the_other():
    assert hint("0.0.a").text != hint("0.0.a", 2).text and 'hint("0.0.a", 2)' in hint("0.0.a").text


def test_a_hint_that_is_not_there_is_an_error_that_counts_them():
    with pytest.raises(ExerciseError, match="hints 1 to 2, not 3"):
        hint("0.0.a", 3)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("0.0.z", "no exercise '0.0.z'"),
        ("8.9.a", "Lesson 8.9 has no"),
        ("a", "is not the name"),
        (None, "is not the name"),
    ],
)
def test_an_unknown_exercise_is_an_error_that_says_what_a_name_is(name, says):
    with pytest.raises(ExerciseError, match=says):
        check(name, ...)


def test_feedback_as_html_is_escaped():
    class Evil:
        pass

    Evil.__name__ = "<img src=x>"
    assert "<img" not in check("0.0.a", Evil())._repr_html_()
