"""A preview of augmentation shows the very pixels that a training shows its network."""

from __future__ import annotations

import pytest
import torch

import tlnb
from tlnb.core.errors import RecipeError
from tlnb.training import Recipe
from tlnb.training.batches import Batches
from tlnb.training.seen import SeenImages

START = Recipe(trainable="all", epochs=2, batch_size=8, seed=3)
PIPELINES = {
    "nothing": [],
    "one": [("rotation", 0.6)],
    "several": [("random_resized_crop", 0.8), ("flip", 0.5), ("colour_jitter", 0.7), ("sensor_noise", 0.4)],
    "off": [("flip", 0.0), ("blur", 0.5)],
    "mixup": [("flip", 0.5), ("mixup", 0.7)],
    "both": [("mixup", 0.7), ("erasing", 0.9), ("cutmix", 1.0)],
}


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (50, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return tlnb.ImageData.from_tensors(pixels, torch.arange(50) % 3, ["a", "b", "c"], valid=0.1, test=0.2)


@pytest.fixture(scope="module")
def model(images):
    return tlnb.create_model("test_resnet", images, weights="random", crop=1.0)


def shares_of(labels, classes=3):
    return labels if labels.is_floating_point() else torch.nn.functional.one_hot(labels, classes).float()


@pytest.mark.parametrize("epoch", [0, 4])
@pytest.mark.parametrize("steps", PIPELINES.values(), ids=PIPELINES)
def test_every_image_is_as_the_training_loops_batches_have_it(images, model, steps, epoch):
    recipe = START.with_(augmentation=steps)
    card = tlnb.model_card(model)
    batches = Batches(images, card, recipe, torch.device("cpu"))
    order = batches.order(epoch)
    assert len(order) > 2 and len({len(batch) for batch in order}) > 1  # a last batch of another size too
    seen = SeenImages(images, card, torch.cat(order).tolist())
    pixels, shares = seen.by(recipe, epoch)
    trained = [batches.batch(epoch, places) for places in order]
    assert torch.equal(batches.ready(pixels), torch.cat([some for some, _ in trained]))
    assert torch.equal(shares, torch.cat([shares_of(labels) for _, labels in trained]))


def test_the_network_in_a_real_training_gets_these_pixels(images, model):
    recipe = START.with_(augmentation=PIPELINES["both"])
    card = tlnb.model_card(model)
    shown = []

    def hear(module, inputs):
        if module.training and torch.is_grad_enabled():
            shown.append(inputs[0].detach().clone())

    hook = model.register_forward_pre_hook(hear)
    tlnb.fit(model, images, recipe, device="cpu", progress=False)
    hook.remove()
    batches = Batches(images, card, recipe, torch.device("cpu"))
    per_epoch = batches.steps_per_epoch
    assert len(shown) >= 2 * per_epoch
    for epoch, trained in enumerate((shown[-2 * per_epoch : -per_epoch], shown[-per_epoch:])):
        seen = SeenImages(images, card, torch.cat(batches.order(epoch)).tolist())
        assert torch.equal(batches.ready(seen.by(recipe, epoch)[0]), torch.cat(trained))


def test_stored_views_come_again(images, model):
    recipe = START.with_(trainable="head", augmentation=PIPELINES["one"], store="views", store_views=3)
    seen = SeenImages(images, tlnb.model_card(model), [0, 5])
    first, second, fourth = (seen.by(recipe, epoch)[0] for epoch in (0, 1, 3))
    assert torch.equal(first, fourth) and not torch.equal(first, second)


def test_some_of_the_images_are_as_in_all_of_them(images, model):
    recipe = START.with_(augmentation=PIPELINES["both"])
    seen = SeenImages(images, tlnb.model_card(model), [7, 0, 20, 3])
    pixels, shares = seen.by(recipe, 1)
    some, theirs = seen.by(recipe, 1, [2, 0])
    assert torch.equal(some, pixels[[2, 0]]) and torch.equal(theirs, shares[[2, 0]])


def test_a_strength_alone_changes_no_draw(images, model):
    """Who is flipped at a low chance is flipped at a higher one: the draw is the same, only the strength differs."""
    seen = SeenImages(images, tlnb.model_card(model), range(len(images.train)))
    untouched = seen.untouched

    def flipped(chance):
        pixels, _ = seen.by(START.with_(augmentation=[("flip", chance)]))
        return {i for i in range(len(seen)) if not torch.equal(pixels[i], untouched[i])}

    low, high = flipped(0.3), flipped(0.7)
    assert low and low < high


def test_what_is_untouched_is_what_validation_would_see(images):
    model = tlnb.create_model("test_resnet", images, weights="random", crop=0.8)
    card = tlnb.model_card(model)
    seen = SeenImages(images, card, [1, 2])
    batches = Batches(images, card, START, torch.device("cpu"))
    assert torch.equal(batches.ready(seen.untouched), batches.unchanged(images.train.indices[[1, 2]]))
    assert seen.evaluation().startswith("shorter side to 40 pixels")
    assert torch.equal(seen.untouched_shares.argmax(1), images.train.labels[[1, 2]])


@pytest.mark.parametrize("places", [[], [-1], [0, 1000]])
def test_places_that_are_not_there_are_refused(images, model, places):
    with pytest.raises(RecipeError, match="the places of"):
        SeenImages(images, tlnb.model_card(model), places)
