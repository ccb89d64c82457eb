"""What a notebook stores of the monitor: next to no state, and a picture of the run, also where there is no page."""

from __future__ import annotations

import json

import nbformat
import pytest
from monitored import ran

import tlnb

RECIPE = tlnb.Recipe(epochs=6, batch_size=8, learning_rate=1e-2)


@pytest.fixture
def monitor(make):
    return make(RECIPE, baseline=0.9, name="page")


def test_its_state_in_a_notebook_is_next_to_nothing(monitor):
    ran(monitor)
    state = {name: value for name, value in monitor.get_state().items() if not name.startswith("_") or name == "_esm"}
    assert len(json.dumps(state)) < 3000


def test_the_picture_shows_the_run_and_is_drawn_without_pyplot(monitor):
    import sys

    monitor.expect([0.5, 0.6])
    assert monitor.picture().png()[1:4] == b"PNG"
    ran(monitor)
    ran(monitor)
    texts = [text.get_text() for axes in monitor.picture().axes for text in axes.texts]
    assert {"expected", "train ± noise", "valid", "to beat: 0.900"} <= set(texts)
    assert any(text.startswith("run 1: ") for text in texts)
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


CELLS = [
    """import torch, tlnb
from tlnb.controls import TrainingMonitor
labels = torch.arange(80) % 2
pixels = torch.randint(0, 100, (80, 3, 32, 32)) + 120 * labels[:, None, None, None]
images = tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "bright"])
model = tlnb.create_model("resnet10t", images, weights="random")
monitor = TrainingMonitor(model, images, tlnb.Recipe(epochs=2, batch_size=8))
monitor.start()""",
    "monitor",
    "WAIT",
    "print(run.stopped)",
]


@pytest.mark.slow
@pytest.mark.parametrize("wait", ["run = await monitor.run", "run = monitor.run.result()"])
def test_without_a_page_a_notebook_stores_the_picture_of_the_whole_run(wait):
    from nbclient import NotebookClient

    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c.replace("WAIT", wait)) for c in CELLS])
    NotebookClient(made, timeout=120, kernel_name="python3").execute()
    (shown,) = made.cells[1].outputs
    assert made.cells[3].outputs[0].text == "finished\n"
    assert shown.data["text/plain"] == "TrainingMonitor('monitor', metric='AUC', runs=1)"
    # Before the first step it is a line of text; the whole run has three panels.
    import base64
    import struct

    height = struct.unpack(">I", base64.b64decode(shown.data["image/png"])[20:24])[0]
    assert height > 600 and "application/vnd.jupyter.widget-view+json" in shown.data
    assert len(json.dumps(made)) < 200_000
