"""A lesson as a learner meets it: opened in JupyterLab, run, and steered by hand."""

from __future__ import annotations

import pytest

from tlnb.course.lessons import all_lessons

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

STEERED_BY = {"3.2": "LearningRates", "3.3": "AugmentationPreview"}  # the others by the freeze map


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.id)
def test_a_learner_runs_the_lesson_and_tries_a_recipe(open_notebook, lesson):
    lab = open_notebook(lesson.path)
    lab.run_all(seconds=300)
    lab.wait_until_done()
    assert lab.errors() == []
    assert any("image/png" in output.get("data", {}) for cell in lab.outputs() for output in cell)

    control = STEERED_BY.get(lesson.id, "FreezeMap")
    lab.show(f"{control}(")
    if control == "FreezeMap":
        lab.page.locator(".tlnb-freeze-map").get_by_role("button", name="Probe").click()
    lab.picture("control")
    lab.show("TrainingMonitor(")
    monitor = lab.page.locator(".tlnb-training-monitor")
    monitor.get_by_role("button", name="Start").click()
    monitor.get_by_text("has finished").first.wait_for()
    lab.picture("lesson")
