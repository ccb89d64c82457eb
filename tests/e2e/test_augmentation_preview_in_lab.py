"""The augmentation preview in a real JupyterLab: dragged, switched, put into order, wiped; from both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab_page import opened_at_its_end, overflow, smallest_target

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
SETUP = """import dataclasses, torch, tlnb
from tlnb.controls import AugmentationPreview, LearningRates, SharedRecipe
torch.manual_seed(0)
labels = torch.arange(96) % 2
across = torch.linspace(0, 1, 48)[None, None, :, None] * torch.tensor([0, 120])[labels].view(-1, 1, 1, 1)
pixels = (torch.randint(0, 60, (96, 3, 48, 48)) + 60 + across).to(torch.uint8)
classes = ["even <img src=x onerror=window.injected=1>", "shaded"]
images = tlnb.ImageData.from_tensors(pixels, labels, classes, valid=0.2)
images = dataclasses.replace(images, card=dataclasses.replace(images.card, attribution="Squares: nobody, CC0"))
model = tlnb.create_model("resnet10t", images, weights="random", crop=1.0)
start = tlnb.Recipe(trainable="all", epochs=2, batch_size=8, learning_rate=0.01,
                    augmentation=[("rotation", 0.5), ("flip", 0.5)])
shared = SharedRecipe(start)"""
PREVIEW = "preview = AugmentationPreview(model, shared, images)\npreview"
STEPS = "print(shared.recipe.augmentation)"
# A sum of all pixels of a canvas: another picture, another sum.
SUM = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
  .reduce((sum, value, i) => (sum * 31 + value * (i % 7 + 1)) % 2147483647, 0)"""
TRAINED = "run = tlnb.fit(model, images, start.with_(augmentation=()), device='cpu', progress=False)"


def run_to_its_end(open_it, folder, *others):
    """Open a notebook with the control and other cells, run to its end."""
    lab = opened_at_its_end(open_it, folder / "augmentation_preview.ipynb", SETUP, PREVIEW, *others, height=2600)
    lab.page.get_by_text("Augmenting takes").first.wait_for()
    return lab


@pytest.fixture
def open_preview(open_notebook, tmp_path):
    return lambda *others: run_to_its_end(open_notebook, tmp_path, *others)


@pytest.fixture
def lab(open_preview):
    return open_preview()


@pytest.mark.slow
def test_it_is_dragged_and_typed_in_the_oldest_jupyterlab_and_in_notebook_7(open_elsewhere, tmp_path):
    lab = run_to_its_end(open_elsewhere, tmp_path)
    before = sums(lab)
    drag(lab, slider(lab, "Rotation"), 120)
    strength = float(slider(lab, "Rotation").input_value())
    lab.wait_for(STEPS, f"(('rotation', {strength}), ('flip', 0.5))")
    other_tiles(lab, before)
    slider(lab, "Flip").focus()
    lab.page.keyboard.press("ArrowLeft")  # an arrow that the host would take for itself
    lab.wait_for(STEPS, f"(('rotation', {strength}), ('flip', 0.49))")
    lab.page.get_by_role("button", name="Move Flip, 2 of 2").focus()
    lab.page.keyboard.press("ArrowUp")
    lab.wait_for(STEPS, f"(('flip', 0.49), ('rotation', {strength}))")
    lab.page.keyboard.press("Control+z")
    lab.wait_for(STEPS, f"(('rotation', {strength}), ('flip', 0.49))")
    assert lab.errors() == []


def tile(lab, i=0):
    return lab.page.locator(".tlnb-tiles canvas").nth(i)


def sums(lab, which=range(12)):
    return [tile(lab, i).evaluate(SUM) for i in which]


def other_tiles(lab, before):
    """Wait until all twelve tiles are other ones; return their sums."""
    for i, one in enumerate(before):
        lab.page.wait_for_function(
            f"([canvas, before]) => ({SUM})(canvas) !== before", arg=[tile(lab, i).element_handle(), one]
        )
    return sums(lab)


def slider(lab, title):
    return lab.page.get_by_role("slider", name=f"Strength of {title}")


def drag(lab, handle, dx=0, dy=0, steps=20):
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x + dx, y + dy, steps=steps)
    lab.page.mouse.up()


