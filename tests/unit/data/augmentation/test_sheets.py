"""Sheets show what they say: the images as they are, then what each strength or severity makes of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlnb.core.errors import DataError, RecipeError
from tlnb.data.augmentation import AUGMENTATIONS, CORRUPTIONS, Augmenter, corrupt, show_corruptions, show_strengths


@pytest.fixture
def images():
    return torch.randint(0, 256, (2, 3, 24, 24), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def drawn(figure):
    """Return the pictures of a sheet in order, uint8 (H, W, C)."""
    return [np.asarray(axes.get_images()[0].get_array()) for axes in figure.axes]


def test_each_picture_is_what_the_augmenter_makes(images):
    pictures = drawn(show_strengths(images, ["sensor_noise"], (0.5, 1.0), seed=3))
    expected = [images]
    for strength in (0.5, 1.0):
        augmenter = Augmenter([("sensor_noise", strength)], 24)
        expected.append(augmenter(images, seed=3, epoch=0, rows=[0, 1])[0])
    assert all(
        np.array_equal(picture, image.permute(1, 2, 0))
        for picture, image in zip(pictures, torch.cat(expected), strict=True)
    )


def test_each_corruption_is_shown_at_its_severities(images):
    pictures = drawn(show_corruptions(images[:1], ["fog"]))
    expected = [images[:1], *(corrupt(images[:1], "fog", severity) for severity in range(1, 6))]
    assert all(
        np.array_equal(picture, image[0].permute(1, 2, 0)) for picture, image in zip(pictures, expected, strict=True)
    )


def test_all_are_shown_where_none_is_named(images):
    assert len(show_strengths(images, strengths=(1.0,)).axes) == len(AUGMENTATIONS) * 2 * 2
    assert len(show_corruptions(images[:1]).axes) == len(CORRUPTIONS) * 6


def test_grey_images_are_shown_too(images):
    assert len(show_strengths(images[:, :1], ["rotation"], credit="whose they are").axes) == 8


def test_unknown_names_and_none_are_refused(images):
    with pytest.raises(RecipeError, match="rotation"):
        show_strengths(images, ["rotations"])
    with pytest.raises(DataError, match="nothing to show"):
        show_corruptions(images, [])
