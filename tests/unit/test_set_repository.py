"""One command changes every address of the repository; all of them agree with pyproject.toml."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tlnb.course.addresses import Repository, our_repository
from tlnb.course.lessons import all_lessons, lessons_folder
from tlnb.course.place_cells import with_places

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "set_repository.py"
HOLDERS = ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CITATION.cff", "docs", "notebooks", "binder")
PLACES = (
    r"https://colab\.research\.google\.com/github/([\w.-]+/[\w.-]+?)/blob/",
    r"https://mybinder\.org/(?:v2|badge)/gh/([\w.-]+/[\w.-]+?)[/)]",
    r"git\+https://github\.com/([\w.-]+/[\w-]+)",
    r"https://github\.com/([\w.-]+/(?:tlnb|learning))\b",
)


def texts(root):
    for name in HOLDERS:
        for path in sorted([root / name, *(root / name).rglob("*")]):
            if path.suffix in {".md", ".ipynb", ".toml", ".cff", ".json", ""} and path.is_file():
                yield path, path.read_text(encoding="utf-8")


def named(root):
    """Return which repositories the files name where they link to ours, and which files do."""
    found = {path: {one for place in PLACES for one in re.findall(place, text)} for path, text in texts(root)}
    return {path: names for path, names in found.items() if names}


def run(root, name):
    return subprocess.run([sys.executable, TOOL, name, "--root", root], capture_output=True, text=True)


@pytest.fixture
def checkout(tmp_path):
    """Copy what holds addresses."""
    for name in HOLDERS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.png"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, tmp_path / name)
    extra = (
        "[x](https://github.com/{0}) https://hub.example/git-pull?repo=https%3A%2F%2Fgithub.com%2F{1}%2F{2}&branch=main"
    )
    ours = our_repository()
    link = extra.format(f"{ours.owner}/{ours.name}", ours.owner, ours.name)
    other = f"https://github.com/{ours.owner}/{ours.name}-extras https://github.com/other/{ours.name}"
    (tmp_path / "docs" / "links.md").write_text(f"{link}\n{other}\n")
    return tmp_path


def test_all_addresses_in_the_repository_are_those_of_pyproject():
    ours = our_repository()
    assert {name for names in named(ROOT).values() for name in names} == {f"{ours.owner}/{ours.name}"}


def test_every_lesson_names_it():
    assert {lesson.path for lesson in all_lessons()} <= set(named(ROOT))


def test_one_command_changes_all_of_them(checkout):
    before = set(named(checkout))
    done = run(checkout, "ada/learning")
    assert done.returncode == 0, done.stderr
    assert 'Repository = "https://github.com/ada/learning"' in (checkout / "pyproject.toml").read_text()
    after = named(checkout)
    after.pop(checkout / "docs" / "links.md")
    assert set().union(*after.values()) == {"ada/learning"} and set(after) | {checkout / "docs" / "links.md"} == before


def test_links_of_others_stay_and_quoted_ones_change(checkout):
    ours = our_repository()
    run(checkout, "ada/learning")
    mine, others = (checkout / "docs" / "links.md").read_text().splitlines()
    assert "github.com/ada/learning)" in mine and "github.com%2Fada%2Flearning&branch" in mine
    assert others == f"https://github.com/{ours.owner}/{ours.name}-extras https://github.com/other/{ours.name}"


def test_the_notebooks_are_then_those_that_their_sources_give(checkout):
    run(checkout, "ada/learning")
    for lesson in all_lessons():
        name = lesson.path.relative_to(lessons_folder())
        notebook = json.loads((checkout / "notebooks" / name).read_text(encoding="utf-8"))
        wanted = with_places(notebook, f"notebooks/{name.as_posix()}", Repository("ada", "learning"))
        sources = [["".join(cell["source"]) for cell in one["cells"]] for one in (notebook, wanted)]
        assert sources[0] == sources[1]


def test_run_again_it_changes_nothing(checkout):
    run(checkout, "ada/learning")
    before = {path: path.stat().st_mtime_ns for path, _ in texts(checkout)}
    assert run(checkout, "ada/learning").stdout == "0 files changed\n"
    assert {path: path.stat().st_mtime_ns for path, _ in texts(checkout)} == before


def test_there_and_back_leaves_every_byte_as_it_was(checkout):
    before = dict(texts(checkout))
    ours = our_repository()
    run(checkout, "ada/learning")
    assert dict(texts(checkout)) != before
    run(checkout, f"{ours.owner}/{ours.name}")
    assert dict(texts(checkout)) == before


def test_what_was_stopped_halfway_goes_on(checkout):
    run(checkout, "ada/learning")
    old = our_repository().page
    pyproject = checkout / "pyproject.toml"  # the last file that is changed
    pyproject.write_text(pyproject.read_text().replace("https://github.com/ada/learning", old))
    assert run(checkout, "ada/learning").stdout == "changed: pyproject.toml\n1 files changed\n"


@pytest.mark.parametrize("name", ["tlnb", "https://github.com/ada/tlnb", "a/b/c", ""])
def test_what_is_no_repository_changes_nothing(checkout, name):
    before = dict(texts(checkout))
    done = run(checkout, name)
    assert done.returncode == 2 and "OWNER/NAME" in done.stderr
    assert dict(texts(checkout)) == before
