"""Every exercise of the course, and whatever a learner may hand to a check."""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
import re
import sys
import types

import numpy as np
import pytest
import torch

import tlnb
from tlnb.core.journal import read_journal
from tlnb.course import answers, check, hint, solution
from tlnb.course.answering import call_answer, shown
from tlnb.course.checks import Exercise, ExerciseError, Feedback, exercises_of

MODULES = [
    importlib.import_module(f"{answers.__name__}.{found.name}") for found in pkgutil.iter_modules(answers.__path__)
]
EXERCISES = [exercise for module in MODULES for exercise in module.EXERCISES]
UNREADABLE = "could not read your answer"
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
every_wrong_answer = pytest.mark.parametrize(
    ("exercise", "code"),
    [
        pytest.param(exercise, code, id=f"{exercise.id}-{number}")
        for exercise in EXERCISES
        for number, code in enumerate(exercise.wrong, 1)
    ],
)
good = tlnb.Recipe.preset("last_stage").with_(rate_ratio=0.1, epochs=3)


def answer_of(exercise: Exercise, code: str) -> object:
    """Run the exercise's setup and a snippet: the answer is the one name that the snippet made or changed."""
    names: dict[str, object] = {"tlnb": tlnb}
    exec(exercise.setup, names)
    before = dict(names)
    exec(code, names)
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    made = [name for name in names if name not in before or names[name] is not before[name]]
    made = [name for name in made if not name.startswith("__") and name not in imported]
    assert len(made) == 1, f"exercise {exercise.id}: a snippet makes one name, this one made {made}:\n{code}"
    return names[made[0]]


def pieces_of(exercise: Exercise) -> set[str]:
    """Return what gives an answer away: the value of the solution, as code and as a number, or a function's lines."""
    found = set()
    for node in ast.parse(exercise.solution).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            found.add(ast.unparse(node.value))
        elif isinstance(node, ast.FunctionDef):
            lines = (ast.unparse(line) for line in node.body)
            found |= {line for line in lines if len(line) >= 12}
    answer = answer_of(exercise, exercise.solution)
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        found |= {str(answer), f"{answer:,}", f"{answer:g}"}
    return found


def gives_away(message: str, exercise: Exercise) -> list[str]:
    def plain(text: str) -> str:
        return " ".join(text.replace('"', "'").split())

    said = plain(message)
    return [
        piece for piece in pieces_of(exercise) if re.search(rf"(?<![\w.]){re.escape(plain(piece))}(?!\w|\.\d)", said)
    ]


SETUP = "import torch\nmodel, images = torch.nn.Linear(2, 2), torch.zeros(4, 2)"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("my_count = sum(w.numel() for w in model.parameters())", 6),
        ("from math import prod\nmy_size: int = prod(images.shape)", 8),
        ("images = len(images)", 4),
    ],
)
def test_the_answer_is_the_name_that_a_snippet_makes_or_changes(code, expected):
    assert answer_of(Exercise("99.1.a", lambda answer: None, (), code, setup=SETUP), code) == expected


def test_a_function_is_an_answer_that_may_use_what_the_setup_made():
    code = "def my_function():\n    import torch\n    return torch.equal(model(images), images)"
    assert answer_of(Exercise("99.1.a", lambda answer: None, (), code, setup=SETUP), code)() is False


def test_a_snippet_that_makes_two_names_is_no_answer():
    with pytest.raises(AssertionError, match="makes one name"):
        answer_of(Exercise("99.1.a", lambda answer: None, (), "a = b = 1"), "a = b = 1")


@pytest.mark.parametrize(
    ("code", "message", "gives"),
    [
        ("my_count = 3", "There are 3, not 4.", True),
        ("my_count = 3", "There are 13 layers, 3.5 on average.", False),
        ("my_count = 25 * 100", "There are 2,500 of them.", True),
        ("my_rate = 1 / 10", "The rate is 0.1.", True),
        ('my_model = dict(name="x")', "Write dict(name='x').", True),
        ("def my_double(x):\n    return torch.stack([x, x])", "End with return torch.stack([x, x]).", True),
        ("def my_double(x):\n    return torch.stack([x, x])", "What stacks two tensors?", False),
    ],
)
def test_replies_that_give_the_solution_away_are_found(code, message, gives):
    assert bool(gives_away(message, Exercise("99.1.a", lambda answer: None, (), code))) is gives


@functools.cache  # some checks train a network: no answer is checked twice
def reply_to(exercise: Exercise, code: str) -> Feedback:
    return check(exercise.id, answer_of(exercise, code))


