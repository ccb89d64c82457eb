"""The feature explorer in a real JupyterLab: looked at, pointed at, painted on, laid out and caught."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from lab_page import opened_at_its_end, overflow, smallest_target

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
EVIL = '<img src=x onerror="window.hit=1">'
SETUP = f"""import copy, numpy as np, torch, tlnb
from tlnb.controls import FeatureExplorer
torch.manual_seed(0)
labels = torch.arange(240) % 3
pixels = torch.randint(0, 80, (240, 3, 64, 64))
pixels[labels == 1, :, 16:48, 16:48] += 150
pixels[labels == 2, :, ::8] += 150
domain = np.where(np.arange(240) < 120, "day", "night")
images = tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["noise", "square", {EVIL!r}],
                                     columns={{"domain": domain}})
before = tlnb.create_model("resnet10t", images, weights="random")
run = tlnb.fit(before, images, tlnb.Recipe(trainable="all", epochs=2, batch_size=16), device="cpu", progress=False)"""
EXPLORER = "explorer = FeatureExplorer(run, images, before=before, layer='stage2')\nexplorer"
CONTROL = ".tlnb-feature-explorer"


def run_to_its_end(open_notebook, folder, *others):
    """Open a notebook with the control and other cells, and run it."""
    lab = opened_at_its_end(open_notebook, folder / "feature_explorer.ipynb", SETUP, EXPLORER, *others)
    lab.page.locator(".tlnb-map").nth(20).wait_for()
    lab.page.get_by_text("A place of stage2 sees").first.wait_for()
    return lab


@pytest.fixture
def open_explorer(open_notebook, tmp_path):
    return partial(run_to_its_end, open_notebook, tmp_path)


@pytest.fixture
def lab(open_explorer):
    return open_explorer()


def select(lab, label):
    return lab.page.locator(CONTROL).get_by_label(label).and_(lab.page.locator("select, input"))


def picture(lab):
    return lab.page.locator(".tlnb-pictures canvas").first


def button(lab, name):
    return lab.page.locator(CONTROL).get_by_role("button", name=name, exact=True)


def lay_out(lab):
    button(lab, "Lay the images out").click()
    lab.page.locator(".tlnb-board canvas").wait_for()


def inked(lab, canvas):
    """How many pixels of a canvas have a colour."""
    return canvas.evaluate(
        "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }"
    )


def test_it_looks_and_lays_out_in_the_oldest_jupyterlab_and_in_notebook_7(open_elsewhere, tmp_path):
    lab = run_to_its_end(open_elsewhere, tmp_path)
    number = lab.page.locator(".tlnb-map").nth(1).get_attribute("aria-label").split()[1].rstrip(",")
    lab.page.locator(".tlnb-map").nth(1).press("Enter")
    lab.wait_for("print(explorer._look.number)", number)
    lay_out(lab)
    assert int(lab.ask("len(explorer.projection.points[0])")) > 100
    lab.picture("host")
    assert lab.errors() == []


def test_a_map_is_chosen_and_a_place_shows_what_it_sees(lab):
    first = lab.page.locator(".tlnb-map").first
    number = first.get_attribute("aria-label").split()[1].rstrip(",")
    first.click()
    lab.wait_for("print(explorer._look.number)", number)
    lab.page.get_by_text(f"Map {number} of stage2: change").wait_for()
    lab.page.get_by_text("before the training").first.wait_for()
    box = picture(lab).bounding_box()
    lab.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6)
    lab.page.get_by_text("Row 5, column 3 sees").wait_for()
    lab.ask("from tlnb.backbones import receptive_fields")
    field = lab.ask("print(receptive_fields(run.model, ['layer2'], 64)['layer2'].box(4, 2))")
    top, bottom, left, right = field.strip("()").split(", ")
    lab.page.get_by_text(f"rows {top} to {bottom}, columns {left} to {right}").wait_for()
    picture(lab).focus()
    lab.page.keyboard.press("ArrowRight")
    lab.page.get_by_text("Row 5, column 4 sees").first.wait_for()
    first.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("Enter")
    second = lab.page.locator(".tlnb-map").nth(1).get_attribute("aria-label").split()[1].rstrip(",")
    lab.wait_for("print(explorer._look.number)", second)


def test_layers_orders_pages_and_pictures_are_chosen(lab):
    select(lab, "Layer").select_option("layer3.0.conv1")
    lab.wait_for("print(explorer._look.layer.name)", "layer3.0.conv1")
    lab.page.get_by_text("A place of layer3.0.conv1 sees").wait_for()
    select(lab, "Ranked by").select_option("number")
    lab.page.locator(".tlnb-map[aria-label^='map 0,']").wait_for()
    button(lab, "More maps ›").click()
    lab.page.locator(".tlnb-map[aria-label^='map 64,']").wait_for()
    row = lab.ask("print(explorer._look.shown.row)")
    button(lab, "Picture ›").click()
    lab.page.locator(".tlnb-name", has_text=f"image {row}:").wait_for(state="detached")
    assert lab.ask("print(explorer._look.shown.row)") != row
    assert select(lab, "Layer").locator("option[value='fc']").is_disabled()


def test_what_python_chooses_is_seen(lab):
    lab.ask("from PIL import Image\nexplorer.show(Image.new('RGB', (90, 60), (200, 30, 30)))")
    lab.page.get_by_text("your own picture").first.wait_for()
    lab.ask("explorer.choose(layer='stage1', map=3, order='mean')")
    lab.page.get_by_text("Map 3 of stage1").wait_for()
    assert select(lab, "Layer").input_value() == "stage1" and select(lab, "Ranked by").input_value() == "mean"


def test_a_class_activation_is_drawn_for_the_class_that_is_asked_for(lab):
    button(lab, "Class activation").click()
    lab.page.get_by_text("in stage2").first.wait_for()
    select(lab, "What speaks for").select_option(EVIL)
    lab.wait_for("print(explorer._look.target)", "2")
    lab.page.locator(".tlnb-told", has_text=EVIL).first.wait_for()
    assert not lab.page.evaluate("() => 'hit' in window")


def test_a_part_is_covered_by_hand_and_by_keys_and_the_scores_follow(lab):
    button(lab, "Cover a part").click()
    box = picture(lab).bounding_box()
    mouse = lab.page.mouse
    mouse.move(box["x"] + 60, box["y"] + 60)
    mouse.down()
    for turn in range(12):
        mouse.move(box["x"] + 60 + 12 * turn, box["y"] + 60 + 9 * turn)
    mouse.up()
    lab.page.get_by_role("columnheader", name="covered").wait_for()
    share = float(lab.ask("print(explorer._look.state()['share'])"))
    assert 0.03 < share < 0.4
    covered = lab.ask("print(f'{explorer._look.covered[explorer._look.whole.argmax()]:.2f}')")
    lab.page.locator(".tlnb-scores tr").nth(1).locator("td").nth(2).get_by_text(covered, exact=True).wait_for()
    picture(lab).focus()
    for key in ("Home", "ArrowUp", "ArrowUp", "ArrowLeft", "Space"):
        lab.page.keyboard.press(key)
    lab.wait_for(f"explorer._look.state()['share'] >= {share}", "True")
    button(lab, "Uncover all").click()
    lab.wait_for("print(explorer._look.cover)", "None")


def test_the_set_is_laid_out_pointed_at_caught_and_picked(lab):
    lay_out(lab)
    lab.page.get_by_text("on the same axes").wait_for()
    board = lab.page.locator(".tlnb-board canvas").first
    assert inked(lab, board) > 300
    select(lab, "Choose all of").select_option(label="square")
    lab.wait_for("print({int(labels[r]) for r in explorer.selected}, len(explorer.selected) > 20)", "{1} True")
    lab.page.locator(".tlnb-caught button").nth(3).wait_for()
    lab.page.locator(".tlnb-caught button").nth(3).click()
    lab.wait_for("explorer._look.shown.row in explorer.selected", "True")
    assert lab.ask("print(int(labels[explorer._look.shown.row]))") == "1"
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    mouse = lab.page.mouse
    corners = [(2, 2), (box["width"] - 2, 2), (box["width"] - 2, box["height"] - 2), (2, box["height"] - 2), (2, 2)]
    lab.page.keyboard.down("Shift")
    mouse.move(box["x"] + 2, box["y"] + 2)
    mouse.down()
    for x, y in corners[1:]:
        mouse.move(box["x"] + x, box["y"] + y, steps=5)
    mouse.up()
    lab.page.keyboard.up("Shift")
    lab.wait_for("print(len(explorer.selected) == len(explorer._pictures.rows))", "True")


def test_a_point_shows_its_picture_and_a_click_takes_it(lab):
    lay_out(lab)
    lab.page.wait_for_timeout(300)
    board = lab.page.locator(".tlnb-board canvas").first
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    # The outermost point to the left, where the sight puts it: sixteen pixels from the edge, or where both sets fit.
    place = lab.ask(
        "import numpy as np\n"
        "both = np.concatenate(explorer.projection.points)\n"
        f"width, height = {box['width']}, 420\n"
        "low, high = both.min(0), both.max(0)\n"
        "scale = min((width - 32) / (high[0] - low[0]), (height - 32) / (high[1] - low[1]))\n"
        "after = explorer.projection.points[1]\n"
        "i = int(after[:, 0].argmin())\n"
        "middle = (low + high) / 2\n"
        "print(i, width / 2 + (after[i, 0] - middle[0]) * scale, height / 2 - (after[i, 1] - middle[1]) * scale)"
    ).split()
    x, y = box["x"] + float(place[1]), box["y"] + float(place[2])
    lab.page.mouse.move(x - 3, y)
    lab.page.mouse.move(x, y)
    lab.page.locator(".tlnb-thumb figcaption").wait_for()
    row = lab.ask(f"print(int(explorer._pictures.rows[{place[0]}]))")
    assert f"image {row}," in lab.page.locator(".tlnb-thumb").inner_text()
    lab.page.mouse.click(x, y)
    lab.wait_for("print(explorer._look.shown.row)", row)


def test_points_move_from_before_to_after_and_are_panned_by_keys(lab):
    lay_out(lab)
    board = lab.page.locator(".tlnb-board canvas").first
    shot = "c => c.toDataURL()"
    lab.page.wait_for_timeout(300)
    after = board.evaluate(shot)
    way = select(lab, "before the training")
    way.focus()
    way.press("Home")
    lab.page.wait_for_timeout(300)
    start = board.evaluate(shot)
    assert start != after
    board.focus()
    for key in ("ArrowLeft", "+", "-", "0"):
        lab.page.keyboard.press(key)
        lab.page.wait_for_timeout(100)
    assert board.evaluate(shot) == start
    select(lab, "Colours by").select_option("domain")
    lab.page.locator(".tlnb-legend li", has_text="night").wait_for()


def test_probes_by_depth_come_in_a_thread_and_can_be_stopped(lab):
    button(lab, "Probe each layer group").click()
    assert lab.ask("1 + 1") == "2"
    lab.page.locator(".tlnb-depth").wait_for()
    assert lab.page.locator(".tlnb-depth tr").count() == 6
    assert "accuracy of a linear classifier" in lab.page.locator(".tlnb-depth").inner_text()
    button(lab, "Probe each layer group").click()
    button(lab, "Stop").click()
    button(lab, "Probe each layer group").wait_for()


def test_it_is_legible_in_light_and_dark_and_narrow_and_accessible(lab):
    lab.page.locator(".tlnb-map").first.click()
    lay_out(lab)
    select(lab, "Choose all of").select_option(label="square")
    button(lab, "Probe each layer group").click()
    lab.page.locator(".tlnb-depth").wait_for()
    lab.page.locator(".tlnb-caught button").nth(3).wait_for()
    control = lab.page.locator(CONTROL)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.theme(theme)
        control.screenshot(path=lab.pictures / f"{theme}.png")
        assert lab.violations(CONTROL, AXE) == []
    lab.theme("JupyterLab Light")
    for mode in ("Class activation", "Cover a part"):
        button(lab, mode).click()
        lab.page.wait_for_timeout(500)
        control.screenshot(path=lab.pictures / f"{mode}.png")
        assert lab.violations(CONTROL, AXE) == []
    lab.narrow()
    control.screenshot(path=lab.pictures / "narrow.png")
    assert overflow(control) <= 0
    assert smallest_target(control, "button, summary, input, select") >= 44


def test_two_views_stay_in_step_and_a_restarted_kernel_is_told_of(open_explorer):
    lab = open_explorer("explorer")
    maps = lab.page.locator(CONTROL).nth(1).locator(".tlnb-map")
    maps.first.wait_for()
    lab.page.locator(CONTROL).nth(0).locator(".tlnb-map").nth(2).click()
    lab.page.locator(CONTROL).nth(1).locator(".tlnb-map[aria-pressed='true']").wait_for()
    lab.restart_kernel()
    maps.first.click()
    lab.page.locator(".tlnb-away", has_text="run the cell above again").first.wait_for(timeout=20_000)
