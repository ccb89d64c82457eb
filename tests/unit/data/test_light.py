"""Images in even light."""

import numpy as np
import torch

import tlnb
from tlnb.data import even_light, only


def lit():
    """Make images of one pattern each, dark and bright, flat and hard."""
    generator = torch.Generator().manual_seed(0)
    pattern = torch.rand(1, 1, 24, 24, generator=generator)
    levels = torch.linspace(0.1, 0.9, 12)[:, None, None, None]
    pixels = (levels * pattern * 255).to(torch.uint8)
    columns = {"lamp": np.array(["old", "new"])[np.arange(12) % 2]}
    return tlnb.ImageData.from_tensors(pixels, torch.arange(12) % 2, ["even", "odd"], columns=columns, valid=0)


def test_every_image_has_the_same_mean_and_contrast():
    shown = even_light(lit()).images.float() / 255
    assert shown.dtype == torch.float32 and even_light(lit()).images.dtype == torch.uint8
    assert (shown.mean((1, 2, 3)) - 0.5).abs().max() < 0.01
    assert (shown.std((1, 2, 3)) - 0.125).abs().max() < 0.01


def test_one_scene_under_two_lamps_becomes_one_image():
    shown = even_light(lit()).images.int()
    assert (shown[2] - shown[11]).abs().max() <= 5


def test_one_image_says_nothing_of_another():
    images = lit()
    alone = even_light(only(images, lamp="old")).images
    assert torch.equal(alone, even_light(images).images[::2])


def test_labels_and_splits_stay_and_the_key_changes():
    images = lit()
    evened = even_light(images)
    assert torch.equal(evened.labels, images.labels) and np.array_equal(evened.splits.test, images.splits.test)
    assert evened.key != images.key and evened.key == even_light(images).key


def test_an_image_without_contrast_becomes_grey():
    flat = tlnb.ImageData.from_tensors(torch.full((8, 3, 8, 8), 7, dtype=torch.uint8), [0, 1] * 4, ["a", "b"])
    assert even_light(flat).images.unique().tolist() == [128]


def test_other_sizes_are_evened_after_resizing():
    assert even_light(lit()).pixels(12, 12).shape == (12, 1, 12, 12)
    assert abs(float(even_light(lit()).pixels(12, 12).float().mean()) - 127.5) < 2