@every_exercise
def test_the_stub_does_not_pass_and_is_no_error(exercise, home):
    feedback = check(exercise.id, ...)
    assert feedback.passed is None and "no answer yet" in repr(feedback)
    assert not home.exists()


@every_exercise
def test_the_solution_passes(exercise):
    feedback = check(exercise.id, answer_of(exercise, solution(exercise.id).text))
    assert feedback.passed is True, feedback


@every_exercise
def test_there_is_a_plausible_wrong_answer(exercise):
    assert exercise.wrong, f"exercise {exercise.id}: give `wrong` at least one answer that a learner may well write"


@every_wrong_answer
def test_a_plausible_wrong_answer_fails_and_is_told_why_without_the_solution(exercise, code):
    feedback = reply_to(exercise, code)
    assert feedback.passed is False, f"passed:\n{code}"
    assert UNREADABLE not in feedback.message, "the check should have a reply of its own for this"
    assert feedback.message.strip() and feedback.message != check(exercise.id, ...).message
    assert not gives_away(feedback.message, exercise), feedback.message


@every_exercise
def test_wrong_answers_are_told_apart_from_something_else_altogether(exercise):
    class SomethingElse:
        pass

    generic = check(exercise.id, SomethingElse()).message
    replies = [reply_to(exercise, code).message for code in exercise.wrong]
    assert any(reply != generic for reply in replies)


class Hostile:
    """Everything that one can ask of it raises."""

    def __getattribute__(self, name):
        raise RuntimeError("leave me alone")

    def __repr__(self):
        raise RuntimeError("no repr")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    def __bool__(self):
        raise RuntimeError("neither true nor false")

    __hash__ = None
    __str__ = __len__ = __iter__ = __call__ = __float__ = __array__ = __repr__


class Mute:
    def __repr__(self):
        raise RuntimeError("no repr")


ANYTHING = {
    "None": None,
    "a number": -17.25,
    "text": "text",
    "no text": "",
    "a list": [],
    "itself": (lambda made: made.append(made) or made)([]),
    "an object": object(),
    "a class": tlnb.Recipe,
    "an array": np.zeros((2, 3)),
    "an array of objects": np.array([None, "x"], dtype=object),
    "not a number": float("nan"),
    "a tensor": torch.zeros(2, 3),
    "a tensor with a gradient": torch.zeros(2, requires_grad=True) * 2,
    "a tensor of nothing": torch.empty(0, device="meta"),
    "a module": torch.nn.Linear(2, 2),
    "hostile": Hostile(),
    "a function": lambda *given: given,
    "a function that raises": lambda *given: 1 / 0,
    "a function that leaves": lambda *given: sys.exit(3),
    "a function that never returns": lambda *given: (lambda again: again(again))(lambda again: again(again)),
    "a generator": (number for number in ()),
}


# What every exercise is asked; all of them for all exercises would take minutes and find no more.
MOST_LIKELY = ("None", "a number", "text", "an array", "a tensor", "a function that raises", "hostile")


@every_exercise
@pytest.mark.parametrize("thing", MOST_LIKELY)
def test_any_other_thing_is_wrong_without_an_error(exercise, thing):
    feedback = check(exercise.id, ANYTHING[thing])
    assert feedback.passed is False
    assert isinstance(repr(feedback), str) and feedback._repr_html_().startswith("<div")


@pytest.mark.parametrize("thing", ANYTHING)
def test_nothing_at_all_breaks_a_check_of_a_value_or_of_a_function(asked, thing):
    assert check("0.0.a", ANYTHING[thing]).passed is False
    assert asked(doubles, ANYTHING[thing]).passed is False


@every_exercise
def test_each_exercise_has_hints_and_is_found_in_its_own_lesson(exercise):
    assert exercise.hints and all(exercise.hints)
    assert [other.id for other in EXERCISES].count(exercise.id) == 1
    assert exercise in exercises_of(exercise.id.rpartition(".")[0])


@pytest.fixture
def asked(monkeypatch):
    """Put an exercise of one's own into the course, as 99.1.a, and check an answer to it."""

    def put(checker, answer, **more):
        module = types.ModuleType(f"{answers.__name__}.lesson_99_1")
        more = {"hints": ("Think.",), "solution": "x = 1", **more}
        module.EXERCISES = (Exercise("99.1.a", checker, **more),)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return check("99.1.a", answer)

    return put


def doubles(answer):
    """Ask for a function that doubles a tensor."""
    given = torch.ones(3)
    called = call_answer(answer, given)
    assert torch.equal(given, torch.ones(3))
    if not isinstance(called.returned, torch.Tensor):
        return f"Your function returned {shown(called.returned)}; does it end with `return`?"
    return None if torch.equal(called.returned, 2 * torch.ones(3)) else "Not the double."


