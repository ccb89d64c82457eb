"""The Python half of LearningRates: what hands do to the recipe, what the page is told, the range test, the picture."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rates_for_the_page
import torch
from rates_page import NAMES, START, Page
from torch.optim.optimizer import register_optimizer_step_pre_hook

from tlnb.controls import LearningRates
from tlnb.controls.shared_recipe import SharedRecipe
from tlnb.core.errors import RecipeError
from tlnb.training import SCHEDULES, Recipe


def test_the_page_is_held_to_the_rates_of_real_optimisers():
    assert rates_for_the_page.PLACE.read_text(encoding="utf-8") == rates_for_the_page.written(), (
        "Schedules or rates have changed: run tests/unit/controls/rates/rates_for_the_page.py, then the page's tests."
    )


def test_a_view_is_greeted_with_all_that_it_draws(page):
    assert page.kinds() == ["groups", "ghosts", "sweep", "state", "trace"]
    groups, state = page.last("groups"), page.last("state")["state"]
    assert [group["name"] for group in groups["groups"]] == list(NAMES)
    assert [schedule["name"] for schedule in groups["schedules"]] == list(SCHEDULES)
    assert all(schedule["summary"].endswith(".") and "`" not in schedule["summary"] for schedule in groups["schedules"])
    assert state["starts"] == [None, None, None, None, 0.0, 0.0] and state["when"][0] == "❄ frozen"


def test_the_trace_is_the_optimisers(control, page, model, images):
    message, buffers = next(heard for heard in page.heard if heard[0]["kind"] == "trace")
    curves = START.rates(model, images)
    rates = np.frombuffer(buffers[0], "<f4").reshape(-1, len(NAMES))
    assert np.array_equal(rates, curves.rates[message["steps"]].astype(np.float32))
    assert message["of"] == page.last("state")["state"]["of"]


@pytest.mark.parametrize(
    ("group", "rate", "by_hand", "wanted"),
    [
        ("head", 0.02, False, {"learning_rate": 0.02}),
        ("stage4", 0.005, False, {"rate_ratio": 0.5}),
        ("stem", 0.0000625, False, {"layer_decay": 0.5}),
        ("stage2", 0.03, True, {"rate_factors": (("stage2", 3.0),)}),
        ("head", 0.02, True, {"learning_rate": 0.02}),
    ],
)
def test_a_handle_sets_what_it_stands_for(control, page, group, rate, by_hand, wanted):
    assert page.do("set_rate", group=group, rate=rate, by_hand=by_hand) is None
    assert {name: after for name, (_, after) in START.diff(control.recipe).items()} == wanted


def test_a_drag_is_one_step_back(control, page):
    for rate in (0.02, 0.03, 0.04):
        page.do("set_rate", commit=False, group="head", rate=rate)
    page.do("set_rate", group="head", rate=0.05)
    assert control.recipe.learning_rate == 0.05
    page.do("undo")
    assert control.recipe == START
    page.do("redo")
    assert control.recipe.learning_rate == 0.05


def test_the_axes_stand_still_while_a_hand_drags(page):
    before = page.last("state")["state"]
    page.do("set_rate", commit=False, group="head", rate=50.0)
    assert [page.last("state")["state"][axis] for axis in ("domain", "run")] == [before["domain"], before["run"]]
    page.do("set_rate", group="head", rate=50.0)
    assert page.last("state")["state"]["domain"] == [1e-6, 100.0]


@pytest.mark.parametrize(
    ("action", "fields", "says"),
    [
        ("set", {"name": "learning_rate", "value": -1}, "learning_rate=-1 is not a number in (0, inf)"),
        ("set", {"name": "layer_decay", "value": "much"}, "layer_decay='much' is not a number in (0, 1]"),
        ("set", {"name": "warmup_epochs", "value": 4}, "warmup_epochs=4 is not a number in [0, 4)"),
        ("set", {"name": "floor", "value": 1}, "floor=1 is not a number in [0, 1)"),
        ("set", {"name": "ceiling", "value": 0.1}, "has no option 'ceiling'"),
        ("set_rate", {"group": "stem", "rate": "x"}, "'x' is not a rate for stem: give a number above 0"),
        ("set_rate", {"group": "stage4", "rate": 0.02}, "rate_ratio=2.0 is not a number in (0, 1]"),
        ("set_rate", {"group": "stage9", "rate": 0.02}, "no group 'stage9'; it has stem"),
        ("set_schedule", {"name": "cosin"}, "schedule='cosin' is not one of"),
        ("take", {"name": "valley"}, "no range test yet"),
        ("hop", {}, "LearningRates has no action 'hop'"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(control, page, action, fields, says):
    assert says in page.do(action, **fields)
    assert control.recipe == START and page.last("state")["state"]["peaks"]["learning_rate"] == 0.01


def test_a_length_of_less_than_a_step_is_refused_before_it_is_taken(control, page):
    page.do("set_schedule", name="step")
    assert "is 0 step(s) of these images" in page.do("set", name="every", value=0.01)
    assert control.recipe.schedule_options == ()


def test_another_schedule_begins_with_its_own_options(control, page):
    page.do("set", name="floor", value=0.2)
    page.do("set_schedule", name="triangular")
    assert control.recipe.schedule == "triangular" and control.recipe.schedule_options == ()
    settings = {one["name"]: one for one in page.last("state")["state"]["settings"]}
    assert list(settings) == ["warmup_epochs", "cycle", "floor"]
    assert settings["cycle"] == {
        **{"name": "cycle", "label": "cycle", "unit": " epochs"},
        **{"value": 2.0, "low": 0.34, "high": 4, "step": 0.1},
    }


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_ends_that_a_handle_can_reach_are_allowed(control, page, schedule):
    control.recipe = START.with_(schedule=schedule)
    for setting in page.last("state")["state"]["settings"]:
        for value in (setting["low"], setting["high"]):
            control.recipe = START.with_(schedule=schedule)
            assert page.do("set", name=setting["name"], value=value) is None


def test_following_the_ratio_again_gives_the_factors_up(control, page):
    page.do("set_rate", group="stem", rate=0.5, by_hand=True)
    page.do("follow")
    assert control.recipe == START


def test_changes_made_elsewhere_show(model, images):
    shared = SharedRecipe(START)
    first, second = LearningRates(model, shared, images), LearningRates(model, shared, 640)
    page = Page(second)
    first.recipe = first.recipe.with_(learning_rate=0.5, trainable="all")
    state = page.last("state")["state"]
    assert state["peaks"]["learning_rate"] == 0.5 and state["starts"] == [0.0] * 6
    assert page.last("trace")["of"] == state["of"]
    shared.undo()
    assert page.last("state")["state"]["peaks"]["learning_rate"] == 0.01


def test_a_recipe_from_elsewhere_that_the_model_cannot_have_is_told(control, page):
    control.recipe = START.with_(rate_factors={"stage9": 1})
    assert "no group 'stage9'" in page.last("error")["text"]
    control.shared.undo()
    assert page.last("state")["state"]["peaks"]["factors"] == {}


def test_nobody_looks_and_nothing_is_computed(control):
    sent = []
    control.send = lambda *message: sent.append(message)
    control.recipe = control.recipe.with_(epochs=9)
    assert sent == []


def test_what_the_rates_do_not_go_by_sends_no_second_trace(page, control):
    del page.heard[:]
    control.recipe = control.recipe.with_(label_smoothing=0.1)
    assert page.kinds() == ["state"]


def test_a_run_of_very_many_steps_is_not_read_step_by_step(model):
    page = Page(LearningRates(model, Recipe(epochs=100), 32_000))
    assert page.last("trace") is None
    assert "100,000 steps are many to read from the optimiser" in page.last("state")["state"]["source"]


def test_without_images_the_run_is_counted_in_epochs_and_there_is_no_range_test(model):
    control = LearningRates(model, START)
    page = Page(control)
    assert page.last("state")["state"]["counted"] is False
    assert "needs the images" in page.last("groups")["whyNoTest"]
    assert "needs the images" in page.do("test")


def test_a_recipe_for_another_model_is_refused(model, images):
    with pytest.raises(RecipeError, match="no group 'stage9'"):
        LearningRates(model, START.with_(rate_factors={"stage9": 1}), images)
    with pytest.raises(TypeError, match="no recipe"):
        LearningRates(model, "cosine", images)


def test_groups_of_which_nothing_can_learn_count_as_frozen():
    plain = rates_for_the_page.Small()
    plain.body = torch.nn.Sequential(*plain.body, torch.nn.BatchNorm2d(4))
    control = LearningRates(plain, Recipe(trainable="all", parameters="norms"), 100)
    page = Page(control)
    curves = control.recipe.rates(plain, 100)
    assert [start is None for start in page.last("state")["state"]["starts"]] == (curves.rates == 0).all(0).tolist()
    assert page.last("state")["state"]["starts"].count(None) > 0


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "lamb"])
def test_its_code_gives_the_rates_of_the_run(model, images, schedule, optimizer):
    recipe = START.with_(
        schedule=schedule, optimizer=optimizer, warmup_epochs=0.5, layer_decay=0.7, trainable=2, thaw=[(1, "all")]
    )
    code = LearningRates(model, recipe, images)._code()
    seen = []

    def look(optimizer, *_):
        if "peak" in optimizer.param_groups[0]:
            seen.append([group["lr"] for group in optimizer.param_groups])

    hook = register_optimizer_step_pre_hook(look)
    try:
        names: dict = {"model": model}
        exec(code, names)
    finally:
        hook.remove()
    curves = recipe.rates(model, images)
    assert len(seen) == len(curves)
    members = {id(p): g for p, g in names["group_of"].items()}
    groups = [curves.groups.index(members[id(g["params"][0])]) for g in names["optimizer"].param_groups]
    for step, rates in zip(curves.rates, seen, strict=True):
        trains = step[groups] > 0
        assert np.allclose(step[groups][trains], np.array(rates)[trains], rtol=1e-9)


def test_equal_states_give_equal_pictures(model, images, control):
    data, _ = control._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG") and data["text/plain"] == repr(control)
    assert LearningRates(model, START, images)._picture().png() == data["image/png"]


def test_what_a_notebook_saves_of_it_is_small(control, page):
    page.do("set_rate", group="head", rate=0.3)
    assert len(json.dumps(control.get_state(), default=str)) < 2_500
