"""Each rule for lessons finds the lesson that breaks it."""

from __future__ import annotations

import copy

import nbformat
import pytest

from tlnb.course.structure import places_to_write, run_problems, structure_problems

v4 = nbformat.v4
OPENING = (
    "# 7.3 Cross-validation\n\n**After this lesson you can** split.\n\n**Takes** 5 minutes.\n\n**Read before:** 0.0."
)
CLOSING = "## What you saw\n\n- **What did not\n  hold:** nothing.\n\n**Next:** lesson 8.1.\n\n### References\n\n"
REFERENCE = "- A. Author. *A title*. Journal, 2020."
PARAMETERS = 'profile = "quick"  # or "full"\ndata = "elpv"\ndevice = "auto"\nseed = 0'
QUIZ = 'quiz("What?", ["this", "that"], correct="this", why="So.")'
CLAIMS = ["7.3.1", "7.3.2", "7.3.3", "7.3.4", "7.3.5"]


@pytest.fixture
def lesson():
    """Make a small lesson that has all that a lesson must have."""
    code = [QUIZ, 'check("7.3.a", my_answer)', *(f'claim("{name}", evidence)' for name in CLAIMS)]
    cells = [
        v4.new_markdown_cell(OPENING),
        v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        *(v4.new_code_cell(source, execution_count=place) for place, source in enumerate(code, 2)),
        v4.new_markdown_cell(CLOSING + REFERENCE),
    ]
    cells[1].execution_count = 1
    about = {"lesson": "7.3", "title": "Cross-validation", "minutes": 5}
    return v4.new_notebook(cells=cells, metadata={"tlnb": about})


def changed(lesson, place, old, new):
    assert old in lesson.cells[place].source
    lesson.cells[place].source = lesson.cells[place].source.replace(old, new)
    return structure_problems(lesson)


def test_a_lesson_that_has_everything_lacks_nothing(lesson):
    assert structure_problems(lesson) == run_problems(lesson) == []


@pytest.mark.parametrize(
    ("place", "old", "new", "says"),
    [
        (0, "# 7.3 Cross", "# Cross", "begins with '# 7.3 Cross-validation'"),
        (0, "**After this lesson you can**", "Then you can", "After this lesson you can"),
        (0, "5 minutes", "6 minutes", "it takes 5 minutes"),
        (0, "**Read before:**", "Read", "Read before"),
        (0, "split", "split in\n2020. A year", "'2020. A year.' begins with a number"),
        (1, "seed = 0", "", "the parameters lack seed"),
        (1, '"quick"', '"full"', "profile is 'full'"),
        (2, "quiz(", "print(", "there is no quiz"),
        (2, "quiz(", "# quiz(", "there is no quiz"),
        (3, '"7.3.a"', '"7.2.a"', 'there is no exercise: check("7.3.a"'),
        (4, "claim(", "print(", 'claim 7.3.1 of the syllabus is not entered: claim("7.3.1", evidence)'),
        (4, "claim(", "# claim(", "claim 7.3.1 of the syllabus is not entered"),
        (4, "7.3.1", "7.2.1", "claim '7.2.1' is not one of this lesson"),
        (4, "claim(", "claim((", "is not Python"),
        (-1, "What you saw", "The end", "there is no closing"),
        (-1, "did not\n  hold", "held", "does not say what did not hold"),
        (-1, "**Next:**", "Go to", "where to go next"),
        (-1, "### References", "### Thanks", 'no "### References"'),
        (-1, REFERENCE, "", "there are no references"),
        (-1, "2020", "recently", "reference 'A. Author. *A title*. Journal, recently.'"),
        (-1, "*A title*", "A title", "is not of the form: authors. *Title.* Where, year."),
        (-1, "A. Author. ", "", "is not of the form"),
    ],
)
def test_what_a_lesson_lacks_is_told(lesson, place, old, new, says):
    problems = changed(lesson, place, old, new)
    assert any(says in problem for problem in problems), problems


@pytest.mark.parametrize("kind", ["quiz.number(", "quiz.order(", "guess = tlnb.controls.quiz.predict("])
def test_any_kind_of_question_will_do(lesson, kind):
    assert changed(lesson, 2, "quiz(", kind) == []


