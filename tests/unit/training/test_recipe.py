"""Recipes: plain data that validates itself."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlnb.core.errors import RecipeError
from tlnb.data.augmentation import AUGMENTATIONS
from tlnb.training import SCHEDULES, Recipe
from tlnb.training.recipe.presets import PRESETS
from tlnb.training.recipe.selection import fixed_groups, select_groups

NAMES = ("stem", "stage1", "stage2", "stage3", "head")

selectors = st.one_of(
    st.sampled_from(["head", "all", "from stage2"]),
    st.integers(0, 4),
    st.sets(st.sampled_from(NAMES), min_size=1).map(tuple),
)


@st.composite
def recipes(draw):
    epochs = draw(st.integers(2, 50))
    moments = sorted(draw(st.lists(st.floats(0.1, epochs - 0.1), max_size=3)))
    return Recipe(
        trainable=draw(selectors),
        thaw=[(moment, draw(selectors)) for moment in moments],
        fixed_statistics=draw(st.booleans() | st.sets(st.sampled_from(NAMES)).map(list)),
        learning_rate=draw(st.floats(1e-6, 10)),
        rate_ratio=draw(st.floats(1e-4, 1)),
        rate_factors=draw(st.dictionaries(st.sampled_from(NAMES), st.floats(1e-6, 100))),
        optimizer=draw(st.sampled_from(["sgd", "adamw", "rmsprop", "lamb"])),
        decay_to=draw(st.sampled_from(["zero", "pretrained"])),
        ema_decay=draw(st.none() | st.floats(0.5, 0.999)),
        dropout=draw(st.none() | st.floats(0, 0.9)),
        drop_path=draw(st.none() | st.floats(0, 0.9)),
        schedule=draw(st.sampled_from(sorted(SCHEDULES))),
        warmup_epochs=draw(st.floats(0, epochs - 0.5)),
        epochs=epochs,
        batch_size=draw(st.integers(1, 512)),
        seed=draw(st.integers(0, 2**31)),
        augmentation=draw(st.dictionaries(st.sampled_from(list(AUGMENTATIONS)), st.floats(0, 1), max_size=3)).items(),
        clip_norm=draw(st.one_of(st.none(), st.floats(0.01, 100))),
        patience=draw(st.one_of(st.none(), st.integers(1, 10))),
    )


@given(recipes())
def test_a_recipe_survives_toml(recipe):
    assert Recipe.from_toml(recipe.to_toml()) == recipe


@given(recipes(), recipes())
def test_diff_names_exactly_what_differs(one, other):
    changes = {name: pair[1] for name, pair in one.diff(other).items()}
    assert (not changes) == (one == other)
    # Fields depend on one another (a thaw must lie inside the epochs), so all changes go in at once.
    assert one.with_(**changes) == other


@given(recipes())
def test_a_recipe_is_plain_frozen_data(recipe):
    assert hash(recipe) == hash(recipe.with_())
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.epochs = 3


def test_a_recipe_survives_a_file(tmp_path):
    recipe = Recipe.preset("gradual")
    assert Recipe.load(recipe.save(tmp_path / "recipe.toml")) == recipe
    assert [p.name for p in tmp_path.iterdir()] == ["recipe.toml"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_valid_and_takes_changes(name):
    assert Recipe.preset(name, batch_size=7).batch_size == 7


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"learning_rate": 0}, "learning_rate=0"),
        ({"learning_rate": -1e-3}, "learning_rate=-0.001"),
        ({"learning_rate": float("nan")}, "nan"),
        ({"learning_rate": "0.1"}, "'0.1'"),
        ({"rate_ratio": 1.5}, "rate_ratio=1.5"),
        ({"rate_factors": {"stem": 0}}, "freeze it instead"),
        ({"rate_factors": {"stem": -0.1}}, "'stem' the factor -0.1"),
        ({"rate_factors": {"stem": float("inf")}}, "factor inf"),
        ({"rate_factors": {"stem": "fast"}}, "factor 'fast'"),
        ({"rate_factors": [("stem", 0.1), ("stem", 0.2)]}, "name once"),
        ({"rate_factors": [(1, 0.1)]}, "the group 1"),
        ({"rate_factors": ["stem"]}, "(group, factor)"),
        ({"rate_factors": 0.1}, "not a sequence of (group, factor)"),
        ({"parameters": "norm"}, 'Did you mean "norms"'),
        ({"epochs": 0}, "epochs=0"),
        ({"epochs": 2.5}, "epochs=2.5"),
        ({"epochs": True}, "epochs=True"),
        ({"batch_size": -1}, "batch_size=-1"),
        ({"optimizer": "sdg"}, 'Did you mean "sgd"'),
        ({"schedule": "cosin"}, 'Did you mean "cosine"'),
        ({"trainable": "heads"}, "trainable='heads'"),
        ({"trainable": -1}, "trainable=-1"),
        ({"trainable": []}, "trainable"),
        ({"thaw": [(9, "all")]}, "outside the run"),
        ({"thaw": [(0, "all")]}, "outside the run"),
        ({"thaw": [(2, "all"), (1, 1)]}, "not in order"),
        ({"thaw": ["all"]}, "epoch, trainable"),
        ({"warmup_epochs": 5}, "warmup_epochs=5"),
        ({"augmentation": [("flp", 0.5)]}, 'Did you mean "flip"'),
        ({"augmentation": [("flip", 2)]}, "from 0 to 1"),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0"),
        ({"momentum": 1.0}, "momentum=1.0"),
        ({"patience": 0}, "patience=0"),
        ({"ema_decay": 1.0}, "ema_decay=1.0"),
        ({"dropout": -0.1}, "dropout=-0.1"),
        ({"drop_path": 1}, "drop_path=1"),
        ({"decay_to": "pretrain"}, 'Did you mean "pretrained"'),
        ({"decay_to": "pretrained", "weights": "random", "trainable": "all"}, "nothing to decay to"),
        ({"weights": "random"}, "freeze noise"),
        ({"learning_rates": 1}, 'Did you mean "learning_rate"'),
        ({"fixed_statistics": 1}, "fixed_statistics=1"),
        ({"fixed_statistics": None}, "fixed_statistics=None"),
        ({"fixed_statistics": "stage4"}, 'a list of group names (["stage4", "stage5"])'),
        ({"fixed_statistics": ["stage4", 5]}, "fixed_statistics=['stage4', 5]"),
        ({"fixed_statistics": {"stage4": True}}, "True for the whole body"),
        ({"fixed_statistics": ["stage4", "stem", "stage4"]}, "names the group 'stage4' more than once"),
    ],
)
def test_a_wrong_field_is_one_clear_error(changes, says):
    with pytest.raises(RecipeError, match=re.escape(says)):
        Recipe().with_(**changes)


def test_rates_may_be_a_mapping_or_pairs_in_any_order():
    pairs = Recipe(rate_factors=[("stem", 0.1), ("head", 2)])
    assert pairs == Recipe(rate_factors={"head": 2.0, "stem": 0.1}) and pairs.rate_factors == (
        ("head", 2.0),
        ("stem", 0.1),
    )
    assert pairs.diff(Recipe()) == {"rate_factors": (pairs.rate_factors, ())}


def test_groups_with_fixed_statistics_may_come_in_any_order_and_none_is_false():
    some = Recipe(fixed_statistics=["stem", "head", "stage1"])
    assert some == Recipe(fixed_statistics=("head", "stage1", "stem")) and some.fixed_statistics[0] == "head"
    assert some.diff(Recipe()) == {"fixed_statistics": (("head", "stage1", "stem"), False)}
    assert Recipe(fixed_statistics=[]) == Recipe() and Recipe(fixed_statistics=()).fixed_statistics is False


@pytest.mark.parametrize(
    ("given", "fixed"),
    [(True, NAMES[:-1]), (False, ()), (("stage2", "stem"), ("stem", "stage2")), (("head",), ("head",))],
)
def test_fixed_groups_are_the_body_none_or_those_named(given, fixed):
    assert fixed_groups(NAMES, Recipe(fixed_statistics=given).fixed_statistics) == fixed


def test_an_unknown_preset_names_the_near_one():
    with pytest.raises(RecipeError, match='Did you mean "last_stage"'):
        Recipe.preset("laststage")


@pytest.mark.parametrize(
    ("text", "says"),
    [("format = 99", "Upgrade tlnb"), ("epochs = ", "not a recipe"), ("speed = 3", "no field 'speed'")],
)
def test_a_foreign_file_is_refused(text, says):
    with pytest.raises(RecipeError, match=says):
        Recipe.from_toml(text)


@given(selectors)
def test_a_selection_keeps_the_order_of_the_model(selector):
    chosen = select_groups(NAMES, selector)
    assert list(chosen) == [name for name in NAMES if name in chosen] and chosen


@pytest.mark.parametrize(
    ("selector", "says"), [(7, "has 4"), ("from stge2", 'Did you mean "stage2"'), (("stage9",), "stage9")]
)
def test_groups_that_the_model_lacks_are_refused(selector, says):
    with pytest.raises(RecipeError, match=says):
        select_groups(NAMES, selector)


@pytest.mark.parametrize("epochs", [1, 2, 3, 5, 30])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fits_into_any_number_of_epochs(name, epochs):
    recipe = Recipe.preset(name, epochs=epochs)
    assert [what for _, what in recipe.thaw] == [what for _, what in PRESETS[name].get("thaw", ())]
    if epochs >= 4:  # where they have room, they stay where they are
        assert recipe.thaw == PRESETS[name].get("thaw", ())
        assert recipe.warmup_epochs == PRESETS[name].get("warmup_epochs", 0)


def test_what_is_set_by_hand_is_left_so():
    assert Recipe.preset("scratch", epochs=1, warmup_epochs=0.25).warmup_epochs == 0.25
    with pytest.raises(RecipeError, match="warmup_epochs=1"):
        Recipe.preset("scratch", epochs=1, warmup_epochs=1)
