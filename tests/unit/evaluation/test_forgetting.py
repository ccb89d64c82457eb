"""Forgetting is measured by the old head on the new body."""

import copy

import pytest
import torch

import tlnb
from tlnb.backbones import head_module, with_new_head
from tlnb.core.errors import ModelError
from tlnb.evaluation import source_scores
from tlnb.training import Recipe


@pytest.fixture(scope="module")
def source_images():
    torch.manual_seed(0)
    labels = torch.arange(90) % 3
    pixels = torch.randint(0, 120, (90, 3, 32, 32)) + 60 * torch.nn.functional.one_hot(labels, 3)[:, :, None, None]
    return tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["red", "green", "blue"])


@pytest.fixture(scope="module")
def source(source_images):
    model = tlnb.create_model("resnet10t", source_images, weights="random")
    recipe = Recipe(trainable="all", epochs=4, batch_size=10, learning_rate=3e-3)
    return tlnb.fit(model, source_images, recipe, progress=False).model


@pytest.fixture(scope="module")
def target_images(source_images):
    shuffled = torch.randint(0, 256, source_images.images.shape, dtype=torch.uint8)
    return tlnb.ImageData.from_tensors(shuffled, torch.arange(90) % 2, ["even", "odd"])


def test_nothing_is_forgotten_where_the_body_is_as_it_was(source, source_images, target_images):
    before = source_scores(source, source, source_images)
    assert before["accuracy"] > 0.8
    probe = tlnb.fit(with_new_head(source, target_images), target_images, Recipe(epochs=2), progress=False)
    assert source_scores(source, probe.model, source_images) == pytest.approx(before, rel=1e-4)


def test_what_overwrites_the_body_is_seen_though_the_source_keeps_its_head(source, source_images, target_images):
    own = copy.deepcopy(source.state_dict())
    recipe = Recipe(trainable="all", epochs=3, batch_size=10, learning_rate=0.03, optimizer="sgd")
    tuned = tlnb.fit(with_new_head(source, target_images), target_images, recipe, progress=False).model
    assert (
        source_scores(source, tuned, source_images)["accuracy"]
        < source_scores(source, source, source_images)["accuracy"]
    )
    assert all(torch.equal(tensor, own[name]) for name, tensor in source.state_dict().items())


def test_networks_of_two_kinds_are_refused(source, source_images):
    with pytest.raises(ModelError, match="differ in"):
        source_scores(source, tlnb.create_model("resnet18", 2, weights="random"), source_images)


def test_images_of_other_classes_are_refused(source, target_images):
    with pytest.raises(ModelError, match="3 outputs"):
        source_scores(source, source, target_images)


def test_a_new_head_is_drawn_from_its_seed_and_the_body_kept(source):
    one, same, other = (with_new_head(source, ["a", "b"], seed=seed) for seed in (1, 1, 2))
    assert torch.equal(head_module(one).weight, head_module(same).weight)
    assert not torch.equal(head_module(one).weight, head_module(other).weight)
    assert torch.equal(next(one.parameters()), next(source.parameters()))
    assert one.tlnb_card.classes == ("a", "b") and one.tlnb_card.new_head
    assert head_module(source).weight.shape[0] == 3
    with pytest.raises(ModelError, match="imagenet"):
        with_new_head(source, "imagenet")