def test_dragging_a_strength_changes_all_twelve_tiles_and_is_one_step_back(lab):
    before = sums(lab)
    drag(lab, slider(lab, "Rotation"), 120)
    strength = float(slider(lab, "Rotation").input_value())
    assert strength > 0.6
    lab.wait_for(STEPS, f"(('rotation', {strength}), ('flip', 0.5))")
    after = other_tiles(lab, before)
    assert (
        f"{45 * strength:.0f} degrees" in lab.page.locator(".tlnb-augmentation-preview .tlnb-says").first.inner_text()
    )
    slider(lab, "Rotation").focus()
    lab.page.keyboard.press("Control+z")
    lab.wait_for("shared.recipe == start", "True")
    assert other_tiles(lab, after) == before  # the same draw: the same pixels
    assert slider(lab, "Rotation").input_value() == "0.5"


def test_what_the_page_shows_is_what_training_sees(lab):
    """The pixels of a canvas, against those that the batches of a training have, to the last bit."""
    data = "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).filter((_, i) => i % 4 < 3)"
    seen = tile(lab, 7).evaluate(data)
    lab.ask(
        "from tlnb.training.batches import Batches\n"
        "batches = Batches(images, tlnb.model_card(model), shared.recipe, torch.device('cpu'))\n"
        "place = int(preview._shown.places[7])\n"
        "trained = next(batches.batch(0, b)[0][b.tolist().index(place)] for b in batches.order(0) if place in b)\n"
    )
    lab.ask(f"seen = torch.tensor({seen}, dtype=torch.uint8).view(1, 48, 48, 3).permute(0, 3, 1, 2)")
    assert lab.ask("print(torch.equal(batches.ready(seen)[0], trained))") == "True"


def test_keys_move_a_strength_and_are_final_when_they_go_up(lab):
    slider(lab, "Flip").focus()
    for _ in range(3):
        lab.page.keyboard.press("ArrowRight")
    lab.wait_for(STEPS, "(('rotation', 0.5), ('flip', 0.53))")
    lab.page.keyboard.down("ArrowLeft")
    lab.page.keyboard.down("ArrowLeft")
    lab.page.keyboard.up("ArrowLeft")
    lab.wait_for(STEPS, "(('rotation', 0.5), ('flip', 0.51))")
    lab.page.keyboard.press("Control+z")
    lab.wait_for(STEPS, "(('rotation', 0.5), ('flip', 0.53))")


def test_steps_are_added_put_into_order_switched_off_and_removed_and_keep_their_sliders(lab):
    page = lab.page
    page.locator("summary", has_text="Add a step").click()
    page.locator(".tlnb-add", has_text="Adds a sensor's read noise").click()
    page.locator(".tlnb-add", has_text="Blends each image with another one").click()
    lab.wait_for(STEPS, "(('rotation', 0.5), ('flip', 0.5), ('sensor_noise', 0.5), ('mixup', 0.5))")
    drag(lab, slider(lab, "Sensor noise"), -60)
    lab.wait_for("dict(shared.recipe.augmentation)['sensor_noise'] < 0.45", "True")
    kept = slider(lab, "Sensor noise").input_value()

    grip = page.get_by_role("button", name="Move Sensor noise, 3 of 4")
    drag(lab, grip, dy=-130)
    lab.wait_for(
        "print([name for name, _ in shared.recipe.augmentation])", "['sensor_noise', 'rotation', 'flip', 'mixup']"
    )
    grip = page.get_by_role("button", name="Move Sensor noise, 1 of 4")
    grip.focus()
    page.keyboard.press("ArrowDown")
    lab.wait_for(
        "print([name for name, _ in shared.recipe.augmentation])", "['rotation', 'sensor_noise', 'flip', 'mixup']"
    )
    page.get_by_role("button", name="Move Flip up").click()
    lab.wait_for(
        "print([name for name, _ in shared.recipe.augmentation])", "['rotation', 'flip', 'sensor_noise', 'mixup']"
    )

    power = page.get_by_role("switch", name="Sensor noise: on")
    power.click()
    lab.wait_for("print(dict(shared.recipe.augmentation)['sensor_noise'])", "0.0")
    page.wait_for_function("one => one.textContent === 'Off'", arg=power.element_handle())
    assert slider(lab, "Sensor noise").input_value() == kept
    power.click()
    lab.wait_for("print(dict(shared.recipe.augmentation)['sensor_noise'])", kept)
    page.get_by_role("button", name="Remove Sensor noise").click()
    lab.wait_for("print([name for name, _ in shared.recipe.augmentation])", "['rotation', 'flip', 'mixup']")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Strength of Mixup"
    page.locator(".tlnb-add", has_text="Adds a sensor's read noise").click()
    slider(lab, "Sensor noise").wait_for()
    assert slider(lab, "Sensor noise").input_value() == kept


