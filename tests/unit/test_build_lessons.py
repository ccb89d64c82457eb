from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

TOOL = Path(__file__).parents[2] / "tools" / "build_lessons.py"
SOURCE = """# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: tlnb
#   tlnb:
#     lesson: "1.1"
#     title: Small
#     minutes: 5
# ---

# %% [markdown]
# # 1.1 Small

# %% tags=["parameters"]
profile = "quick"

# %%
import ipywidgets
import time
print(profile)
ipywidgets.IntSlider()
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("built") / "01_small.py"
    path.write_text(SOURCE)
    assert build(path).returncode == 0
    return path


@pytest.fixture
def source(built, tmp_path):
    """Copy the built lesson, to be changed at will."""
    return Path(shutil.copytree(built.parent, tmp_path / "lessons")) / built.name


def build(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(TOOL), str(path), *options], capture_output=True, text=True)


def notebook(source: Path) -> nbformat.NotebookNode:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def change(source: Path, old: str, new: str) -> None:
    assert old in source.read_text()
    source.write_text(source.read_text().replace(old, new))


def test_the_notebook_is_executed_and_holds_no_trace_of_the_run(source):
    made = notebook(source)
    assert made.cells[2].outputs[0].text == "quick\n"
    assert set(made.metadata) == {"kernelspec", "tlnb"}
    assert [set(cell.metadata) for cell in made.cells] == [set(), {"tags"}, set()]
    assert "widget-view" not in source.with_suffix(".ipynb").read_text()


def test_nothing_is_written_when_nothing_changed(source):
    before = source.with_suffix(".ipynb").stat().st_mtime_ns
    assert "up to date" in build(source).stdout
    assert source.with_suffix(".ipynb").stat().st_mtime_ns == before


def test_changed_text_keeps_the_outputs(source):
    made = notebook(source)
    made.cells[2].outputs[0].text = "from before\n"
    nbformat.write(made, source.with_suffix(".ipynb"))
    change(source, "# # 1.1 Small", "# # 1.1 Small but new")
    assert "text changed" in build(source).stdout
    assert notebook(source).cells[0].source == "# 1.1 Small but new"
    assert notebook(source).cells[2].outputs[0].text == "from before\n"


@pytest.mark.slow
def test_changed_code_is_executed(source):
    change(source, "print(profile)", "print('other')")
    build(source)
    assert notebook(source).cells[2].outputs[0].text == "other\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [("print(profile)", "print(1)"), ("# # 1.1 Small", "# # 1.1"), ("minutes: 5", "minutes: 6")],
)
def test_check_fails_on_a_stale_notebook_and_writes_nothing(source, old, new):
    assert build(source, "--check").returncode == 0
    before = source.with_suffix(".ipynb").read_bytes()
    change(source, old, new)
    assert build(source, "--check").returncode == 1
    assert source.with_suffix(".ipynb").read_bytes() == before


@pytest.mark.slow
def test_a_lesson_that_fails_is_not_written(source):
    before = source.with_suffix(".ipynb").read_bytes()
    change(source, "print(profile)", "1 / 0")
    done = build(source)
    assert done.returncode == 1 and "ZeroDivisionError" in done.stdout
    assert source.with_suffix(".ipynb").read_bytes() == before
