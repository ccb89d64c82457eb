"""The controls where they also have to work: in the oldest JupyterLab that tlnb promises, and in Notebook 7."""

from __future__ import annotations

import pytest
from lab_page import opened_at_its_end

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

SETUP = """import torch, tlnb
from tlnb.controls import FreezeMap, LearningRates, SharedRecipe, TrainingMonitor
labels = torch.arange(160) % 2
pixels = torch.randint(0, 160, (160, 3, 32, 32)) + 60 * labels[:, None, None, None]
images = tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "bright"])
model = tlnb.create_model("resnet10t", images, weights="random")
shared = SharedRecipe(tlnb.Recipe(trainable="head", epochs=400, batch_size=8, schedule="constant"))"""
FROZEN = "frozen = FreezeMap(model, shared, images)\nfrozen"
RATES = "rates = LearningRates(model, shared, images)\nrates"
MONITOR = "monitor = TrainingMonitor(model, images, shared)\nmonitor"


@pytest.fixture
def host(open_elsewhere, tmp_path):
    """Open a notebook with all three controls on one recipe, run to its end."""
    return opened_at_its_end(open_elsewhere, tmp_path / "controls.ipynb", SETUP, FROZEN, RATES, MONITOR, height=3600)


def test_all_three_controls_are_drawn_dragged_typed_and_steer_a_run(host):
    block = lambda name: host.page.locator(".tlnb-block", has_text=name)  # noqa: E731
    first, last = (block(name).bounding_box() for name in ("stage4", "stage3"))
    host.page.mouse.move(first["x"] + 10, first["y"] + 20)
    host.page.mouse.down()
    host.page.mouse.move(last["x"] + 10, last["y"] + 20, steps=20)
    host.page.mouse.up()
    host.wait_for("print(shared.recipe.trainable)", "from stage3")
    block("stage3").focus()
    host.page.keyboard.press("ArrowLeft")  # an arrow that the host would take for itself
    host.page.keyboard.press("t")
    host.wait_for("print(shared.recipe.trainable)", "from stage2")
    host.page.keyboard.press("Control+z")
    host.wait_for("print(shared.recipe.trainable)", "from stage3")

    head = host.page.get_by_role("slider", name="head: peak learning rate").first
    box = head.bounding_box()
    host.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    host.page.mouse.down()
    host.page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2, steps=20)
    host.page.mouse.up()
    dragged = float(head.get_attribute("aria-valuetext").split()[1].rstrip(","))
    assert dragged != 0.001
    host.wait_for("print(shared.recipe.learning_rate)", f"{dragged:g}")
    number = host.page.locator("input[aria-label='head: peak learning rate']")
    number.fill("3e-3")
    number.press("Enter")
    host.wait_for("print(shared.recipe.learning_rate)", "0.003")

    monitor = host.page.locator(".tlnb-training-monitor").first
    monitor.get_by_role("button", name="▶ Start", exact=True).click()
    running = "css => Number(document.querySelector(css + ' .tlnb-now')?.textContent.split(' ')[1]) >= 20"
    host.page.wait_for_function(running, arg=".tlnb-training-monitor")
    block("stage3").click()  # trains, then with fixed statistics, then frozen
    block("stage3").click()
    host.wait_for("print(shared.recipe.trainable)", "from stage4")
    monitor.locator("svg").get_by_text("❄ freeze stage3").wait_for()
    host.picture("all_three")
    monitor.get_by_role("button", name="■ Stop", exact=True).click()
    host.page.get_by_text("was stopped after").first.wait_for()
    assert host.ask("print(monitor.run.result().stopped)") == "stopped"
    assert host.errors() == []
