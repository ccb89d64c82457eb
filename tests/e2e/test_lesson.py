"""A lesson as a learner meets it: opened in JupyterLab, run, and steered by hand."""

from __future__ import annotations

import pytest

from tlnb.course.lessons import all_lessons

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

CONTROLS = {  # what a learner sets, as Python names it and as the page does
    "AugmentationPreview": ".tlnb-augmentation-preview",
    "FeatureExplorer": ".tlnb-feature-explorer",
    "FreezeMap": ".tlnb-freeze-map",
    "LearningRates": ".tlnb-learning-rates",
    "MethodControls": ".tlnb-method-controls",
}
STEERED = "print(sum(e.kind == 'steered' and e.action == 'set' for e in monitor.run.events) > 0)"


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.id)
def test_a_learner_runs_the_lesson_and_steers_it_by_hand(open_notebook, lesson):
    lab = open_notebook(lesson.path)
    lab.run_all(seconds=300)
    lab.wait_until_done()
    assert lab.errors() == []
    assert any("image/png" in output.get("data", {}) for cell in lab.outputs() for output in cell)

    code = lesson.path.read_text(encoding="utf-8")
    there = [control for control in CONTROLS if f"{control}(" in code]
    assert there
    for control in there:
        lab.show(f"{control}(")
        shown = lab.page.locator(CONTROLS[control]).first
        shown.wait_for()
        if control == "FreezeMap":
            shown.get_by_role("button", name="Probe").click()
        lab.picture(control)
    if "TrainingMonitor(" in code:
        _train(lab, by_method="MethodControls" in there)


def _train(lab, by_method: bool) -> None:
    """Start the monitor's training, turn a method's first setting while it goes, and wait until it has finished."""
    lab.show("MethodControls(" if by_method else "TrainingMonitor(")
    monitor = lab.page.locator(".tlnb-training-monitor")
    monitor.get_by_role("button", name="Start").click()
    if by_method:
        lab.wait_for("print(bool(monitor.run) and monitor._watch.history.step > 2)", "True", 60)
        slider = lab.page.locator(".tlnb-method-controls").get_by_role("slider").first
        slider.focus()
        slider.press("ArrowLeft")
        lab.wait_for(STEERED, "True", 60)
    monitor.get_by_text("has finished").first.wait_for()
    lab.picture("lesson")
