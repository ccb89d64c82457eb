"""The controls of a method in a real JupyterLab: a training of DANN is steered by them while it goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab_page import opened_at_its_end, overflow, smallest_target

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
SETUP = """import torch, tlnb
from tlnb.controls import MethodControls, SharedRecipe, TrainingMonitor
from tlnb.methods import DANN
from tlnb.training import Choice, Number, Settings, Switch, Weights
torch.manual_seed(0)
labels = torch.arange(160) % 2
pixels = torch.randint(0, 100, (160, 3, 32, 32)) + 100 * labels[:, None, None, None]
source = tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "bright"])
target = tlnb.ImageData.from_tensors((255 - pixels).to(torch.uint8), labels, ["dark", "bright"])
model = tlnb.create_model("resnet10t", source, weights="random")
recipe = tlnb.Recipe(trainable="all", epochs=500, batch_size=8, learning_rate=0.003, schedule="constant")
dann = DANN(target)
monitor = TrainingMonitor(model, source, recipe, device="cpu", method=dann, name="seen")"""
CONTROLS = "controls = MethodControls(dann, monitor)\ncontrols"
MONITOR = "monitor"
EPISODES = """drawn = []
evil = "<img src=x onerror=document.title=1>"
episodes = Settings([
    Number("shots", 1, 20, 1, whole=True, while_training=False, says="How many examples of each class are shown."),
    Weights("kernels", ("narrow", "middle", evil), (0.5, 0.25, 0.25), says="How much each kernel counts. " + evil),
    Choice("distance", ("euclidean", "cosine", evil), says="How near two features are."),
    Switch("balanced", False, says="Whether each class has as many."),
])
few = MethodControls(episodes, on_change=lambda now: drawn.append(now["shots"]))
few"""
EACH = """from IPython.display import display
from tlnb import methods
from tlnb.methods.target import TargetMethod
found = [one for one in map(methods.__dict__.get, methods.__all__) if hasattr(one, "start")]
made = [one(target) if issubclass(one, TargetMethod) else one() for one in found]
for one in made:
    display(MethodControls(one))"""
ALIGNED = "from tlnb.methods import MMD\nmmd = MMD(target)\nMethodControls(mmd)"
# What of a control's words, numbers and buttons lies on another one, or does not show whole.
CLASHES = """control => {
  const found = [], inside = control.getBoundingClientRect();
  const parts = ".tlnb-name, .tlnb-ends > *, .tlnb-number, .tlnb-typed > span, .tlnb-state, .tlnb-back, .tlnb-what";
  for (const row of control.querySelectorAll(".tlnb-setting, .tlnb-when")) {
    const shown = [...row.querySelectorAll(parts)].filter(one => one.textContent || one.value);
    for (const one of shown) {
      const range = document.createRange();
      range.selectNodeContents(one);
      const box = one.matches("input, select, button") ? one.getBoundingClientRect() : range.getBoundingClientRect();
      const text = one.value || one.textContent;
      if (box.left < inside.left - 1 || box.right > inside.right + 1) found.push(`${text}: out of the control`);
      if (one.clientWidth && one.scrollWidth > one.clientWidth + 1) found.push(`${text}: cut off`);
      one.box = box;
    }
    shown.forEach((one, at) => shown.slice(at + 1).forEach(other => {
      const [a, b] = [one.box, other.box];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 1) found.push(`${one.value || one.textContent} on ${other.value || other.textContent}`);
    }));
  }
  return found;
}"""
LAST = "print([(e.name, e.value) for e in monitor.run.events if e.kind == 'steered' and e.action == 'set'][-1])"


@pytest.fixture
def open_controls(open_notebook, tmp_path):
    """Open a notebook with some cells, run to its end."""

    def open_it(*cells):
        lab = opened_at_its_end(open_notebook, tmp_path / "method_controls.ipynb", SETUP, *cells)
        lab.page.locator(".tlnb-method-controls .tlnb-setting").first.wait_for()
        return lab

    return open_it


@pytest.fixture
def lab(open_controls):
    yield (lab := open_controls(CONTROLS, MONITOR))
    lab.ask("monitor._running() and monitor.stop()")


@pytest.fixture
def few(open_controls):
    return open_controls(EPISODES)


def drag(lab, name, share):
    """Drag a slider's knob to a share of its width."""
    box = lab.page.get_by_role("slider", name=name, exact=True).bounding_box()
    now = lab.page.get_by_role("slider", name=name, exact=True)
    at, last = float(now.input_value()), float(now.get_attribute("max"))
    middle = box["y"] + box["height"] / 2
    inner, edge = box["width"] - 16, box["x"] + 8
    lab.page.mouse.move(edge + inner * at / last, middle)
    lab.page.mouse.down()
    lab.page.mouse.move(edge + inner * share, middle, steps=12)
    lab.page.mouse.up()


