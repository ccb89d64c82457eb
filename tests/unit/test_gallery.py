"""The gallery shows every set that works offline, with its attribution, and its code runs."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from PIL import Image

from tlnb.data import all_sets
from tlnb.data.online.entries import online_entries

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "gallery.md"


@pytest.fixture
def tool(monkeypatch):
    spec = importlib.util.spec_from_file_location("build_gallery", ROOT / "tools" / "build_gallery.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def text():
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_page_says_what_the_cards_say(tool, text):
    assert text == tool.page(), "stale: run  python tools/build_gallery.py"


def test_every_set_that_works_offline_is_shown(tool):
    online = {entry["name"] for entry in online_entries()}
    offline = {entry.name for entry in all_sets()} - online
    assert offline | {"scenes", "nuclei", "clips"} <= {piece.name for piece in tool.pieces()}


def test_every_picture_is_there_and_shown_once(text):
    shown = re.findall(r"!\[.+\]\((.+)\)", text)
    assert sorted(shown) == sorted(f"gallery/{file.name}" for file in (PAGE.parent / "gallery").iterdir())
    for name in shown:
        with Image.open(PAGE.parent / name) as image:
            assert image.width == 770 and image.convert("L").getextrema() != (255, 255)


def test_an_attribution_stands_under_every_picture(text):
    for section in text.split("\n## ")[1:]:
        under = section.split("\n\n")[2]
        assert re.search(r"CC|MIT|BSD|Apache|public domain", under), under


@pytest.mark.slow
def test_the_code_of_the_page_runs(text):
    blocks = re.findall(r"```python\n(.+?)```", text, re.DOTALL)
    assert len(blocks) == text.count("\n## ")
    for block in blocks:
        exec(compile(block, "docs/gallery.md", "exec"), {})
