"""The skeleton of every lesson of the syllabus has what a lesson must have, and runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

import tlnb
from tlnb.core.syllabus import ClaimError, find_planned, syllabus
from tlnb.course.lessons import read_lesson
from tlnb.course.skeleton import SkeletonError, new_lesson
from tlnb.course.structure import places_to_write, run_problems, structure_problems
from tlnb.evaluation.claims.records import read_record

ROOT = Path(__file__).parents[3]
each_planned = pytest.mark.parametrize("planned", syllabus(), ids=lambda lesson: lesson.id)


@pytest.fixture(scope="module")
def skeletons(tmp_path_factory):
    """All lessons of the syllabus, begun in one folder."""
    root = tmp_path_factory.mktemp("checkout")
    return {lesson.id: new_lesson(lesson.id, root) for lesson in syllabus()}


@each_planned
def test_it_has_what_every_lesson_has(planned, skeletons):
    notebook = jupytext.read(skeletons[planned.id].source)
    assert structure_problems(notebook) == []
    assert places_to_write(notebook) > 5 * len(planned.claims)


@each_planned
def test_its_record_has_a_plan_for_each_claim_that_asks_nothing_yet(planned, skeletons):
    record = read_record(planned.id, skeletons[planned.id].record.parent)
    assert record.run is None and list(record.plans) == [claim.id for claim in planned.claims]
    assert {(plan.question, plan.tests) for plan in record.plans.values()} == {("", ())}


@each_planned
def test_its_code_is_python_that_assumes_nothing_of_its_place(planned, skeletons):
    for path in (skeletons[planned.id].source, skeletons[planned.id].answers):
        compile(path.read_text(encoding="utf-8"), str(path), "exec")


def test_all_of_them_are_formatted_and_without_a_complaint(skeletons):
    root = skeletons["1.1"].source.parents[2]
    shutil.copy(ROOT / "pyproject.toml", root)
    ruff = str(Path(sys.executable).with_name("ruff"))
    for words in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run([ruff, *words, "."], cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_syllabus_says_of_a_lesson_stands_in_it(skeletons):
    text = " ".join(skeletons["3.1"].source.read_text(encoding="utf-8").replace("\n# ", " ").replace("> ", "").split())
    lesson = find_planned("3.1")
    assert all(claim.says in text for claim in lesson.claims) and all(name in text for name in lesson.names)
    assert lesson.further[0] in text and "**Next:** lesson 3.2, Learning-rate strategies." in text


def test_files_have_the_names_that_the_course_looks_for(tmp_path):
    made = new_lesson("5.1", tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in made.files] == [
        "notebooks/05_feature_extraction/01_cnn_as_extractor.py",
        "tlnb/course/answers/lesson_5_1.py",
        "notebooks/records/05_01.json",
    ]
    assert json.loads(made.record.read_text(encoding="utf-8"))["plan"]["5.1.5"] == {"question": ""}


@pytest.mark.parametrize("which", [0, 1, 2])
def test_nothing_is_overwritten_and_nothing_written_where_a_file_is_there(tmp_path, which):
    path = new_lesson("5.1", tmp_path / "other").files[which]
    there = tmp_path / "root" / path.relative_to(tmp_path / "other")
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    with pytest.raises(SkeletonError, match=rf"begun already: .*{there.name}\. Nothing was written"):
        new_lesson("5.1", tmp_path / "root")
    assert [found for found in (tmp_path / "root").rglob("*") if found.is_file()] == [there]
    assert there.read_text() == "mine"


def test_a_lesson_of_that_number_under_another_name_counts_too(tmp_path):
    other = tmp_path / "notebooks" / "05_feature_extraction" / "01_extractors.ipynb"
    other.parent.mkdir(parents=True)
    other.write_text("{}")
    with pytest.raises(SkeletonError, match=r"01_extractors\.ipynb"):
        new_lesson("5.1", tmp_path)


@pytest.mark.parametrize("name", ["5.9", "0.0", "freezing", ""])
def test_a_lesson_that_the_syllabus_does_not_have_is_an_error(tmp_path, name):
    with pytest.raises(ClaimError, match=f"The syllabus has no lesson '{name}'"):
        new_lesson(name, tmp_path)
    assert not any(tmp_path.iterdir())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Copy the package, and begin lesson 5.1 in it."""
    root = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("__pycache__", "notebooks")
    shutil.copytree(Path(tlnb.__file__).parent, root / "tlnb", ignore=ignored)
    return root, new_lesson("5.1", root)


def in_checkout(root, *words, **variables):
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **variables},
        capture_output=True,
        text=True,
        timeout=400,
    )


@pytest.mark.slow
def test_its_exercise_passes_every_test_of_exercises(checkout):
    root, _ = checkout
    tests = shutil.copytree(ROOT / "tests" / "unit" / "course", root / "tests", dirs_exist_ok=True)
    shutil.copy(ROOT / "conftest.py", root / "conftest.py")
    done = in_checkout(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests / "test_checks.py", "-k", "5.1")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "passed" in done.stdout


@pytest.mark.slow
def test_it_runs_and_what_it_leaves_may_be_committed(checkout, make_folder, tmp_path):
    root, made = checkout
    source, target = tmp_path / "source.ipynb", made.source.with_suffix(".ipynb")
    notebook = jupytext.read(made.source)
    own = notebook.cells[1].source
    notebook.cells[1].source = own.replace('data = "elpv"', f"data = {str(make_folder(per_class=20))!r}")
    assert notebook.cells[1].source != own
    nbformat.write(notebook, source)
    code = (
        "import sys, pathlib; from tlnb.course.engine import execute\n"
        "done = execute(*map(pathlib.Path, sys.argv[1:]), {}); sys.exit(done.error)"
    )
    done = in_checkout(root, "-c", code, source, target, TLNB_HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr[-4000:]
    executed = nbformat.read(target, as_version=4)
    executed.cells[1].source = own
    for part in (executed, *executed.cells):  # as build_lessons.py does, which keeps outputs only
        part.metadata.pop("papermill", None)
    assert structure_problems(executed) == run_problems(executed) == []
    claims = json.loads((tmp_path / "home" / "claims" / "05_01.json").read_text(encoding="utf-8"))["claims"]
    assert {claim["verdict"] for claim in claims} == {"not_run"} and len(claims) == 5
    assert read_lesson(target).id == "5.1"
