"""What the pages on places tell people to type exists: commands with their options, files, pieces of Python."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tlnb.cli import app

ROOT = Path(__file__).parents[2]
PAGES = ("docs/places.md", "docs/classroom.md", "binder/save_your_work.md")
COMMANDS = [
    (page, command)
    for page in PAGES
    for command in sorted(set(re.findall(r"\btlnb ([a-z][^`#\n&]*)", (ROOT / page).read_text(encoding="utf-8"))))
    if command.split()[0] in typer.main.get_command(app).commands  # "tlnb asks for" is prose
]


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def test_commands_are_found_on_each_page():
    assert {page for page, _ in COMMANDS} == set(PAGES)


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_on_a_page_is_one_that_can_be_typed(page, command):
    words = shlex.split(command)
    options = [word for word in words if word.startswith("--")]
    done = CliRunner().invoke(app, [*words, "--help"], prog_name="tlnb", env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output  # 2 where there is no such command
    assert [option for option in options if option not in done.stdout] == []


def test_the_variables_that_are_named_are_read_somewhere():
    named = set(re.findall(r"\bTLNB_[A-Z_]+", "".join(map(read, PAGES))))
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tlnb" / "core").rglob("*.py"))
    assert named and not [name for name in named if f'"{name}"' not in source]


@pytest.mark.parametrize("page", ["docs/places.md", "docs/classroom.md"])
def test_files_that_a_page_links_to_are_there(page):
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", read(page))
    missing = [
        link for link in links if not (ROOT / "docs" / link).exists() and not (ROOT / "docs" / f"{link}.md").exists()
    ]
    assert missing == []


def test_the_python_of_the_classrooms_page_runs():
    (piece,) = [one for one in re.findall(r"```python\n(.*?)```", read("docs/classroom.md"), re.S) if "import" in one]
    names: dict[str, object] = {}
    exec(compile(piece, "classroom.md", "exec"), names)
