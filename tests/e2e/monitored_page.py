"""A notebook that shows a training monitor, as a test steers it."""

from __future__ import annotations

from typing import Any

from lab_page import NOTEBOOK, LabPage

SETUP = """import time, torch, tlnb
from tlnb.controls import TrainingMonitor
from tlnb.controls.shared_recipe import SharedRecipe
torch.manual_seed(0)
labels = torch.arange(160) % 2
pixels = torch.randint(0, 160, (160, 3, 32, 32)) + 60 * labels[:, None, None, None]
pixels[:16] = 255 - pixels[:16]  # so that some are wrong
images = tlnb.ImageData.from_tensors(pixels.clamp(0, 255).to(torch.uint8), labels, ["dark", "bright"])
model = tlnb.create_model("resnet10t", images, weights="random")
shared = SharedRecipe(tlnb.Recipe(epochs=400, batch_size=8, schedule="constant"))"""
MONITOR = 'monitor = TrainingMonitor(model, images, shared, baseline=0.9, name="seen")\nmonitor'
CONTROL = ".tlnb-training-monitor"
CELLS = f"Array.from({NOTEBOOK}.context.model.cells)"


class Monitored:
    """A notebook whose second cell shows a monitor; further cells are run one at a time."""

    def __init__(self, lab: LabPage) -> None:
        self.lab, self.page = lab, lab.page
        self.control = lab.page.locator(CONTROL).first

    def run(self, index: int, *, wait: bool = True) -> str:
        """Run one cell, and return what it printed."""
        before = self.page.evaluate(f"{CELLS}[{index}].executionCount")
        self.page.evaluate(f"{NOTEBOOK}.content.activeCellIndex = {index}")
        self.page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-cell')")
        return self.done(index, before) if wait else ""

    def done(self, index: int, before: int | None = None) -> str:
        """Wait until a cell has run, and return what it printed."""
        ready = f"{CELLS}[{index}].executionCount > {before or 0} && {CELLS}[{index}].executionState === 'idle'"
        self.page.wait_for_function(f"() => {ready}")
        outputs = self.page.evaluate(f"{CELLS}[{index}].outputs.toJSON()")
        assert not [o for o in outputs if o["output_type"] == "error"], outputs
        return "".join(o.get("text", "") for o in outputs if o["output_type"] == "stream").strip()

    def button(self, name: str) -> Any:
        return self.control.get_by_role("button", name=name, exact=True)

    def step(self) -> int:
        return int(self.control.locator(".tlnb-now").inner_text().split()[1])

    def wait_for_step(self, least: int) -> None:
        self.page.wait_for_function(
            "([css, least]) => Number(document.querySelector(css + ' .tlnb-now')?.textContent.split(' ')[1]) >= least",
            arg=[CONTROL, least],
        )

    def theme(self, name: str) -> None:
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        self.page.wait_for_timeout(1500)