def test_mixed_labels_have_bars_and_names_of_classes_stay_text(lab):
    lab.ask("preview.add('cutmix', 1.0)")
    lab.page.locator(".tlnb-share", has_text="% even <img src=x").first.wait_for()
    assert lab.page.evaluate("window.injected") is None
    assert lab.page.locator(".tlnb-augmentation-preview img").count() == 0
    lab.page.locator(".tlnb-small", has_text="Squares: nobody, CC0").wait_for()


def test_another_draw_and_the_untouched_images(lab):
    before = sums(lab)
    lab.page.get_by_role("button", name="Another draw").click()
    lab.page.get_by_text("Epoch 2 of a training with seed 0").wait_for()
    lab.page.wait_for_function(
        f"([canvas, before]) => ({SUM})(canvas) !== before", arg=[tile(lab).element_handle(), before[0]]
    )
    lab.page.get_by_role("button", name="Epoch 1 again").click()
    lab.page.get_by_text("Epoch 1 of a training with seed 0").wait_for()
    lab.page.wait_for_function(
        f"([canvas, before]) => ({SUM})(canvas) === before", arg=[tile(lab).element_handle(), before[0]]
    )
    untouched = lab.page.get_by_role("button", name="Show them untouched")
    untouched.click()
    plain = sums(lab)
    assert all(a != b for a, b in zip(plain, before, strict=True))
    lab.ask("preview.set_strength('rotation', 0.9)")
    lab.page.wait_for_timeout(300)
    assert sums(lab) == plain
    untouched.click()
    assert all(a != b for a, b in zip(sums(lab), plain, strict=True))


def test_an_image_is_looked_at_and_wiped(lab):
    lab.page.locator(".tlnb-tiles .tlnb-tile").nth(4).click()
    lab.page.get_by_text("Image 5 (").first.wait_for()
    handle = lab.page.get_by_role("slider", name="Wipe between")
    stage = lab.page.locator(".tlnb-stage").bounding_box()
    drag(lab, handle, dx=stage["width"] / 4)
    assert handle.get_attribute("aria-valuenow") == "75"
    assert lab.page.locator("canvas.tlnb-over").evaluate("e => e.style.clipPath") == "inset(0px 0px 0px 75%)"
    handle.press("Home")
    assert handle.get_attribute("aria-valuetext") == "all augmented"
    under, over = (lab.page.locator(f".tlnb-stage canvas >> nth={i}").evaluate(SUM) for i in (0, 1))
    assert over == tile(lab, 4).evaluate(SUM) != under


def test_the_filmstrip_goes_along_the_strength_and_a_frame_sets_it(lab):
    slider(lab, "Rotation").focus()
    lab.page.get_by_text("along the strength of rotation").wait_for()
    frames = lab.page.locator(".tlnb-frames .tlnb-tile")
    lab.page.wait_for_timeout(300)
    found = [frames.nth(i).locator("canvas").evaluate(SUM) for i in range(6)]
    assert len(set(found)) == 6
    frames.nth(4).click()
    lab.wait_for(STEPS, "(('rotation', 0.8), ('flip', 0.5))")
    lab.page.wait_for_function(
        f"([canvas, wanted]) => ({SUM})(canvas) === wanted", arg=[tile(lab).element_handle(), found[4]]
    )