def scales_in_place(given):
    given.mul_(2)


def leaves_a_hole(given):
    result = ...
    return result


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (scales_in_place, "returned None"),
        (lambda given: given[5], "stopped with IndexError: index 5"),
        (lambda: 1, "stopped with TypeError"),
        (lambda given: sys.exit("bye"), "stopped with SystemExit: bye"),
        (lambda given: Mute(), "returned something of type Mute"),
        (lambda given: given, "Not the double"),
        (torch.ones(3), "this is Tensor of shape (3,)"),
        (7, "A function is asked for; this is 7"),
    ],
)
def test_whatever_a_learners_function_does_becomes_feedback(asked, answer, says):
    feedback = asked(doubles, answer)
    assert feedback.passed is False and says in feedback.message and UNREADABLE not in feedback.message


def test_a_function_that_is_right_passes_even_if_it_changes_what_it_was_given(asked):
    assert asked(doubles, lambda given: given.mul_(2)).passed is True


def test_a_check_sees_what_a_function_did_to_its_arguments():
    model = torch.nn.Linear(2, 2)
    (changed,) = call_answer(lambda given: given.requires_grad_(False) and None, model).arguments
    assert all(not weights.requires_grad for weights in changed.parameters())
    assert all(weights.requires_grad for weights in model.parameters())


def stub(model): ...


def stub_with_a_docstring(model, images=3):
    """Do something."""
    ...


def stub_that_passes(model):
    pass


STUBS = {
    "three dots": ...,
    "a function": stub,
    "with a docstring": stub_with_a_docstring,
    "pass": stub_that_passes,
    "a hole inside": leaves_a_hole,
    "in a dict": {"body": 0.1, "head": ...},
    "in a list": [..., Hostile()],
    "in a tuple": (np.zeros(2), torch.zeros(2), ...),
}


@pytest.mark.parametrize("kind", STUBS)
def test_what_is_not_filled_in_yet_is_no_attempt(asked, home, kind):
    feedback = asked(doubles, STUBS[kind])
    assert feedback.passed is None and "three dots" in feedback.message
    assert not home.exists()


def test_a_function_with_a_body_is_an_answer_even_if_it_only_returns_a_constant(asked):
    assert asked(doubles, lambda given: 3).passed is False


def test_having_checked_changes_neither_chance_nor_gradients(asked):
    def careless(given):
        torch.manual_seed(0)
        torch.set_grad_enabled(False)
        return given * 2

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    assert asked(doubles, careless).passed is True
    assert torch.equal(torch.rand(3), expected) and torch.is_grad_enabled()


def test_an_interrupt_ends_a_check(asked):
    def interrupted(given):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asked(doubles, interrupted)


def test_an_error_whose_text_raises_is_named_alone(asked):
    class SilentError(Exception):
        __str__ = Hostile.__repr__

    def fails(answer):
        raise SilentError

    assert asked(fails, 1).message.endswith(f"{UNREADABLE}: SilentError")


def test_an_empty_reply_of_a_check_is_no_praise(asked):
    assert "Well done" not in repr(asked(lambda answer: "", 1))


def test_attempts_are_recorded_until_the_exercise_is_passed(home):
    for answer in (..., None, good.with_(epochs=5), good, None):
        check("0.0.a", answer)
    entry = read_journal()["exercises"]["0.0.a"]
    assert (entry["attempts"], entry["passed"], entry["hints"], entry["solution"]) == (3, True, 0, False)
    assert "Recipe" not in (home / "progress.json").read_text()


def test_looking_at_hints_and_the_solution_is_recorded():
    hint("0.0.a")
    assert read_journal()["exercises"]["0.0.a"]["hints"] == 1
    hint("0.0.a", 2)
    solution("0.0.a")
    entry = read_journal()["exercises"]["0.0.a"]
    assert (entry["attempts"], entry["hints"], entry["solution"]) == (0, 2, True)


def test_a_hint_that_does_not_exist_is_not_recorded(home):
    with pytest.raises(ExerciseError):
        hint("0.0.a", 9)
    assert not home.exists()


def test_checks_hints_and_solutions_work_where_nothing_can_be_recorded(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TLNB_HOME", str(tmp_path / "file" / "home"))
    assert check("0.0.a", good).passed is True
    assert check("0.0.a", ...).passed is None
    assert hint("0.0.a").text and solution("0.0.a").text


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
        ({"parameters": "norms"}, "parameters='norms'"),
        ({"rate_factors": {"stage4": 0.1}}, "one field sets the whole body's"),
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
        ("98.9.a", "Lesson 98.9 has no"),
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
