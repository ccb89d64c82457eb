"""The controls in a real JupyterLab, on a small made-up set of images."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
SETUP = """import torch, tlnb
from tlnb.controls import TryRecipe, quiz
labels = torch.arange(80) % 2
pixels = torch.randint(0, 100, (80, 3, 32, 32)) + 120 * labels[:, None, None, None]
images = tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "bright"])
model = tlnb.create_model("resnet10t", images, weights="random")"""
QUIZ = """quiz("What does `requires_grad = False` stop?", {
    "The weights": "",
    "Everything, also the running statistics of batch normalisation, in whatever mode it is": "They still move.",
}, correct="The weights", why="Only gradients stop.")"""
PANEL = "panel = TryRecipe(model, images, tlnb.Recipe(epochs=2, batch_size=8), baseline=0.9)\npanel"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    v4 = nbformat.v4
    path = tmp_path / "controls.ipynb"
    cells = [v4.new_code_cell(source) for source in (SETUP, QUIZ, PANEL)]
    nbformat.write(v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)
    return path


def test_the_quiz_answers_and_the_panel_trains(open_notebook, notebook):
    lab = open_notebook(notebook)
    lab.run_all(seconds=60)
    lab.wait_until_done()
    page = lab.page

    answers = page.locator(".tlnb-quiz label")
    answers.filter(has_text="Everything, also").click()
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator(".tlnb-reply", has_text="They still move.").wait_for()
    answers.filter(has_text="The weights").click()
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator(".tlnb-reply", has_text="Only gradients stop.").wait_for()

    start = page.locator("button.widget-button", has_text="Start")
    start.click()
    page.get_by_role("cell", name="done").wait_for()
    assert page.locator("img.widget-image").evaluate("image => image.naturalWidth") > 300

    page.get_by_label("What trains").select_option("full")
    start.click()
    page.get_by_role("cell", name="run 2").wait_for()
    page.get_by_role("cell", name="done").nth(1).wait_for()
    lab.picture("controls")
    assert lab.errors() == []
