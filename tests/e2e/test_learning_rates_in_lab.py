"""The learning rates in a real JupyterLab: dragged, typed, tested for their range, undone; from both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab_page import opened_at_its_end, overflow, smallest_target

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
SETUP = """import torch, tlnb
from tlnb.controls import FreezeMap, LearningRates, SharedRecipe
torch.manual_seed(0)
labels = torch.arange(160) % 2
pixels = torch.randint(0, 100, (160, 3, 32, 32)) + 60 * labels[:, None, None, None]
images = tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "bright"], valid=0.2)
model = tlnb.create_model("resnet18", images, weights="random")
start = tlnb.Recipe(trainable=1, rate_ratio=0.1, learning_rate=0.01, epochs=4, batch_size=8, warmup_epochs=0.5)
shared = SharedRecipe(start)"""
RATES = "rates = LearningRates(model, shared, images, device='cpu')\nrates"
HEAD = "print(shared.recipe.learning_rate)"


@pytest.fixture
def open_rates(open_notebook, tmp_path):
    """Open a notebook with the control and other cells, run to its end."""

    def open_it(*others):
        lab = opened_at_its_end(open_notebook, tmp_path / "learning_rates.ipynb", SETUP, RATES, *others)
        lab.page.get_by_text("Each line is read, step by step").first.wait_for()
        return lab

    return open_it


@pytest.fixture
def lab(open_rates):
    return open_rates()


def slider(lab, name):
    return lab.page.get_by_role("slider", name=name).first


def middle(handle):
    box = handle.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(lab, handle, dx, dy=0, steps=20):
    x, y = middle(handle)
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x + dx, y + dy, steps=steps)
    lab.page.mouse.up()


def test_dragging_the_heads_handle_changes_the_recipe_and_is_one_step_back(lab):
    head = slider(lab, "head: peak learning rate")
    drag(lab, head, 80)
    text = head.get_attribute("aria-valuetext")
    rate = float(text.split()[1].rstrip(","))
    assert rate > 0.02
    lab.wait_for(HEAD, f"{rate:g}")
    assert f"Head at {rate:g}," in lab.page.locator(".tlnb-learning-rates .tlnb-says").first.inner_text()
    head.focus()
    lab.page.keyboard.press("Control+z")
    lab.wait_for("shared.recipe == start", "True")
    lab.page.keyboard.press("Control+Shift+z")
    lab.wait_for(HEAD, f"{rate:g}")


def test_one_ratio_fans_out_and_each_group_can_be_set_by_hand(lab):
    slider(lab, "stage4: peak learning rate").press("ArrowRight")
    lab.wait_for("print(shared.recipe.rate_ratio)", "0.126")
    slider(lab, "stem: peak learning rate").press("PageDown")
    lab.wait_for("print(shared.recipe.layer_decay)", "0.562")
    lab.page.get_by_role("button", name="Each group by hand").click()
    slider(lab, "stage2: peak learning rate").press("ArrowUp")
    lab.wait_for("print([name for name, _ in shared.recipe.rate_factors])", "['stage2']")
    lab.page.get_by_role("button", name="Each group by hand").click()
    lab.wait_for("print(shared.recipe.rate_factors)", "()")


def test_numbers_are_typed_and_what_the_recipe_refuses_jumps_back(lab):
    number = lab.page.locator("input[aria-label='head: peak learning rate']")
    number.fill("3e-3")
    number.press("Enter")
    lab.wait_for(HEAD, "0.003")
    ratio = lab.page.get_by_label("rate_ratio", exact=True)
    ratio.fill("3")
    ratio.press("Enter")
    lab.page.get_by_text("rate_ratio=3 is not a number in (0, 1]").wait_for()
    lab.page.wait_for_function("one => one.value === '0.1'", arg=ratio.element_handle())
    lab.wait_for("print(shared.recipe.rate_ratio)", "0.1")


def test_another_schedule_is_chosen_and_shaped_by_its_handles(lab):
    lab.page.get_by_label("Schedule").select_option("step")
    slider(lab, "every").wait_for()
    lab.page.get_by_text("times the rate after every so many epochs").wait_for()
    drag(lab, slider(lab, "every"), 60)
    lab.wait_for("1 < dict(shared.recipe.schedule_options)['every'] < 3", "True")
    drag(lab, slider(lab, "factor"), 0, -20)
    lab.wait_for("0.1 < dict(shared.recipe.schedule_options)['factor'] < 1", "True")
    drag(lab, slider(lab, "warm-up"), 40)
    lab.wait_for("shared.recipe.warmup_epochs > 0.5", "True")
    lab.page.get_by_label("every epochs").fill("0.001")
    lab.page.get_by_label("every epochs").press("Enter")
    lab.page.locator(".tlnb-error", has_text="is 0 step(s) of these images").wait_for()


@pytest.mark.parametrize("optimizer", ["adamw", "lars"])
def test_the_pages_preview_is_the_optimisers_for_every_schedule(lab, optimizer):
    lab.ask(f"shared.change(optimizer={optimizer!r}, thaw=((1, 3), (2, 'all')))")
    says = lab.page.locator(".tlnb-learning-rates .tlnb-says").last
    for schedule in lab.ask("print(*tlnb.training.SCHEDULES)").split():
        lab.page.get_by_label("Schedule").select_option(schedule)
        lab.wait_for("print(shared.recipe.schedule)", schedule)
        lab.page.wait_for_timeout(150)
        assert "read, step by step" in says.inner_text(), schedule


def test_the_range_test_runs_and_a_click_takes_its_suggestion(lab):
    lab.page.get_by_role("button", name="Run the range test").click()
    lab.page.get_by_text("Step ").first.wait_for()
    assert lab.ask("1 + 1") == "2"  # the kernel hears meanwhile
    take = lab.page.get_by_role("button", name="Take ").first
    take.wait_for()
    assert lab.page.locator(".tlnb-loss").count() == 1
    suggested = lab.ask("print(*(f'{s.learning_rate:.3g}' for s in rates.sweep.suggestions))").split()
    take.click()
    lab.wait_for(HEAD, f"{float(suggested[0]):g}")
    lab.picture("range_test")


def test_the_range_test_is_stopped(lab):
    lab.ask("rates.start_range_test(steps=5000)")
    lab.page.get_by_role("button", name="Stop the range test").click()
    lab.page.get_by_text("The range test was stopped").first.wait_for()


def test_the_kernels_stop_button_ends_the_range_test(lab):
    lab.ask("rates.start_range_test(steps=5000)")
    lab.page.get_by_text("Step ").first.wait_for()
    lab.page.wait_for_timeout(500)
    lab.page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    lab.page.get_by_text("The range test was stopped").first.wait_for()


def test_what_python_and_the_freeze_map_change_is_seen(open_rates):
    lab = open_rates("frozen = FreezeMap(model, rates, images)\nfrozen")
    lab.ask("shared.change(learning_rate=0.5)")
    lab.page.wait_for_function("one => one.ariaValueNow === '0.5'", arg=slider(lab, "head").element_handle())
    lab.page.locator(".tlnb-block", has_text="stage2").click()
    lab.page.locator(".tlnb-who", has_text="stage2").get_by_text("❄ frozen").wait_for(state="hidden")
    lab.page.locator(".tlnb-who", has_text="stage1").get_by_text("❄ frozen").wait_for()
    lab.ask("rates.add_ghost(tlnb.fit(model, images, start.with_(epochs=1), device='cpu', progress=False))")
    lab.page.locator(".tlnb-ghost").wait_for(state="attached")
    lab.page.locator("ol", has_text="AUC").wait_for()


def test_two_views_stay_in_step_and_rapid_drags_end_where_the_hand_ends(open_rates):
    lab = open_rates("rates")
    heads = lab.page.get_by_role("slider", name="head: peak learning rate")
    heads.nth(1).wait_for()
    x, y = middle(heads.first)
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    for turn in range(200):
        lab.page.mouse.move(x - 100 + (turn % 7) * 30, y)
    lab.page.mouse.move(x + 50, y)
    lab.page.mouse.up()
    text = heads.first.get_attribute("aria-valuetext")
    lab.wait_for(HEAD, f"{float(text.split()[1].rstrip(',')):g}")
    lab.page.wait_for_function("([one, text]) => one.ariaValueText === text", arg=[heads.nth(1).element_handle(), text])
    lab.page.get_by_role("button", name="Undo").last.click()
    lab.wait_for("shared.recipe == start", "True")


def test_it_is_legible_in_light_and_dark_and_narrow_and_accessible(lab):
    lab.ask("shared.change(thaw=((1, 2), (2, 'all')))")
    lab.ask("rates.start_range_test()")
    lab.page.get_by_role("button", name="Take ").first.wait_for()
    lab.ask("rates.add_ghost(tlnb.fit(model, images, start.with_(epochs=3), device='cpu', progress=False))")
    control = lab.page.locator(".tlnb-learning-rates")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.theme(theme)
        control.screenshot(path=lab.pictures / f"{theme}.png")
        assert lab.violations(".tlnb-learning-rates", AXE) == []
    lab.theme("JupyterLab Light")
    lab.page.get_by_role("button", name="Each group by hand").click()
    lab.page.get_by_role("button", name="Count in steps").click()
    assert lab.violations(".tlnb-learning-rates", AXE) == []
    lab.narrow()
    control.screenshot(path=lab.pictures / "narrow.png")
    assert overflow(control) <= 0
    assert smallest_target(control) >= 44
