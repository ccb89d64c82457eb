"""The training monitor in a real JupyterLab: buttons that steer a training, and a recipe that does so from a cell."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from lab_page import NOTEBOOK
from monitored_page import CONTROL, MONITOR, SETUP, Monitored

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@pytest.fixture
def monitored(open_notebook, tmp_path):
    def open_it(*cells: str, monitor: str = MONITOR) -> Monitored:
        v4 = nbformat.v4
        path: Path = tmp_path / "monitor.ipynb"
        made = [v4.new_code_cell(source) for source in (SETUP, monitor, *cells)]
        nbformat.write(v4.new_notebook(cells=made, metadata={"kernelspec": KERNEL}), path)
        found = Monitored(open_notebook(path))
        found.page.set_default_timeout(60_000)
        found.run(0)
        found.run(1)
        found.control.wait_for()
        return found

    return open_it


TIMED = """times, stop = {}, monitor.stop
def timed_stop():
    times["asked"] = time.monotonic()
    stop()
monitor.stop = timed_stop
monitor.on_end(lambda run: times.update(ended=time.monotonic()))"""
STOPPED = """import json
run = monitor.run.result()
late = times["ended"] - times["asked"]
print(json.dumps({"stopped": run.stopped, "late": late, "step": run.cost.seconds / len(run.losses)}))"""
LOOK = """network = monitor.run.events[0].model
def look():
    return {name: value.clone() for name, value in network.state_dict().items()}
