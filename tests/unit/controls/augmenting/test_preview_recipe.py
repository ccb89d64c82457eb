"""What a hand makes of the recipe's steps: sliders are never lost, and others follow."""

from __future__ import annotations

import pytest
from previewed import NAMES, START, AugmentationPreview, did, opened

import tlnb
from tlnb.controls import LearningRates, SharedRecipe
from tlnb.core.errors import RecipeError
from tlnb.data.augmentation import AUGMENTATIONS
from tlnb.training import Recipe


@pytest.fixture
def control(small_model, bright_images):
    return AugmentationPreview(small_model, START, bright_images)


@pytest.fixture
def view(page, control):
    return opened(page, control)


def test_a_drag_is_one_step_back(view, control):
    for strength in (0.5, 0.4, 0.3):
        view.control._receive(
            None,
            {"kind": "do", "view": "a", "number": 1, "action": "set", "commit": False}
            | {"fields": {"name": "rotation", "strength": strength}},
            [],
        )
        assert control.recipe.augmentation[0] == ("rotation", strength)
    assert did(view, "set", name="rotation", strength=0.2) is None
    control.shared.undo()
    assert control.recipe == START
    control.shared.redo()
    assert control.recipe.augmentation == (("rotation", 0.2), ("flip", 0.5))


def test_a_step_that_is_off_stays_in_the_recipe_and_keeps_its_slider(view, control):
    did(view, "switch", name="rotation", on=False)
    assert control.recipe.augmentation == (("rotation", 0.0), ("flip", 0.5))
    row = view.state["steps"][0]
    assert row == {"name": "rotation", "on": False, "strength": 0.6, "reach": "off: nothing changes"}
    did(view, "reorder", names=["flip", "rotation"])
    assert view.state["steps"][1]["strength"] == 0.6
    did(view, "switch", name="rotation", on=True)
    assert control.recipe.augmentation == (("flip", 0.5), ("rotation", 0.6))


def test_undoing_and_redoing_a_switch_keeps_the_slider(view, control):
    did(view, "switch", name="rotation", on=False)
    did(view, "undo")
    assert view.state["steps"][0]["on"] and control.recipe == START
    did(view, "redo")
    assert view.state["steps"][0]["strength"] == 0.6 and not view.state["steps"][0]["on"]


def test_a_slider_that_is_dragged_to_nothing_stands_at_nothing(view):
    did(view, "set", name="rotation", strength=0)
    assert view.state["steps"][0]["strength"] == 0
    did(view, "switch", name="rotation", on=True)
    assert view.state["steps"][0]["strength"] == 0.5


def test_a_step_that_is_removed_and_added_again_has_its_strength_again(view, control):
    did(view, "remove", name="rotation")
    assert control.recipe.augmentation == (("flip", 0.5),)
    did(view, "add", name="rotation")
    assert control.recipe.augmentation == (("flip", 0.5), ("rotation", 0.6))


def test_what_mixes_images_stays_last_wherever_it_is_put(view, control):
    did(view, "add", name="mixup")
    did(view, "add", name="blur")
    assert [name for name, _ in control.recipe.augmentation] == ["rotation", "flip", "blur", "mixup"]
    did(view, "reorder", names=["mixup", "blur", "flip", "rotation"])
    assert [name for name, _ in control.recipe.augmentation] == ["blur", "flip", "rotation", "mixup"]


def test_the_focus_is_the_step_that_was_touched_last(view):
    assert view.state["focus"] == "flip"
    did(view, "set", name="rotation", strength=0.3)
    assert view.state["focus"] == "rotation"
    did(view, "focus", name="flip")
    assert view.state["focus"] == "flip"
    did(view, "add", name="blur")
    assert view.state["focus"] == "blur"
    did(view, "remove", name="blur")
    assert view.state["focus"] == "flip"


