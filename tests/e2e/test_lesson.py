"""A lesson as a learner meets it: opened in JupyterLab, run, and steered by hand."""

from __future__ import annotations

import pytest

from tlnb.course.lessons import all_lessons

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

MONITORED = ("0.0", "3.1", "3.2")  # the others have the smaller panel, until they have controls of their own


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.id)
def test_a_learner_runs_the_lesson_and_tries_a_recipe(open_notebook, lesson):
    lab = open_notebook(lesson.path)
    lab.run_all(seconds=300)
    lab.wait_until_done()
    assert lab.errors() == []
    assert any("image/png" in output.get("data", {}) for cell in lab.outputs() for output in cell)

    if lesson.id in MONITORED:
        lab.show("FreezeMap(" if lesson.id != "3.2" else "LearningRates(")
        if lesson.id != "3.2":
            lab.page.locator(".tlnb-freeze-map").get_by_role("button", name="Probe").click()
        lab.picture("controls")
        lab.show("TrainingMonitor(")
        monitor = lab.page.locator(".tlnb-training-monitor")
        monitor.get_by_role("button", name="Start").click()
        monitor.get_by_text("has finished").first.wait_for()
    else:
        lab.show("TryRecipe(")
        lab.page.get_by_label("What trains").select_option("probe")
        lab.page.locator("button.widget-button", has_text="Start").click()
        lab.page.get_by_role("cell", name="done").wait_for()
        assert lab.page.get_by_role("cell", name="run 1").is_visible()
    lab.picture("lesson")