def test_a_training_of_dann_is_steered_while_it_goes_and_the_curve_marks_it(lab):
    page = lab.page
    page.get_by_role("button", name="▶ Start").click()
    lab.wait_for("monitor._watch.history is not None and monitor._watch.history.step > 5", "True", 30)
    drag(lab, "reversal weight", 0.25)
    lab.wait_for("0.4 < dann.settings['reversal_weight'] < 0.6", "True")
    weight = lab.ask("print(dann.settings['reversal_weight'])")
    lab.wait_for(LAST, f"('reversal_weight', {weight})")
    lab.wait_for("print(monitor.run.steering.settings['reversal_weight'])", weight)
    page.locator(".tlnb-training-monitor").get_by_text(f"◆ reversal weight {float(weight):.4g}").first.wait_for()
    curves = page.locator(".tlnb-training-monitor svg")
    for word in ("loss of the domain classifier (nats)", "guessing"):
        curves.get_by_text(word).wait_for()
    assert "domain classifier (nats) 0." in curves.get_attribute("aria-label")
    assert int(lab.ask("print(sum(mark.action == 'set' for mark in monitor._watch.history.marks))")) <= 3
    page.get_by_role("switch", name="schedule").click()
    lab.wait_for(LAST, "('schedule', False)")
    number = page.get_by_label("domain weight, number")
    number.fill("0.5")
    number.press("Enter")
    lab.wait_for(LAST, "('domain_weight', 0.5)")
    lab.ask("dann.settings['domain_weight'] = 2.0")  # and from Python's side
    page.wait_for_function("one => one.value === '2'", arg=number.element_handle())
    lab.wait_for(LAST, "('domain_weight', 2.0)")
    lab.picture("running")


def test_what_a_run_cannot_take_is_told_and_the_next_one_takes_it(lab):
    page = lab.page
    page.get_by_role("button", name="▶ Start").click()
    lab.wait_for("monitor._watch.history is not None and monitor._watch.history.step > 2", "True", 30)
    hidden = page.get_by_label("hidden, number of units")
    hidden.fill("32")
    hidden.press("Enter")
    note = page.locator(".tlnb-method-controls .tlnb-note")
    note.get_by_text("hidden (100 → 32)").wait_for()
    lab.picture("note")
    lab.ask("monitor.stop()")
    note.get_by_text("The last run ended with hidden 100; what is set now counts for the next one.").wait_for()
    lab.picture("note of the end")
    lab.ask("run = monitor.run.result(60)")
    assert lab.ask("print(run.method.settings['hidden'])") == "100"
    lab.ask("monitor.recipe = monitor.recipe.with_(epochs=1); monitor.start(); run = monitor.run.result(60)")
    assert lab.ask("print(run.method.settings['hidden'])") == "32"
    note.wait_for(state="hidden")


def test_everything_works_by_the_keyboard(few):
    page = few.page
    shots = page.get_by_role("slider", name="shots", exact=True)
    shots.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    few.wait_for("print(episodes['shots'])", "4")
    assert few.ask("print(drawn)") == "[2, 3, 4]"
    page.keyboard.press("End")
    few.wait_for("print(episodes['shots'])", "20")
    page.keyboard.press("Control+z")
    few.wait_for("print(episodes['shots'])", "4")
    page.keyboard.press("Control+Shift+z")
    few.wait_for("print(episodes['shots'])", "20")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "shots, back to its default: 1"
    page.keyboard.press("Enter")
    few.wait_for("print(episodes['shots'])", "1")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("shots, back")
    narrow = page.get_by_role("slider", name="kernels: narrow", exact=True)
    narrow.focus()
    page.keyboard.press("Home")
    few.wait_for("print(episodes['kernels'])", "(0.0, 0.5, 0.5)")
    balanced = page.get_by_role("switch", name="balanced")
    balanced.focus()
    page.keyboard.press("Space")
    few.wait_for("print(episodes['balanced'])", "True")
    distance = page.get_by_role("combobox", name="distance")
    distance.focus()
    page.keyboard.press("ArrowDown")
    few.wait_for("print(episodes['distance'])", "cosine")