before = look()"""
MOVED = """after = look()
moved = {name for name in after if not torch.equal(before[name], after[name])}
print([group.name for group in tlnb.layer_groups(network) if moved & set(group.parameters)])
before = after"""


def test_a_run_is_started_paused_stepped_thawed_and_stopped(monitored):
    m = monitored(LOOK, MOVED, "shared.change(trainable=1)", "shared.undo()", TIMED, STOPPED)
    m.button("▶ Start").click()
    m.wait_for_step(20)
    before = len(m.control.locator(".tlnb-train").get_attribute("d"))
    longer = f"before => document.querySelector('{CONTROL} .tlnb-train').getAttribute('d').length > before + 200"
    m.page.wait_for_function(longer, arg=before)

    m.button("‖ Pause").click()
    m.button("▶ Go on").wait_for()
    m.page.wait_for_timeout(300)
    at = m.step()
    m.page.wait_for_timeout(500)
    assert m.step() == at and "is paused" in m.control.locator(".tlnb-says").first.inner_text()
    m.run(2)
    m.button("→ One step").click()
    m.wait_for_step(at + 1)
    assert m.run(3) == "['head']"

    m.run(4)  # thaw, from a cell
    m.button("→ One step").click()
    m.wait_for_step(at + 2)
    m.control.locator("svg").get_by_text("▲ thaw stage4").wait_for()
    assert m.step() == at + 2 and m.run(3) == "['stage4', 'head']"

    m.run(5)  # undo
    m.button("→ One step").click()
    m.wait_for_step(at + 3)
    m.control.locator("svg").get_by_text("❄ freeze stage4").wait_for()
    assert m.run(3) == "['head']"

    m.button("▶ Go on").click()
    m.wait_for_step(at + 20)
    m.run(6)
    m.button("■ Stop").click()
    m.button("▶ Start again").wait_for()
    m.page.get_by_text("was stopped after").first.wait_for()
    ended = json.loads(m.run(7))
    assert (
        ended["stopped"] == "stopped" and ended["late"] <= ended["step"] + 0.1 + 0.2
    )  # 0.2: others have the cores too
    assert m.lab.errors() == []


def test_a_cell_that_awaits_leaves_the_buttons_alive(monitored):
    m = monitored("run = await monitor.run\nprint(run.stopped)", "print(monitor)")
    m.button("▶ Start").click()
    m.wait_for_step(5)
    m.run(2, wait=False)
    m.wait_for_step(30)
    m.button("‖ Pause").click()
    m.button("▶ Go on").click()
    m.wait_for_step(m.step() + 10)
    m.button("■ Stop").click()
    assert m.done(2) == "stopped"
    assert m.run(3) == "TrainingMonitor('seen', metric='AUC', runs=1)"


def test_the_kernels_stop_button_ends_a_run_that_a_click_has_begun(monitored):
    m = monitored("print(monitor.run)")
    m.button("▶ Start").click()
    m.wait_for_step(5)
    m.page.wait_for_timeout(1000)
    m.page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    m.page.get_by_text("was stopped after").first.wait_for()
    assert m.run(2) == "<BackgroundRun 'seen': stopped>"


def test_two_views_follow_one_run_and_a_late_one_sees_all_of_it(monitored):
    m = monitored("monitor")
    m.button("▶ Start").click()
    m.wait_for_step(30)
    m.run(2)
    second = m.page.locator(CONTROL).nth(1)
    second.get_by_role("button", name="‖ Pause", exact=True).click()
    m.button("▶ Go on").wait_for()
    second.get_by_role("button", name="▶ Go on", exact=True).wait_for()
    m.page.wait_for_timeout(500)
    drawn = [view.locator(".tlnb-train").get_attribute("d") for view in (m.control, second)]
    assert drawn[0] == drawn[1] and drawn[0].count("L") >= 25
    m.button("■ Stop").click()


def test_the_curve_that_one_expects_is_drawn_and_compared(monitored):
    few = MONITOR.replace("monitor =", "shared.change(epochs=4)\nmonitor =")
    m = monitored("print(monitor.expected)", monitor=few)
    box = m.control.locator("svg").bounding_box()
    left, top = box["x"], box["y"]
    m.page.mouse.move(left + 130, top + 290)
    m.page.mouse.down()
    m.page.mouse.move(left + box["width"] - 110, top + 230, steps=15)
    m.page.mouse.up()
    assert m.control.locator(".tlnb-diamond").count() == 4
    m.control.get_by_text("Draw the curve you expect").click()
    last = m.control.get_by_label("AUC that you expect after epoch 4")
    last.focus()
    for _ in range(200):
        last.press("ArrowLeft")
    last.press("ArrowRight")
    m.page.wait_for_timeout(300)
    expected = eval(m.run(2))
    assert set(expected) == {1, 2, 3, 4} and expected[4] == 0.01 and 0.4 < expected[1] < expected[3] <= 1
    m.button("▶ Start").click()
    m.control.get_by_text("You expected an AUC of 0.01 after epoch 4; it came to").wait_for()


def test_what_is_opened_below_is_filled(monitored):
    m = monitored()
    m.button("▶ Start").click()
    m.wait_for_step(30)
    for name in (
        "How much a step changes",
        "The worst validation",
        "Which classes are",
        "The numbers by",
        "The plain PyTorch",
    ):
        m.control.get_by_text(name).click()
    m.page.wait_for_function(
        f"""() => {{
            const images = [...document.querySelectorAll('{CONTROL} .tlnb-worst img')];
            return images.length === 8 && images.every(image => image.complete && image.naturalWidth > 0);
        }}"""
    )
    m.control.get_by_role("region", name="Confusion matrix").get_by_role("columnheader", name="bright").wait_for()
    m.control.get_by_text("✎ trains").wait_for()
    m.control.get_by_text("There is no script for this recipe").wait_for()
    slider = m.control.get_by_label("Epoch of the confusion matrix")
    slider.press("Home")
    m.control.get_by_text("After epoch 1,", exact=False).first.wait_for()
    m.button("■ Stop").click()


def test_a_kernel_that_was_restarted_is_told_of(monitored):
    m = monitored()
    m.button("▶ Start").click()
    m.wait_for_step(5)
    m.lab.restart_kernel()
    m.page.wait_for_timeout(3000)
    m.button("‖ Pause").click()
    m.control.get_by_text("The kernel does not answer").wait_for()


def test_a_saved_notebook_stays_small(monitored):
    m = monitored("monitor", "monitor")
    m.button("▶ Start").click()
    m.wait_for_step(100)
    m.run(2)
    m.run(3)
    m.button("■ Stop").click()
    size = m.page.evaluate(f"() => JSON.stringify({NOTEBOOK}.context.model.toJSON()).length")
    assert size < 300_000
    state = m.page.evaluate(f"() => JSON.stringify({NOTEBOOK}.context.model.toJSON().metadata).length")
    assert state < 20_000


AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_it_is_read_in_both_themes_and_narrow_and_axe_finds_nothing(monitored, theme):
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci in widgets/")
    m = monitored("shared.change(trainable=1)")
    m.page.set_viewport_size({"width": 1200, "height": 2600})
    m.theme(theme)
    m.button("▶ Start").click()
    m.wait_for_step(30)
    m.run(2)
    m.wait_for_step(60)
    m.button("‖ Pause").click()
    m.button("▶ Go on").wait_for()
    for summary in m.control.locator("summary").all():
        summary.click()
    m.page.wait_for_timeout(1500)
    m.control.screenshot(path=m.lab.pictures / "wide.png")
    m.page.add_script_tag(path=str(AXE))
    found = m.page.evaluate(f"() => axe.run(document.querySelector('{CONTROL}')).then(result => result.violations)")
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []

    m.page.set_viewport_size({"width": 870, "height": 2600})
    m.page.wait_for_timeout(800)
    width, inner = m.control.evaluate("one => [one.clientWidth, one.scrollWidth]")
    assert width <= 505 and inner <= width
    small = m.control.evaluate(
        """one => [...one.querySelectorAll('button, summary, input')].filter(part => part.offsetParent !== null)
        .filter(part => part.getBoundingClientRect().height < 43.5).map(part => part.outerHTML.slice(0, 80))"""
    )
    assert small == []
    m.control.screenshot(path=m.lab.pictures / "narrow.png")
    m.button("■ Stop").click()
