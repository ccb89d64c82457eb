"""The freeze map in a real JupyterLab: what a hand does to the page reaches Python, and the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab_page import opened_at_its_end

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
SETUP = """import torch, tlnb
from tlnb.controls import FreezeMap, SharedRecipe
labels = torch.arange(80) % 2
pixels = torch.randint(0, 100, (80, 3, 32, 32)) + 120 * labels[:, None, None, None]
images = tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "bright"])
model = tlnb.create_model("resnet18", images, weights="random")
shared = SharedRecipe(tlnb.Recipe.preset("probe"))"""
MAP = "frozen = FreezeMap(model, shared, images)\nfrozen"
STATES = "','.join(frozen._state()['states']).replace('_statistics', '')"


@pytest.fixture
def open_map(open_notebook, tmp_path):
    """Open a notebook with a map and other cells, run to its end."""

    def open_it(*others):
        lab = opened_at_its_end(open_notebook, tmp_path / "freeze_map.ipynb", SETUP, MAP, *others, height=1400)
        lab.page.locator(".tlnb-block").nth(5).wait_for()
        return lab

    return open_it


@pytest.fixture
def lab(open_map):
    return open_map()


def block(lab, name):
    return lab.page.locator(".tlnb-block", has_text=name)


def test_clicks_and_keys_change_the_recipe_and_undo_brings_it_back(lab):
    block(lab, "stage4").click()
    lab.wait_for("print(shared.recipe.trainable)", "from stage4")
    block(lab, "stage4").click()
    lab.wait_for("print(shared.recipe.fixed_statistics)", "('stage4',)")
    lab.page.keyboard.press("ArrowLeft")
    lab.page.keyboard.press("t")
    lab.wait_for("print(shared.recipe.trainable)", "from stage3")
    lab.page.keyboard.press("Control+z")
    lab.wait_for("print(shared.recipe.trainable)", "from stage4")
    lab.page.get_by_role("button", name="Undo").click()
    lab.page.get_by_role("button", name="Undo").click()
    lab.wait_for("shared.recipe == tlnb.Recipe.preset('probe')", "True")


def test_a_drag_paints_and_is_one_step_back(lab):
    first, last = (block(lab, name).bounding_box() for name in ("stage4", "stage2"))
    mouse = lab.page.mouse
    mouse.move(first["x"] + 10, first["y"] + 20)
    mouse.down()
    mouse.move(last["x"] + 10, last["y"] + 20, steps=30)
    mouse.up()
    lab.wait_for(f"print({STATES})", "frozen,frozen,trains,trains,trains,trains")
    lab.page.get_by_role("button", name="Undo").click()
    lab.wait_for("shared.recipe == tlnb.Recipe.preset('probe')", "True")


def test_shift_and_drag_freezes_all_up_to_there(lab):
    lab.ask("shared.change(trainable='all')")
    block(lab, "stem").locator("text=trains").wait_for()
    block(lab, "stage2").click(modifiers=["Shift"])
    lab.wait_for("print(shared.recipe.trainable)", "from stage3")


def test_what_python_changes_is_seen_and_what_cannot_be_is_told(lab):
    lab.ask("shared.change(trainable='from stage3')")
    block(lab, "stage3").locator("text=trains").wait_for()
    lab.page.get_by_role("button", name="Gradual").click()
    block(lab, "stage4").locator("text=from 1").wait_for()
    lab.ask("shared.recipe = tlnb.Recipe.preset('probe')")
    block(lab, "stage4").locator("text=frozen").wait_for()
    block(lab, "head").click()  # trains with no running statistics: one click freezes it
    lab.page.locator(".tlnb-error", has_text="Nothing would train at the start").wait_for()
    block(lab, "head").locator("text=trains").wait_for()


def test_two_views_of_one_map_stay_in_step_and_rapid_drags_end_where_the_hand_ends(open_map):
    lab = open_map("frozen")
    lab.page.locator(".tlnb-blocks").nth(1).wait_for()
    upper, lower = (lab.page.locator(".tlnb-blocks").nth(i) for i in (0, 1))
    upper.locator(".tlnb-block", has_text="stage4").click()
    lower.locator(".tlnb-block", has_text="stage4").locator("text=trains").wait_for()
    boxes = [upper.locator(".tlnb-block").nth(i).bounding_box() for i in range(5)]
    mouse = lab.page.mouse
    mouse.move(boxes[0]["x"] + 10, boxes[0]["y"] + 20)
    mouse.down()
    for turn in range(200):
        box = boxes[turn % 5]
        mouse.move(box["x"] + 10, box["y"] + 20)
    mouse.up()
    lab.wait_for(f"print({STATES})", "trains,trains,trains,trains,trains,trains")
    lower.locator(".tlnb-block", has_text="stem").locator("text=trains").wait_for()


def test_a_block_thaws_by_its_slider(lab):
    lab.page.get_by_text("When each block thaws").click()
    slider = lab.page.get_by_role("slider", name="stage4 trains from epoch")
    slider.focus()
    for _ in range(8):
        slider.press("ArrowLeft")
    lab.wait_for("print(shared.recipe.thaw)", "((3.0, 'from stage4'),)")


def test_layers_gradients_and_filters_are_shown_on_demand(lab):
    lab.page.get_by_text("Layers and residual connections").click()
    assert lab.page.locator(".tlnb-strip path").count() == 8
    lab.page.get_by_role("button", name="Measure the gradients").click()
    block(lab, "stem").locator(".tlnb-ratio", has_text="0.0").wait_for()
    lab.ask("frozen.compare(tlnb.create_model('resnet18', images, weights='random', seed=1))")
    lab.page.get_by_role("button", name="Show filters and weights").click()
    lab.page.locator("canvas.tlnb-filters").nth(1).wait_for()
    assert lab.page.locator(".tlnb-after").count() == 6
    lab.picture("more")


def test_it_is_legible_in_light_and_dark_and_narrow_and_accessible(lab):
    lab.page.wait_for_timeout(300)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.theme(theme)
        lab.picture(theme)
        assert lab.violations(".tlnb-freeze-map", AXE) == []
    lab.theme("JupyterLab Light")
    lab.page.set_viewport_size({"width": 870, "height": 1300})
    lab.page.wait_for_timeout(500)
    lab.picture("narrow")
    width = lab.page.locator(".tlnb-freeze-map").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert width[0] <= width[1]
    targets = lab.page.locator(".tlnb-control button:visible, .tlnb-control summary:visible").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"
    )
    assert min(targets) >= 44


def test_a_restarted_kernel_is_told_of(lab):
    lab.restart_kernel()
    block(lab, "stage4").click()
    lab.page.locator(".tlnb-away", has_text="run the cell above again").wait_for(timeout=20_000)


def test_a_page_that_is_loaded_again_shows_the_map_alive(lab):
    lab.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    lab.page.wait_for_timeout(1000)
    lab.page.reload()
    block(lab, "stage4").click(timeout=60_000)
    lab.wait_for("print(shared.recipe.trainable)", "from stage4", seconds=60)


def test_what_is_saved_of_it_is_small(lab, lab_folder):
    lab.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    lab.page.wait_for_timeout(1000)
    assert (lab_folder / "freeze_map.ipynb").stat().st_size < 150_000