def test_an_untrained_head_gives_no_warning_and_a_run_says_when_it_is_too_far(open_preview):
    lab = open_preview(TRAINED)
    lab.page.get_by_text("The model has no opinion yet").first.wait_for()
    lab.ask("preview.judge_by(run)")
    lab.page.locator(".tlnb-sure", has_text="(was ").first.wait_for()
    lab.ask(
        "preview.add('random_resized_crop', 1.0); preview.add('rand_augment', 1.0); preview.add('sensor_noise', 1.0)"
    )
    lab.ask("preview.wait(20)")
    wanted = lab.ask("print(preview._judge.fall(*preview._shown.by(shared.recipe, 0)).says)")
    lab.page.locator(".tlnb-verdict", has_text=wanted).wait_for()
    assert "fell from" in wanted


def test_rapid_drags_end_where_the_hand_ends_and_two_views_stay_in_step(open_preview):
    lab = open_preview("preview")
    sliders = lab.page.get_by_role("slider", name="Strength of Rotation")
    sliders.nth(1).wait_for()
    box = sliders.first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    for turn in range(200):
        lab.page.mouse.move(x - 100 + (turn % 7) * 30, y)
    lab.page.mouse.move(x + 60, y)
    lab.page.mouse.up()
    strength = sliders.first.input_value()
    lab.wait_for("print(dict(shared.recipe.augmentation)['rotation'])", strength)
    lab.page.wait_for_function("([one, value]) => one.value === value", arg=[sliders.nth(1).element_handle(), strength])
    lab.ask("preview.wait(20)")
    lab.page.wait_for_timeout(300)
    first, second = (lab.page.locator(".tlnb-tiles").nth(i).locator("canvas").nth(3).evaluate(SUM) for i in (0, 1))
    assert first == second
    lab.page.get_by_role("button", name="Undo").last.click()
    lab.wait_for("shared.recipe == start", "True")


def test_what_python_and_another_control_change_is_seen(open_preview):
    lab = open_preview("rates = LearningRates(model, preview, images)\nrates")
    lab.ask("shared.change(augmentation=[('blur', 0.7)])")
    slider(lab, "Blur").wait_for()
    assert lab.page.locator(".tlnb-step").count() == 1
    lab.page.locator(".tlnb-learning-rates").get_by_role("button", name="Undo").click()
    slider(lab, "Rotation").wait_for()


def test_what_the_recipe_refuses_is_told_and_jumps_back(lab):
    lab.ask("shared.change(trainable='head', store='views')")
    power = lab.page.get_by_role("switch", name="Flip: on")
    power.click()
    lab.wait_for("print(dict(shared.recipe.augmentation)['flip'])", "0.0")
    lab.page.get_by_role("switch", name="Rotation: on").click()
    lab.page.locator(".tlnb-error", has_text="there is no augmentation").wait_for()
    assert lab.page.get_by_role("switch", name="Rotation: on").inner_text() == "On"


def test_after_a_restart_it_says_what_to_do(lab):
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.shutdown()")
    slider(lab, "Rotation").press("ArrowRight")
    lab.page.get_by_text("The kernel does not answer").first.wait_for(timeout=15_000)


def test_it_is_legible_in_light_and_dark_and_narrow_and_accessible(open_preview):
    lab = open_preview(TRAINED)
    lab.ask("preview.judge_by(run)")
    lab.ask("preview.add('mixup', 0.8)")
    lab.ask("preview.add('sensor_noise', 1.0)")
    lab.ask("preview.switch('flip', on=False)")
    lab.page.locator(".tlnb-frames", has_text="sure").wait_for()
    control = lab.page.locator(".tlnb-augmentation-preview")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.theme(theme)
        control.screenshot(path=lab.pictures / f"{theme}.png")
        assert lab.violations(".tlnb-augmentation-preview", AXE) == []
    lab.page.locator("summary", has_text="Add a step").click()
    control.screenshot(path=lab.pictures / "adding.png")
    assert lab.violations(".tlnb-augmentation-preview", AXE) == []
    lab.theme("JupyterLab Light")
    assert lab.violations(".tlnb-augmentation-preview", AXE) == []
    lab.narrow(2600)
    control.screenshot(path=lab.pictures / "narrow.png")
    assert overflow(control) <= 0
    assert smallest_target(control, "button, summary, input, [role=slider]") >= 44
