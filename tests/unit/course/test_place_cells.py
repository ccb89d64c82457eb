"""The badge and the cell for Colab: where they stand in a lesson, and that they change nothing else in it."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest
from small_lessons import write_lesson

from tlnb.course.addresses import Repository
from tlnb.course.code import code_digest
from tlnb.course.lessons import all_lessons
from tlnb.course.place_cells import is_for_colab, place_problems, with_places, without_badge
from tlnb.course.structure import run_problems, structure_problems

OURS = Repository("ada", "lessons")
PATH = "notebooks/03_fine_tuning/01_freezing.ipynb"


@pytest.fixture
def plain(tmp_path):
    path = write_lesson(tmp_path, "3.1", "x = 1", title='On "freezing"')
    notebook = json.loads(path.read_text())
    opening = {"cell_type": "markdown", "id": "o", "metadata": {}, "source": ["# 3.1 On freezing\n", "\n", "We ask."]}
    notebook["cells"].insert(0, opening)
    return notebook


def test_the_badge_stands_under_the_title_and_says_what_the_lesson_takes(plain):
    title, empty, badge, _, text = with_places(plain, PATH, OURS)["cells"][0]["source"].split("\n")
    assert (title, empty, text) == ("# 3.1 On freezing", "", "We ask.")
    assert f"(https://colab.research.google.com/github/ada/lessons/blob/main/{PATH} " in badge
    assert badge.endswith("\"3.1 On 'freezing': 5 minutes to read, 2 seconds to compute on two cores\")")


def test_the_cell_stands_after_the_opening_folded_away(plain):
    cell = with_places(plain, PATH, OURS)["cells"][1]
    assert is_for_colab(cell) and cell["metadata"]["jupyter"] == {"source_hidden": True}
    assert '"tlnb @ git+https://github.com/ada/lessons"' in cell["source"] and "--no-deps" in cell["source"]


def test_to_put_them_in_again_changes_nothing_and_another_repository_only_them(plain):
    before = copy.deepcopy(plain)
    once = with_places(plain, PATH, OURS)
    assert plain == before
    assert with_places(once, PATH, OURS) == once
    moved = with_places(once, PATH, Repository("eve", "tlnb"))
    assert json.dumps(moved).replace("eve/tlnb", "ada/lessons") == json.dumps(once)


def test_taking_the_badge_out_gives_the_opening_as_it_was(plain):
    opening = with_places(plain, PATH, OURS)["cells"][0]["source"]
    assert without_badge(opening) == "".join(plain["cells"][0]["source"])


def test_the_digest_of_a_lessons_code_does_not_count_the_cell(plain, tmp_path):
    without, with_both = tmp_path / "without.ipynb", tmp_path / "with.ipynb"
    without.write_text(json.dumps(plain))
    with_both.write_text(json.dumps(with_places(plain, PATH, OURS)))
    assert code_digest(without) == code_digest(with_both)


def test_outside_of_colab_the_cell_runs_at_once_and_does_nothing(plain):
    source = with_places(plain, PATH, OURS)["cells"][1]["source"]
    script = (
        "import sys\nfrom IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell()\n"
        "before = set(sys.modules)\nresult = shell.run_cell(sys.stdin.read())\n"
        "print(result.success, sorted(m for m in set(sys.modules) - before if m.startswith(('tlnb', 'google', 'pip'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], input=source, capture_output=True, text=True)
    assert done.stdout == "True []\n", done.stdout + done.stderr


@pytest.mark.parametrize("place", [0, 1])
def test_a_lesson_without_one_of_them_is_told_so(place):
    lesson = all_lessons()[0]
    notebook = json.loads(lesson.path.read_text(encoding="utf-8"))
    assert place_problems(notebook, lesson.path) == []
    if place == 0:
        notebook["cells"][0]["source"] = without_badge("".join(notebook["cells"][0]["source"]))
    else:
        del notebook["cells"][1]
    (problem,) = place_problems(notebook, lesson.path)
    assert ("badge" if place == 0 else "the second cell") in problem


def test_a_learners_own_notebook_needs_neither(plain, tmp_path):
    assert place_problems(plain, tmp_path / "mine.ipynb") == []


def test_nothing_that_the_evidence_needs_may_come_from_the_cell():
    notebook = json.loads(all_lessons()[0].path.read_text(encoding="utf-8"))
    assert structure_problems(notebook) == run_problems(notebook) == []
    notebook["cells"][1]["source"] = "mine = 1"
    notebook["cells"][2]["source"] = "".join(notebook["cells"][2]["source"]) + "\nmine"
    assert structure_problems(notebook) == ["'mine' is made in a cell tagged 'colab' and used in one that is not"]
