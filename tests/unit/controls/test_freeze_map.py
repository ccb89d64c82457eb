from __future__ import annotations

import copy
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from monitored import HeardPage
from torch import nn

import tlnb
from tlnb.backbones import layer_groups
from tlnb.controls import FreezeMap, SharedRecipe
from tlnb.controls.freezing import words
from tlnb.controls.freezing.states import BlockStates, selector
from tlnb.core.errors import RecipeError
from tlnb.training import LayerPlan, Recipe
from tlnb.training.layer_plan import FIXED_STATISTICS, FROZEN, STATES, TRAINS

NAMES = ("stem", "stage1", "stage2", "stage3", "head")
PROBE = Recipe.preset("probe")


@pytest.fixture(scope="module")
def images():
    torch.manual_seed(0)
    labels = torch.arange(80) % 2
    pixels = torch.randint(0, 100, (80, 3, 32, 32)) + 120 * labels[:, None, None, None]
    return tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "bright"])


@pytest.fixture(scope="module")
def model():
    return tlnb.create_model("resnet18", 2, weights="random")


@pytest.fixture
def frozen(model, images):
    return FreezeMap(model, PROBE, images)


def opened(control):
    """Return a page that shows it."""
    page = HeardPage(control)
    page.open()
    return page


@pytest.fixture
def page(frozen):
    return opened(frozen)


@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.5, None]), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_states_become_a_recipe_that_says_them(starts, fixed):
    states = BlockStates(
        dict(zip(NAMES, [*starts, 0.0], strict=True)),
        frozenset(name for name, one in zip(NAMES[:-1], fixed[:-1], strict=True) if one),
    )
    again = BlockStates.of(states.recipe(PROBE), NAMES)
    assert again.starts == states.starts
    assert [again.state(name) for name in NAMES] == [states.state(name) for name in NAMES]


@given(st.lists(st.tuples(st.sampled_from(NAMES[:-1]), st.sampled_from(STATES)), max_size=8))
def test_a_click_and_its_opposite_give_the_recipe_back(clicks):
    recipe = Recipe(trainable="from stage2", epochs=5)
    for name, state in clicks:
        states = BlockStates.of(recipe, NAMES)
        there = states.put({name: state}).recipe(recipe)
        back = BlockStates.of(there, NAMES).put({name: states.state(name)}).recipe(there)
        assert BlockStates.of(back, NAMES) == states and back.trainable == recipe.trainable
        recipe = there


@pytest.mark.parametrize("name", ["probe", "last_stage", "gradual", "full"])
def test_a_preset_stays_in_its_own_words(name):
    recipe = Recipe.preset(name)
    same = BlockStates.of(recipe, NAMES).recipe(recipe)
    assert BlockStates.of(same, NAMES) == BlockStates.of(recipe, NAMES)
    assert isinstance(same.trainable, str) and all(isinstance(groups, str) for _, groups in same.thaw)


def test_blocks_apart_are_named_one_by_one():
    assert selector(NAMES, ["stem", "head"]) == ("stem", "head")


def test_nothing_that_trains_is_refused_and_changes_nothing(frozen):
    with pytest.raises(RecipeError, match="Nothing would train at the start"):
        frozen.set_states({"head": "frozen"})
    assert frozen.recipe == PROBE


@pytest.mark.parametrize(
    ("states", "says"),
    [({"stage44": "trains"}, "no group 'stage44'.*stage4"), ({"stage4": "melted"}, "cannot be 'melted'.*fixed_stat")],
)
def test_a_wrong_block_or_state_is_told(frozen, states, says):
    with pytest.raises(RecipeError, match=says):
        frozen.set_states(states)


def test_a_recipe_for_another_model_is_refused_at_once(model):
    with pytest.raises(RecipeError, match="no group 'stage9'"):
        FreezeMap(model, Recipe(trainable="from stage9"))


def test_the_page_is_greeted_with_the_network_and_its_state(page):
    network = page.last("network")["network"]
    assert [block["name"] for block in network["blocks"]][-1] == "head" and len(network["arcs"]) == 8
    assert page.last("state")["state"]["states"] == [FROZEN] * 5 + [TRAINS]


def test_what_the_page_does_changes_the_recipe_and_is_answered(page):
    page.do("set_states", states={"stage4": FIXED_STATISTICS})
    assert page.control.recipe.trainable == "from stage4" and page.control.recipe.fixed_statistics == ("stage4",)
    answer = page.last("state")
    assert answer["number"] == 1 and answer["view"] == "a" and answer["state"]["states"][4] == FIXED_STATISTICS
    page.do("undo")
    assert page.control.recipe == PROBE and page.last("state")["state"]["redo"]


def test_what_cannot_be_done_is_told_and_the_page_gets_what_holds(page):
    page.do("set_states", states={"head": FROZEN})
    kinds = [content["kind"] for _, _, content, _ in page.heard[-2:]]
    assert kinds == ["state", "error"] and page.last("state")["state"]["states"][5] == TRAINS
    assert "Nothing would train" in page.last("error")["text"]


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "do", "action": "set_states", "fields": {"states": 3}},
        {"kind": "do", "action": "set_states", "fields": {"wrong": 3}},
        {"kind": "do", "action": "set_starts", "fields": {"starts": {"stem": "soon"}}},
        {"kind": "do", "action": "__init__"},
        {"kind": "do", "action": "preset", "fields": {"name": "nothing"}},
        {"kind": "do"},
        {"kind": "other"},
        "text",
        None,
    ],
)
def test_a_message_that_makes_no_sense_changes_nothing_and_raises_nothing(page, content):
    page.control._receive(page.control, content, [])
    assert page.control.recipe == PROBE


