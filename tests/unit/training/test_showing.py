"""Evaluation with several views of each image, and on corrupted images."""

import pytest
import torch

import tlnb
from tlnb.core.errors import TlnbError
from tlnb.core.metrics import classification_metrics
from tlnb.data.augmentation import CORRUPTIONS, corrupt
from tlnb.training import Recipe


@pytest.fixture(scope="module")
def trained():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(120) % 2
    pixels = torch.randint(90, 160, (120, 3, 32, 32), dtype=torch.uint8, generator=generator)
    pixels[labels == 1, :, :, :16] += 40  # the left half is bright
    images = tlnb.ImageData.from_tensors(pixels, labels, ["even", "left"])
    model = tlnb.create_model("resnet10t", images, weights="random")
    return tlnb.fit(model, images, Recipe.preset("scratch", epochs=6, batch_size=24), progress=False), images


def shown_pixels(run, images):
    """Return what the model is shown: resized as its weights want it."""
    preprocessing = tlnb.model_card(run.model).preprocessing
    size = images.size
    return images.pixels(preprocessing.resize_for(size), size, preprocessing.interpolation)[images.test.indices]


def probabilities(run, pixels):
    card = tlnb.model_card(run.model)
    with torch.inference_mode():
        return run.model(card.preprocessing.normalise(pixels)).softmax(1)


def test_one_view_is_the_image(trained):
    run, images = trained
    assert run.evaluate(images, "test", views=1) == run.evaluate(images, "test") == pytest.approx(run.metrics)


def test_two_views_are_the_mean_over_image_and_mirror_image(trained):
    run, images = trained
    pixels = shown_pixels(run, images)
    mean = (probabilities(run, pixels) + probabilities(run, pixels.flip(-1))) / 2
    assert run.evaluate(images, "test", views=2) == pytest.approx(
        classification_metrics(images.test.labels, mean.log()), rel=1e-4
    )


def test_views_can_be_others_and_equal_seeds_draw_equal_ones(trained):
    run, images = trained
    steps = [("rotation", 0.6)]
    first, again, other = (run.evaluate(images, "test", views=4, view_steps=steps, seed=seed) for seed in (0, 0, 1))
    assert first == again != other


def test_a_corruption_is_seen_by_the_model(trained):
    run, images = trained
    pixels = corrupt(shown_pixels(run, images), "gaussian_noise", 5, rows=images.test.indices)
    expected = classification_metrics(images.test.labels, probabilities(run, pixels).log())
    assert run.evaluate(images, "test", corruption=("gaussian_noise", 5)) == pytest.approx(expected, rel=1e-3)
    clean = run.evaluate(images, "test")["loss"]
    assert max(run.evaluate(images, "test", corruption=(name, 5))["loss"] for name in CORRUPTIONS) > clean


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"views": 0}, "views=0"),
        ({"views": 3, "view_steps": [("mixup", 0.5)]}, "mixes images"),
        ({"views": 3, "view_steps": []}, "would all be the image itself"),
        ({"corruption": ("fogg", 3)}, 'Did you mean "fog"'),
        ({"corruption": ("fog", 6)}, "severity=6"),
    ],
)
def test_what_cannot_be_shown_is_refused(trained, options, says):
    run, images = trained
    with pytest.raises(TlnbError, match=says):
        run.evaluate(images, "test", **options)
