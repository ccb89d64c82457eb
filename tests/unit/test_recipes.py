"""What the recipes of CONTRIBUTING.md name is there, but for what they make."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from tlnb.cli import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### A new ([a-z ]+)\n\n(.*?)(?=^##)", PAGE, re.M | re.S))
QUOTED = {piece for text in RECIPES.values() for piece in re.findall(r"`([^`]+)`", text)}
WORDS = {word.strip("`.,;:()") for word in " ".join(QUOTED).split()}
PATHS = sorted(word for word in WORDS if "/" in word and not word.startswith((".venv", "http")))
MADE = re.compile(r"beat|entropy|leaves|5_1|05_01|05_feature")  # by who follows the recipe
# File -> names that the recipes say are in it.
NAMES = {
    "tlnb/controls/__init__.py": ("_HOMES", "__all__"),
    "tlnb/controls/control.py": ("class Control", "bundle_name", "def _state", "def _says", "def _picture", "_do_"),
    "tlnb/controls/recipe_control.py": ("class RecipeControl",),
    "widgets/shared/frame.ts": ("export class Frame",),
    "widgets/shared/channel.ts": ("export class Channel", "  do("),
    "widgets/shared/fake_host.ts": ("export class FakeHost",),
    "tests/unit/controls/monitored.py": ("def shown(",),
    "tests/e2e/lab_page.py": ("def opened_at_its_end(",),
    "tlnb/data/online/sets.toml": ("[hymenoptera]", 'layout = "train_valid_folders"'),
    "tlnb/data/online/parsers.py": ("_PARTS",),
    "tlnb/data/catalogue.py": ('name="elpv"', "find=", "describe="),
    "tlnb/methods/coral.py": ("SETTINGS", "TargetMethod", "declared", "def _loss("),
    "tlnb/methods/tent.py": ("SETTINGS", "def start(", "def forward("),
    "tlnb/training/method.py": ("class MethodTraining", "class MethodStep"),
    "tlnb/course/skeleton_lesson.py.j2": ("NotRun", "TODO"),
}


def test_there_is_a_recipe_for_each_thing_and_none_is_longer_than_ten_steps():
    assert set(RECIPES) == {"lesson", "control", "data set", "method"}
    for text in RECIPES.values():
        assert 3 < len(re.findall(r"^\d+\. ", text, re.M)) <= 10


@pytest.mark.parametrize("path", [path for path in PATHS if not MADE.search(path)])
def test_a_path_of_the_recipes_is_there(path):
    assert (ROOT / path).exists()


def test_paths_were_found():
    assert "tlnb/data/online/sets.toml" in PATHS and len(PATHS) > 15


@pytest.mark.parametrize("path", [path for path in PATHS if MADE.search(path)])
def test_what_a_recipe_makes_is_not_there_and_its_folder_is(path):
    place = ROOT / path
    assert not place.exists(), "the recipe names something that is there by now: take another example"
    folder = place if path.endswith("/") else place.parent
    assert folder.exists() or MADE.search(folder.name)


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in NAMES.items() for name in names])
def test_a_name_of_the_recipes_is_in_its_file(path, name):
    assert name in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(piece for piece in QUOTED if piece.startswith("tlnb ")))
def test_a_command_of_the_recipes_has_these_options(command):
    words, found = shlex.split(command)[1:], typer.main.get_command(app)
    while words and words[0] in getattr(found, "commands", {}):
        found = found.commands[words.pop(0)]
    assert words is not None and not hasattr(found, "commands")
    found.make_context(command, words, resilient_parsing=False)
