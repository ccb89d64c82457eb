"""The pages of the documentation say what is so: their code runs, from top to bottom."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "training.md"


def code_of(page):
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)


def run_code_of(page):
    names: dict[str, object] = {}
    for piece in code_of(page):
        exec(compile(piece, page, "exec"), names)
    return names


@pytest.mark.slow
@pytest.mark.parametrize("page", ["docs/training.md", "docs/controls.md"])
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(code_of(page)) > 5
    run_code_of(page)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/your_own_images.md"])
def test_the_code_for_your_own_images_runs_beside_a_folder_of_them(page, tmp_path, make_folder, monkeypatch):
    make_folder("my_photos", classes=("blue", "red"), per_class=16)
    monkeypatch.chdir(tmp_path)
    assert code_of(page)
    names = run_code_of(page)
    assert "AUC" in repr(names["run"]) or "accuracy" in repr(names["run"])


def test_the_page_names_all_schedules_and_all_ways_to_store():
    from tlnb.training import SCHEDULES
    from tlnb.training.recipe.checks import CHOICES

    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in SCHEDULES)
    assert all(f'"{name}"' in text for name in CHOICES["store"])
