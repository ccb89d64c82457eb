"""Take the picture of README.md: a learner steers a training, in a real JupyterLab, on real images.

The notebook is as the last part of lesson 3.1, with the freeze map in a view of its own below it. A head is trained;
two blocks are thawed by dragging over them meanwhile, and the pictures, in light and in dark, are taken before the
training ends. ``python tools/front_picture.py`` needs Chromium and about two minutes.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path

import nbformat
from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "e2e"))
from lab_page import LabPage  # noqa: E402

from conftest import find_browser, served  # noqa: E402

OUT = REPOSITORY / "docs" / "pictures"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDTH, HEIGHT = 1000, 1230  # of the window; GitHub shows a picture at most 830 wide
MAP_HEIGHT = 390  # of that, the freeze map below the notebook
SHARPNESS = 1.66  # so that the file has two pixels for each of those
LARGEST = 300_000  # bytes
TO_THE_TOP = "document.querySelector('.tlnb-training-monitor').closest('.jp-CodeCell').scrollIntoView()"
CELLS = (
    """import tlnb
from tlnb.controls import FreezeMap, SharedRecipe, TrainingMonitor

images = tlnb.load_data("elpv", size=96).few(300)
model = tlnb.create_model("tf_efficientnet_lite0", images)
recipe = SharedRecipe(tlnb.Recipe.preset("probe", epochs=12, learning_rate=0.001, augmentation=[("flip", 0.5)]))""",
    "FreezeMap(model, recipe, images)",
    "TrainingMonitor(model, images, recipe)",
)


def main() -> int:
    """Take both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="Where to. Default: docs/pictures.")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, served("lab", Path(folder)) as address:
        for theme, pixels in taken(address, Path(folder)).items():
            save(pixels, out / f"steering-{theme}.webp")
    return 0


def taken(address: str, folder: Path) -> dict[str, bytes]:
    """Run the notebook, steer it, and take a picture in each theme."""
    from playwright.sync_api import sync_playwright

    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    about = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=about), folder / "steer_it.ipynb")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        window = {"width": WIDTH, "height": HEIGHT}
        page = browser.new_page(viewport=window, device_scale_factor=SHARPNESS)
        lab = LabPage(page, folder)
        lab.open(f"{address}/lab/tree/steer_it.ipynb?reset")
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        lab.run_all(100)
        lab.wait_until_done()
        assert lab.errors() == []
        steer(lab)
        pictures = {}
        for name, theme in THEMES.items():
            lab.theme(theme)
            page.wait_for_timeout(1000)
            page.evaluate(TO_THE_TOP)
            page.wait_for_timeout(500)
            pictures[name] = page.screenshot()
        browser.close()
    return pictures


def steer(lab: LabPage) -> None:
    """Put the freeze map below the notebook, train the head, and thaw two blocks by hand meanwhile."""
    lab.show("FreezeMap(")
    lab.page.evaluate("() => window.jupyterapp.commands.execute('notebook:create-output-view')")
    handle = lab.page.locator(".lm-DockPanel-handle[data-orientation=vertical]:visible").bounding_box()
    drag(lab, (handle["x"] + 200, handle["y"] + 2), (handle["x"] + 200, HEIGHT - MAP_HEIGHT))
    lab.page.locator(".lm-TabBar-tab:visible", has_text="steer_it").first.click()
    lab.show("TrainingMonitor(")
    press(lab, "▶ Start")
    wait_for_epoch(lab, 3)
    paint(lab, "stage7", "stage6")
    wait_for_epoch(lab, 7)
    lab.page.mouse.move(5, 5)


def press(lab: LabPage, name: str) -> None:
    """Press a button of the monitor."""
    lab.page.get_by_role("button", name=name, exact=True).click()


def paint(lab: LabPage, first: str, last: str) -> None:
    """Drag over blocks of the freeze map below, from one to another."""
    blocks = [lab.page.locator(".tlnb-block", has_text=name).last.bounding_box() for name in (first, last)]
    drag(lab, *((box["x"] + 10, box["y"] + 20) for box in blocks))


def drag(lab: LabPage, first: tuple[float, float], last: tuple[float, float]) -> None:
    """Press at one place, and let go at another."""
    lab.page.mouse.move(*first)
    lab.page.mouse.down()
    lab.page.mouse.move(*last, steps=20)
    lab.page.mouse.up()


def wait_for_epoch(lab: LabPage, epoch: int) -> None:
    """Wait until the run that is under way is in an epoch, counted from 1."""
    said = lab.page.locator(".tlnb-training-monitor .tlnb-says", has_text=f"trains in epoch {epoch} of")
    said.first.wait_for()


def save(pixels: bytes, path: Path) -> None:
    """Write a picture as WebP, as good as fits."""
    image = Image.open(io.BytesIO(pixels)).convert("RGB")
    for quality in range(90, 30, -10):
        written = io.BytesIO()
        image.save(written, "webp", quality=quality, method=6)
        if written.tell() < LARGEST:
            break
    path.write_bytes(written.getvalue())
    sys.stdout.write(f"{path}: {image.width} x {image.height}, {written.tell() // 1000} kB\n")


if __name__ == "__main__":
    sys.exit(main())
