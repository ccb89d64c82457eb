"""The pages of the documentation say what is so: their code runs, from top to bottom."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "training.md"


@pytest.mark.slow
@pytest.mark.parametrize("page", ["training.md", "controls.md"])
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    pieces = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S)
    assert len(pieces) > 5
    for piece in pieces:
        exec(compile(piece, page, "exec"), names)


def test_the_page_names_all_schedules_and_all_ways_to_store():
    from tlnb.training import SCHEDULES
    from tlnb.training.recipe.checks import CHOICES

    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in SCHEDULES)
    assert all(f'"{name}"' in text for name in CHOICES["store"])