@pytest.mark.parametrize(
    ("action", "fields", "message"),
    [
        ("set", {"name": "blur", "strength": 0.5}, "not among the steps"),
        ("set", {"name": "flip", "strength": 1.5}, "give a number from 0 to 1"),
        ("set", {"name": "flip", "strength": "much"}, "give a number from 0 to 1"),
        ("add", {"name": "flip"}, "given twice"),
        ("add", {"name": "flop"}, "There is no augmentation"),
        ("remove", {"name": "blur"}, "not among the steps"),
        ("reorder", {"names": ["flip"]}, "is no order"),
        ("draw", {"epoch": 0}, "is no epoch"),
        ("jump", {}, "has no action"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(view, control, action, fields, message):
    assert message in did(view, action, **fields)
    assert control.recipe == START
    assert [row["name"] for row in view.state["steps"]] == list(NAMES)


def test_a_recipe_that_would_contradict_itself_is_refused(small_model, bright_images, page):
    stored = Recipe(augmentation=[("flip", 0.5)], store="views", batch_size=8)
    view = opened(page, AugmentationPreview(small_model, stored, bright_images))
    assert "mixes those of a batch" in did(view, "add", name="mixup")
    assert "there is no augmentation" in did(view, "switch", name="flip", on=False)
    assert view.control.recipe == stored


def test_another_control_and_python_are_followed(small_model, bright_images, page):
    shared = SharedRecipe(START)
    view = opened(page, AugmentationPreview(small_model, shared, bright_images))
    rates = LearningRates(small_model, view.control, bright_images)
    rates.recipe = START.with_(augmentation=[("blur", 0.3)])
    assert [row["name"] for row in view.state["steps"]] == ["blur"]
    did(view, "add", name="speckle")
    assert rates.recipe.augmentation == (("blur", 0.3), ("speckle", 0.5))


def test_the_same_from_python(control):
    control.set_strength("rotation", 0.1)
    control.add("cutmix", 0.7)
    control.switch("flip", on=False)
    control.reorder(["flip", "rotation", "cutmix"])
    control.remove("rotation")
    assert control.recipe.augmentation == (("flip", 0.0), ("cutmix", 0.7))
    control.switch("flip", on=True)
    assert control.recipe.augmentation[0] == ("flip", 0.5)
    with pytest.raises(RecipeError):
        control.epoch = True


@pytest.mark.slow
def test_each_step_that_there_is_can_be_added_and_is_offered_with_a_sentence(view):
    about = view.of("about")[0] if view.of("about") else None
    offered = [step for group in about["table"] for step in group["steps"]]
    assert sorted(step["name"] for step in offered) == sorted(AUGMENTATIONS)
    assert all(step["summary"].endswith(".") for step in offered)
    for step in offered:
        if step["name"] not in NAMES:
            assert did(view, "add", name=step["name"]) is None
    assert len(view.state["steps"]) == len(AUGMENTATIONS)


def test_what_it_says(control):
    says = "Rotation (by up to 27 degrees either way), then flip (50 % of the images)."
    assert repr(control) == f"AugmentationPreview: {says} 12 training images, as epoch 1 draws them."
    control.recipe = Recipe()
    assert repr(control) == "AugmentationPreview: Nothing is changed. 12 training images, as they are."


def test_the_code_gives_the_pixels_that_are_shown(control, bright_images):
    control.add("mixup", 0.4)
    names = {}
    exec(control._code(), names)
    import torch

    from tlnb.training.batches import Batches

    batches = Batches(bright_images, tlnb.model_card(control._judge._network), control.recipe, torch.device("cpu"))
    rows = batches.order(0)[0]
    pixels, shares = batches.pixels[bright_images.train.indices[rows]], bright_images.train.labels[rows]
    mixed, _ = names["augment"](pixels, shares, control.recipe.seed, 0, rows.tolist())
    seen = AugmentationPreview(control._judge._network, control.recipe, bright_images, rows.tolist())
    assert torch.equal(seen.pixels(), mixed)


def test_what_is_no_recipe_is_refused(small_model, bright_images):
    with pytest.raises(TypeError, match="is no recipe"):
        AugmentationPreview(small_model, "gradual", bright_images)
