"""A lesson as a learner meets it: opened in JupyterLab, run, and steered by hand."""

from __future__ import annotations

import pytest

from tlnb.course.lessons import all_lessons

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.id)
def test_a_learner_can_run_the_lesson_in_a_browser(open_notebook, lesson):
    lab = open_notebook(lesson.path)
    lab.run_all(seconds=240)
    lab.wait_until_done()
    assert lab.errors() == []
    assert any("image/png" in output.get("data", {}) for cell in lab.outputs() for output in cell)
    lab.picture("lesson")


def test_in_lesson_0_0_a_recipe_of_ones_own_is_trained_and_listed(open_notebook):
    (lesson,) = (lesson for lesson in all_lessons() if lesson.id == "0.0")
    lab = open_notebook(lesson.path)
    lab.run_all(seconds=240)
    lab.wait_until_done()
    start = lab.page.locator("button.widget-button", has_text="Start")
    start.scroll_into_view_if_needed()
    lab.page.get_by_label("What trains").select_option("probe")
    start.click()
    lab.page.get_by_role("cell", name="done").wait_for()
    lab.picture("own_turn")
    assert lab.page.get_by_role("cell", name="run 1").is_visible()