def test_a_logarithmic_slider_goes_in_even_ratios_by_the_keyboard_and_reaches_0(open_controls):
    lab = open_controls(ALIGNED)
    page = lab.page
    weight = page.get_by_role("slider", name="weight", exact=True)

    def stands_at(value, told):
        lab.wait_for("print(mmd.settings['weight'])", value)
        at = [weight.element_handle(), told]
        page.wait_for_function("([one, told]) => one.getAttribute('aria-valuetext') === told", arg=at)

    weight.focus()
    stands_at("1.0", "1")
    page.keyboard.press("ArrowRight")
    stands_at("1.1", "1.1")
    for _ in range(19):
        page.keyboard.press("ArrowRight")
    stands_at("10.0", "10")
    page.keyboard.press("ArrowRight")
    stands_at("11.0", "11")
    page.keyboard.press("End")
    stands_at("100.0", "100")
    page.keyboard.press("Home")
    stands_at("0.0", "0")
    page.keyboard.press("ArrowRight")
    stands_at("0.1", "0.1")
    number = page.get_by_label("weight, number")
    number.fill("250")  # beyond the slider
    number.press("Enter")
    stands_at("250.0", "250")
    assert weight.input_value() == weight.get_attribute("max")
    number.fill("1001")
    number.press("Enter")
    page.locator(".tlnb-error", has_text="weight=1001 is not a number from 0 to 1000.").wait_for()
    stands_at("250.0", "250")
    weight.focus()
    page.keyboard.press("ArrowRight")  # further on there is nothing
    page.keyboard.press("ArrowLeft")
    stands_at("100.0", "100")
    for key, value in {"PageDown": "50", "PageUp": "100", "Home": "0", "ArrowUp": "0.1", "PageUp ": "0.2"}.items():
        page.keyboard.press(key.strip())
        stands_at(f"{float(value)}", value)
    number.fill("1.05")  # between two stops
    number.press("Enter")
    weight.focus()
    page.keyboard.press("ArrowRight")
    stands_at("1.1", "1.1")
    drag(lab, "weight", 0.5)
    lab.wait_for("2.5 < mmd.settings['weight'] < 4", "True")


def test_shares_are_dragged_and_keep_their_sum(few):
    drag(few, "kernels: narrow", 0.2)
    few.wait_for("0.15 < episodes['kernels'][0] < 0.25", "True")
    assert few.ask("print(round(sum(episodes['kernels']), 9), len(set(episodes['kernels'][1:])))") == "1.0 1"
    share = few.page.get_by_label("kernels: middle, share")
    share.fill("0.7")
    share.press("Enter")
    few.wait_for("print(round(episodes['kernels'][1], 9))", "0.7")
    share.fill("7")
    share.press("Enter")
    few.page.locator(".tlnb-error", has_text="not to 1").wait_for()
    few.page.wait_for_function("one => one.value === '0.7'", arg=share.element_handle())
    few.page.get_by_role("button", name="All to default").click()
    few.wait_for("print(episodes['kernels'])", "(0.5, 0.25, 0.25)")


def test_words_of_a_method_stay_text(few):
    assert few.page.locator(".tlnb-method-controls img").count() == 0
    assert few.page.locator(".tlnb-what", has_text="<img src=x").count() == 1
    assert few.page.title() != "1"


def test_its_code_is_shown(lab):
    lab.ask("dann.settings['reversal_weight'] = 0.5")
    lab.page.get_by_text("The Python that sets these values").click()
    code = lab.page.locator(".tlnb-method-controls .tlnb-code")
    code.get_by_text("steering.set").first.wait_for()
    assert "method.settings.change(reversal_weight=0.5)" in code.inner_text()


def test_it_is_seen_and_read_in_light_in_dark_and_on_a_narrow_page(open_controls):
    lab = open_controls(CONTROLS, EPISODES)
    page = lab.page
    lab.ask("dann.settings.change(reversal_weight=0.4, schedule=False); episodes['kernels'] = (0.2, 0.3, 0.5)")
    for theme in ("Light", "Dark"):
        lab.theme(f"JupyterLab {theme}")
        page.wait_for_timeout(1000)
        lab.picture(theme.lower())
        for at in range(2):
            page.evaluate(f"document.querySelectorAll('.tlnb-method-controls')[{at}].id = 'one{at}'")
            assert lab.violations(f"#one{at}", AXE) == []
    for theme, width in (("Light", 500), ("Dark", 420)):
        lab.theme(f"JupyterLab {theme}")
        page.evaluate(
            """width => document.querySelectorAll('.tlnb-method-controls')
              .forEach(one => one.parentElement.style.width = `${width}px`)""",
            width,
        )
        page.wait_for_timeout(1000)
        lab.picture(f"narrow {width}")
        for at in range(2):
            assert overflow(page.locator(f"#one{at}")) <= 0, "it is wider than its page"
            assert lab.violations(f"#one{at}", AXE) == []
    # A switch's box is small; its label, which is clicked too, is not.
    control = page.locator(".tlnb-method-controls")
    assert smallest_target(control, "button, summary, input:not([type=checkbox]), select, label") >= 44


