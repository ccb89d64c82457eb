from __future__ import annotations

import nbformat
import pytest
from small_lessons import write_lesson

from tlnb.course.code import code_digest, own_parameters

CODE = "total = 0\nfor i in range(3):\n    total += i  # count\nprint(f'{total:>4} in all')"


@pytest.fixture
def digest(tmp_path):
    """Digest a small lesson of these cells."""
    return lambda *cells: code_digest(write_lesson(tmp_path, "1.1", *cells))


@pytest.mark.parametrize(
    "same",
    [
        "total = 0\n\n\nfor i in range(3):\n    total += i\nprint(f'{total:>4} in all')",
        'total=0\nfor i in range( 3 ):\n  total+=i\nprint(\n    f"{total:>4} in all",\n)',
        "# What is it?\n" + CODE,
    ],
    ids=["blank lines and comments", "formatting", "a comment first"],
)
def test_how_code_is_written_does_not_count(digest, same):
    first, other = digest("1 + 1", CODE), digest("1 + 1", f"\n{same}")
    assert first == other


@pytest.mark.parametrize(
    "other",
    [CODE.replace("range(3)", "range(4)"), CODE.replace("+=", "-="), CODE.replace("in all", "in sum"), CODE + "\n1"],
)
def test_what_code_does_counts(digest, other):
    assert digest(CODE) != digest(other)


def test_the_order_of_cells_counts_and_where_they_are_divided(digest):
    assert len({digest("a = 1", "b = 2"), digest("b = 2", "a = 1"), digest("a = 1\nb = 2")}) == 3


def test_prose_does_not_count(digest):
    assert digest("# Text", CODE) == digest("# Another text", CODE) == digest(CODE)


@pytest.mark.parametrize(
    "quiz",
    [
        "quiz('What?', ['a', 'b'], correct='a', why='so')",
        "from tlnb.controls import quiz\n\nquiz('Or what?', {'a': '', 'b': 'no'}, correct='b', why='so')",
        "import tlnb\ntlnb.controls.quiz('What?', ['a', 'b'], correct='a', why='so')",
        "quiz.number('How many?', 3, 'so')",
        "tlnb.controls.quiz.order('Which first?', ['a', 'b'], 'so')",
        "guess = quiz.predict('How well?', 0, 1)\nguess",
        "guess.reveal(evidence.mean('auc'))",
    ],
)
def test_a_cell_that_only_asks_a_quiz_does_not_count(digest, quiz):
    assert digest(CODE, quiz) == digest(CODE)


def test_a_cell_that_is_there_for_the_learners_hand_does_not_count(tmp_path):
    path = write_lesson(tmp_path, "1.1", CODE)
    before = code_digest(path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("panel = 1", metadata={"tags": ["control"]}))
    nbformat.write(notebook, path)
    assert code_digest(path) == before
    notebook.cells[-1].metadata.tags = ["another"]
    nbformat.write(notebook, path)
    assert code_digest(path) != before


@pytest.mark.parametrize(
    "cell",
    [
        "x = 1\nquiz('What?', ['a', 'b'], correct='a', why='so')",
        "guess = quiz.predict('How well?', 0, 1)\nresult",
        "result = 3\nguess.reveal(result)",
        "guess = quiz.predict('How well?', 0, 1)\nfor x in result: x",
        "shown = guess.reveal(result)",
    ],
)
def test_a_quiz_beside_other_code_counts(digest, cell):
    assert digest(CODE, cell) != digest(CODE)


def test_values_of_the_parameters_count_but_not_those_that_papermill_injected(tmp_path):
    path = write_lesson(tmp_path, "1.1", CODE)
    before = code_digest(path)
    notebook = nbformat.read(path, as_version=4)
    injected = nbformat.v4.new_code_cell("profile = 'full'", metadata={"tags": ["injected-parameters"]})
    notebook.cells.insert(1, injected)
    nbformat.write(notebook, path)
    assert code_digest(path) == before
    notebook.cells[0].source = notebook.cells[0].source.replace("seed = 0", "seed = 1")
    nbformat.write(notebook, path)
    assert code_digest(path) != before


def test_magics_are_code_as_well(digest):
    assert digest("%matplotlib inline") != digest("%matplotlib widget")


def test_the_digest_is_the_same_on_every_python(digest):
    # Syntax trees differ between versions in what means nothing: this value is fixed for all of them.
    cells = "def f(x, *, y=None):\n    return {**x, 'z': (y, -1.5, b'b', ...)}", "class A:\n    pass", CODE
    assert digest(*cells)[:16] == "60ff5468abbf70ab"


def test_own_parameters_are_read_without_running_anything(tmp_path):
    path = write_lesson(tmp_path, "1.1", "profile = 'other'")
    assert own_parameters(path) == {"profile": "quick", "data": "elpv", "device": "auto", "seed": 0}