def test_a_reference_over_several_lines_is_read_as_one(lesson):
    assert changed(lesson, -1, "*A title*", "*A title\n  of two lines*") == []


def test_lessons_without_claims_need_none_and_no_reading_before(lesson):
    lesson.metadata.tlnb.lesson = "0.0"
    lesson.cells = [cell for cell in lesson.cells if "claim" not in cell.source]
    for old, new in (("7.3", "0.0"), ("**Read before:** 0.0.", "")):
        for cell in lesson.cells:
            cell.source = cell.source.replace(old, new)
    assert structure_problems(lesson) == []


def test_a_notebook_that_says_nothing_of_itself_is_no_lesson(lesson):
    del lesson.metadata.tlnb["minutes"]
    assert structure_problems(lesson) == ['the metadata lack "tlnb" with lesson, title and minutes']


def test_two_cells_of_parameters_are_one_too_many(lesson):
    lesson.cells.insert(2, copy.deepcopy(lesson.cells[1]))
    assert '2 cells have the tag "parameters"; one must' in structure_problems(lesson)


def test_a_long_cell_is_named_by_its_first_line(lesson):
    long = "first = 1\n" + "\n\n".join(f"x{i} = 1" for i in range(15))
    lesson.cells.insert(3, v4.new_code_cell(long))
    assert "the cell that begins with 'first = 1' has 16 lines; 15 at most" in structure_problems(lesson)


def test_lessons_are_made_of_short_cells(lesson):
    for cell in lesson.cells[2:-1]:
        cell.source += "\nx = 1" * 6
    assert "the median cell has 7 lines; 6 at most" in structure_problems(lesson)


def test_magic_and_commands_of_the_shell_are_no_errors(lesson):
    lesson.cells[2].source += "\n%matplotlib inline\n!ls"
    assert structure_problems(lesson) == []


@pytest.mark.parametrize(
    ("output", "says"),
    [
        (v4.new_output("error", ename="E", evalue="e", traceback=[]), "failed"),
        (v4.new_output("stream", name="stderr", text="Warning"), "wrote to standard error"),
        (v4.new_output("stream", text="<object at 0x7f66aa10>"), "an address in memory"),
        (v4.new_output("stream", text="/home/ada/lessons"), "a path of the machine"),
        (v4.new_output("stream", text="x" * 1_600_000), "it has 1.6 MB, and 1.5 at most"),
    ],
)
def test_what_a_run_must_not_leave_is_told(lesson, output, says):
    lesson.cells[2].outputs = [output]
    (problem,) = run_problems(lesson)
    assert says in problem


def test_a_cell_that_was_not_run_is_named(lesson):
    lesson.cells[2].execution_count = None
    assert run_problems(lesson) == [f"the cell that begins with {QUIZ!r} was not run"]


def test_places_that_the_skeleton_left_are_counted(lesson):
    lesson.cells[2].source = "# TODO: one\n# TODO: two"
    assert places_to_write(lesson) == 2


CONTROLS = ["from tlnb.controls import Panel\n\nmine = Panel(3)", "mine.value"]


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ([["control"], ["control"]], []),
        ([[], []], []),
        ([["control"], []], ["'mine' is made in a cell tagged 'control' and used in one that is not"]),
    ],
    ids=["controls among themselves", "plain code", "a control that reaches the evidence"],
)
def test_what_a_control_makes_stays_among_controls(lesson, tags, says):
    for place, (source, own) in enumerate(zip(CONTROLS, tags, strict=True), 3):
        lesson.cells.insert(place, v4.new_code_cell(source, metadata={"tags": own}))
    assert structure_problems(lesson) == says


def test_a_name_that_is_given_a_value_anew_is_no_longer_a_controls(lesson):
    lesson.cells.insert(3, v4.new_code_cell(CONTROLS[0], metadata={"tags": ["control"]}))
    lesson.cells.insert(4, v4.new_code_cell("mine = 2\nmine + 1"))
    lesson.cells.insert(5, v4.new_code_cell("mine"))
    assert structure_problems(lesson) == []
