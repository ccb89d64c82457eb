"""What the model says: nothing while it is untrained, and plainly when a strength has gone too far."""

from __future__ import annotations

import pytest
import torch
from previewed import AugmentationPreview, did, opened

import tlnb
from tlnb.controls.augmenting.judge import UNTRAINED
from tlnb.core.errors import TlnbError
from tlnb.training import Recipe

RECIPE = Recipe(augmentation=[("intensity", 0.0)], batch_size=8)


@pytest.fixture(scope="module")
def run(small_model, bright_images):
    recipe = Recipe(trainable="all", epochs=3, batch_size=8, learning_rate=1e-2)
    return tlnb.fit(small_model, bright_images, recipe, device="cpu", progress=False)


@pytest.fixture
def view(run, bright_images, page):
    return opened(page, AugmentationPreview(run, RECIPE, bright_images))


def said(view):
    return view.of("opinion")[-1]


def test_an_untrained_head_has_no_opinion_and_gives_no_warning(small_model, bright_images, page):
    view = opened(page, AugmentationPreview(small_model, RECIPE, bright_images))
    did(view, "set", name="intensity", strength=1.0)
    assert said(view)["says"] == UNTRAINED and said(view)["after"] == [] and said(view)["verdict"] == "no opinion"
    did(view, "focus", name="intensity")
    assert not view.of("strip") or view.of("strip")[-1]["confidence"] == []


def test_a_head_for_other_classes_has_no_opinion(bright_images, page):
    imagenet = tlnb.create_model("test_resnet", 7, weights="random")
    view = opened(page, AugmentationPreview(imagenet, RECIPE, bright_images))
    assert said(view)["says"] == UNTRAINED


def test_confidence_is_the_models_own_on_the_very_tiles(view, run, bright_images):
    did(view, "add", name="erasing", strength=0.9)
    control = view.control
    card = tlnb.model_card(run.model)
    with torch.inference_mode():
        chances = run.model(card.preprocessing.normalise(control.pixels())).softmax(1)
    own = chances[torch.arange(12), control._shown.labels].tolist()
    assert said(view)["after"] == pytest.approx(own, abs=0.006)
    assert len(said(view)["before"]) == 12 and said(view)["number"] == view.of("tiles")[-1]["number"]


def test_a_strength_that_makes_dark_and_bright_alike_has_gone_too_far(view):
    assert said(view)["verdict"] == "fine"
    before = said(view)["before"]
    assert sum(before) / 12 > 0.8
    for name in ("poisson_noise", "sensor_noise", "speckle", "random_resized_crop", "rand_augment", "colour_jitter"):
        did(view, "add", name=name, strength=1.0)
    did(view, "set", name="intensity", strength=1.0)
    opinion = said(view)
    mean = sum(opinion["after"]) / 12
    chance, first = 0.5, sum(before) / 12
    lost = (first - mean) / (first - chance)
    wanted = "too far" if lost > 0.5 else "hard" if lost > 0.25 else "fine"
    assert opinion["verdict"] == wanted and wanted != "fine"
    assert "fell from" in opinion["says"]


def test_mixing_shares_labels_and_gives_no_warning(view):
    did(view, "add", name="cutmix", strength=1.0)
    assert said(view)["verdict"] == "mixed"
    did(view, "switch", name="cutmix", on=False)
    assert said(view)["verdict"] == "fine"


def test_a_run_that_has_ended_is_asked_from_then_on(small_model, bright_images, page, run):
    view = opened(page, AugmentationPreview(small_model, RECIPE, bright_images))
    assert said(view)["verdict"] == "no opinion"
    del view.heard[:]
    view.control.judge_by(run)
    assert view.control.wait(60)
    assert said(view)["verdict"] == "fine" and len(said(view)["after"]) == 12
    assert view.of("strip")[-1]["confidence"] and not view.of("tiles")


def test_a_network_trained_by_hand_is_asked_though_its_card_calls_the_head_new(run, bright_images, page):
    import copy
    import dataclasses

    own = copy.deepcopy(run.model)
    own.tlnb_card = dataclasses.replace(own.tlnb_card, new_head=True)
    view = opened(page, AugmentationPreview(own, RECIPE, bright_images))
    assert said(view)["verdict"] == "fine"


def test_a_run_on_other_classes_is_refused(run, bright_images):
    import dataclasses

    others = dataclasses.replace(bright_images, classes=("black", "white"))
    with pytest.raises(TlnbError, match="The run knows the classes"):
        AugmentationPreview(run, RECIPE, others)


def test_the_network_is_not_changed(run, bright_images, page):
    run.model.train()
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    view = opened(page, AugmentationPreview(run.model, RECIPE, bright_images))
    did(view, "set", name="intensity", strength=0.5)
    assert run.model.training and all(
        torch.equal(value, before[name]) for name, value in run.model.state_dict().items()
    )
    run.model.eval()


def test_the_still_picture_says_it_too(run, small_model, bright_images):
    for model in (run, small_model):
        assert AugmentationPreview(model, RECIPE, bright_images)._picture().png()[:4] == b"\x89PNG"
