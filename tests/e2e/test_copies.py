"""A learner's copy in JupyterLab: the solution is folded away, and what JupyterLab saves is told from work."""

from __future__ import annotations

import nbformat
import pytest

from tlnb.course.copying import copy_lessons

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RUN_LAST = """async () => {
  const { commands, shell } = window.jupyterapp, notebook = shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.length - 1;
  await commands.execute('notebook:run-cell-and-select-next');
}"""
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"


@pytest.fixture
def course(tmp_path):
    """Write a package of one small lesson whose last cells are a check and its solution."""
    v4 = nbformat.v4
    cells = [
        v4.new_markdown_cell("# 0.0 Small"),
        v4.new_code_cell("from tlnb.course import check\n\nmy_recipe = ..."),
        v4.new_code_cell('check("0.0.a", my_recipe)'),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"lesson": "0.0", "title": "Small", "minutes": 5}
    notebook = v4.new_notebook(cells=cells, metadata={"tlnb": about, "kernelspec": kernel})
    (tmp_path / "course").mkdir()
    nbformat.write(notebook, tmp_path / "course" / "small.ipynb")
    return tmp_path / "course"


@pytest.fixture
def opened(open_notebook, course, tmp_path, lab_folder):
    """Open the learner's copy; return the page, and what copying finds once JupyterLab has saved it."""
    copied = copy_lessons(tmp_path / "mine", course)
    lab = open_notebook(copied.lessons[0].path)

    def save_and_copy_again():
        before = (lab_folder / "small.ipynb").read_bytes()
        lab.page.evaluate(SAVE)
        saved = lab_folder / "small.ipynb"
        assert saved.read_bytes() != before
        copied.lessons[0].path.write_bytes(saved.read_bytes())
        notebook = nbformat.read(course / "small.ipynb", as_version=4)
        notebook.cells[0].source = "# 0.0 Small, corrected"
        nbformat.write(notebook, course / "small.ipynb")
        return copy_lessons(tmp_path / "mine", course).lessons[0].what

    return lab, save_and_copy_again


def test_the_solution_is_folded_away_until_it_is_asked_for(opened):
    page = opened[0].page
    code = page.locator("details code", has_text="rate_ratio=0.1, epochs=3")
    code.wait_for(state="attached")
    assert not code.is_visible()
    page.locator("summary", has_text="One solution of exercise 0.0.a").click()
    code.wait_for(state="visible")
    opened[0].picture("solution")


def test_a_lesson_that_was_run_to_its_end_and_saved_is_still_brought_up_to_date(opened):
    lab, save_and_copy_again = opened
    lab.run_all(seconds=60)
    lab.wait_until_done()
    lab.page.evaluate(RUN_LAST)
    assert save_and_copy_again() == "updated"


def test_a_lesson_that_was_worked_on_and_saved_is_kept(opened):
    lab, save_and_copy_again = opened
    lab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.model.cells.get(1).sharedModel.source += '\\n1' }")
    assert save_and_copy_again() == "beside"