def test_every_method_there_is_has_its_controls_in_light_in_dark_and_on_a_narrow_page(open_controls):
    lab = open_controls(EACH)
    page, control = lab.page, lab.page.locator(".tlnb-method-controls")
    count = int(lab.ask("print(len(made))"))
    control.nth(count - 1).locator(".tlnb-setting").first.wait_for()
    assert control.count() == count > 6
    settings = int(lab.ask("print(sum(len(one.settings) for one in made))"))
    assert control.locator(".tlnb-setting").count() == control.locator(".tlnb-what:not(:empty)").count() == settings
    for theme, width in (("Light", 0), ("Dark", 0), ("Light", 420)):
        lab.theme(f"JupyterLab {theme}")
        page.evaluate(
            """width => document.querySelectorAll('.tlnb-method-controls')
              .forEach(one => one.parentElement.style.width = width ? `${width}px` : '')""",
            width,
        )
        page.wait_for_timeout(1000)
        for at in range(count):
            name = lab.ask(f"print(type(made[{at}]).__name__)")
            control.nth(at).scroll_into_view_if_needed()
            page.evaluate(f"document.querySelectorAll('.tlnb-method-controls')[{at}].id = 'each{at}'")
            assert overflow(page.locator(f"#each{at}")) <= 0, name
            assert lab.violations(f"#each{at}", AXE) == [], name
            control.nth(at).screenshot(path=lab.pictures / f"{name} {theme.lower()} {width or 'wide'}.png")


def test_at_no_width_of_a_notebook_something_overlaps_or_is_cut_off(open_controls):
    lab = open_controls(EACH, EPISODES)
    page, control = lab.page, lab.page.locator(".tlnb-method-controls")
    count = int(lab.ask("print(len(made) + 1)"))
    control.nth(count - 1).locator(".tlnb-setting").first.wait_for()
    lab.ask("for one in made: one.settings.change(**{n: 0.0625 for n in one.settings if n.endswith('weight')})")
    page.set_viewport_size({"width": 1500, "height": 2400})
    for width in range(400, 1001, 50):
        page.evaluate(
            """width => document.querySelectorAll('.tlnb-method-controls')
              .forEach(one => one.parentElement.style.width = `${width}px`)""",
            width,
        )
        page.wait_for_timeout(200)
        for at in range(count):
            assert control.nth(at).evaluate(CLASHES) == [], f"control {at} at {width} px"
            assert overflow(control.nth(at)) <= 0, f"control {at} at {width} px"
        sliders = control.get_by_role("slider")
        assert min(sliders.evaluate_all("all => all.map(one => one.offsetWidth)")) >= 180, f"a slider at {width} px"
        if width in (400, 650, 1000):
            for at in range(count):
                control.nth(at).screenshot(path=lab.pictures / f"{at} at {width}.png")
    page.add_style_tag(content=".tlnb-back { position: absolute; left: 0; } .tlnb-number { width: 2ch !important; }")
    found = control.first.evaluate(CLASHES)  # what is looked for would be found
    assert any("weight on Default" in one for one in found) and any("cut off" in one for one in found)


def test_after_a_restarted_kernel_it_says_what_to_do(few):
    few.restart_kernel()
    few.page.get_by_role("slider", name="shots", exact=True).press("ArrowRight")
    few.page.locator(".tlnb-away", has_text="run the cell above again").wait_for(timeout=20_000)


def test_it_is_moved_in_other_hosts_too(open_elsewhere, tmp_path):
    lab = opened_at_its_end(open_elsewhere, tmp_path / "method_controls.ipynb", SETUP, EPISODES)
    shots = lab.page.get_by_role("slider", name="shots", exact=True)
    shots.wait_for()
    shots.focus()
    lab.page.keyboard.press("ArrowRight")  # an arrow that the host would take for itself
    lab.wait_for("print(episodes['shots'])", "2")
    drag(lab, "kernels: narrow", 0.2)
    lab.wait_for("0.15 < episodes['kernels'][0] < 0.25", "True")
    lab.page.get_by_role("switch", name="balanced").click()
    lab.wait_for("print(episodes['balanced'])", "True")
    lab.ask("episodes['shots'] = 7")
    lab.page.wait_for_function("one => one.value === '6'", arg=shots.element_handle())  # the seventh place