def test_nothing_is_sent_where_nobody_looks(page):
    page.close()
    before = len(page.heard)
    page.control.shared.change(epochs=9)
    assert len(page.heard) == before


def test_two_maps_on_one_recipe_stay_in_step_with_each_other_and_with_python(model):
    held = SharedRecipe(PROBE)
    first, second = opened(FreezeMap(model, held)), opened(FreezeMap(model, held))
    first.do("set_states", states={"stage4": TRAINS})
    assert second.last("state")["state"]["states"][4] == TRAINS
    third = opened(FreezeMap(model, second.control))
    held.recipe = Recipe.preset("full")
    assert all(page.last("state")["state"]["states"] == [TRAINS] * 6 for page in (first, second, third))


def test_a_preset_says_what_it_would_change_and_does_just_that(page):
    told = next(one for one in page.last("state")["state"]["presets"] if one["name"] == "last_stage")
    assert told["changes"].startswith("Last stage changes trainable from 'head' to 1")
    page.do("preset", name="last_stage")
    changed = Recipe.preset("last_stage").diff(PROBE)
    assert page.control.recipe.diff(PROBE) == changed
    state = page.last("state")["state"]
    assert "what it is now" in next(one for one in state["presets"] if one["name"] == "last_stage")["changes"]


@pytest.mark.parametrize("epochs", [1, 2, 3, 8])
def test_the_gradual_preset_fits_a_run_of_any_length(model, epochs):
    page = opened(FreezeMap(model, PROBE.with_(epochs=epochs)))
    page.do("preset", name="gradual")
    assert len(page.control.recipe.thaw) == 3 and page.control.recipe.epochs == epochs


@pytest.mark.parametrize("name", ["resnet18", "tf_efficientnet_lite0", "vit_tiny_patch16_224", "convnext_atto"])
@pytest.mark.parametrize("epoch", [0, 2])
def test_the_code_that_it_shows_does_what_a_layer_plan_does(name, epoch):
    model = tlnb.create_model(name, 2, weights="random")
    groups = layer_groups(model)
    names = tuple(group.name for group in groups)
    starts = {n: None if i < 2 else 2.0 if i == 2 else 0.0 for i, n in enumerate(names)}
    states = BlockStates(starts, frozenset(names[-2:-1]))
    ours, theirs = copy.deepcopy(model), copy.deepcopy(model)
    space = {"model": ours}
    exec(words.code(states, groups), space)
    space["training_mode"](ours, epoch)
    plan = LayerPlan(theirs)
    training = [n for n in names if starts[n] is not None and starts[n] <= epoch]
    plan.keep_training(training, fixed_statistics=states.fixed)
    plan.train()
    assert [p.requires_grad for p in ours.parameters()] == [p.requires_grad for p in theirs.parameters()]
    normalises = [
        [module.training for module in one.modules() if hasattr(module, "running_mean")] for one in (ours, theirs)
    ]
    assert normalises[0] == normalises[1]


def test_a_model_of_four_hundred_layers_and_one_of_ones_own_are_drawn():
    layers = [layer for _ in range(200) for layer in (nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4))]
    deep = nn.Sequential(nn.Conv2d(3, 4, 3), *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    page = opened(FreezeMap(deep, PROBE))
    greeting = json.dumps(page.last("network"))
    assert len(page.last("network")["network"]["layers"]) == 402 and len(greeting) < 60_000
    page.do("set_states", states={"stem": TRAINS})
    assert page.last("state")["state"]["states"][0] == TRAINS


def test_gradients_are_measured_on_demand_and_change_nothing(page, model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert page.last("state")["state"]["ratios"] is None
    page.do("gradients")
    assert len(page.last("state")["state"]["ratios"]) == 6
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_without_images_gradients_are_not_offered(model):
    page = opened(FreezeMap(model, PROBE))
    assert not page.last("state")["state"]["can"]["gradients"]
    page.do("gradients")
    assert "FreezeMap(model, recipe, images)" in page.last("error")["text"]


def test_filters_come_as_bytes_and_weights_as_counts(page, model):
    page.do("inside")
    content, buffers = next(message[2:] for message in page.heard if message[2]["kind"] == "filters")
    assert len(buffers[0]) == content["count"] * content["height"] * content["width"] * 3
    assert [group["after"] for group in page.last("weights")["groups"]] == [None] * 6
    page.control.compare(copy.deepcopy(model))
    page.do("inside")
    assert len(page.of("filters")) == 3
    assert all(group["after"] == group["before"] for group in page.last("weights")["groups"])


def test_a_network_of_another_kind_is_not_compared(page):
    page.control.compare(tlnb.create_model("test_efficientnet", 2, weights="random"))
    page.do("inside")
    assert page.last("error")["text"]


def test_where_no_widget_is_alive_there_is_a_picture_and_a_sentence(frozen):
    data, _ = frozen._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data and data["image/png"][1:4] == b"PNG"
    assert data["text/plain"].startswith("FreezeMap: Head trains; stem to stage4 are frozen.")


def test_its_saved_state_is_small(frozen):
    assert len(json.dumps(frozen.get_state(), default=str)) < 3000
