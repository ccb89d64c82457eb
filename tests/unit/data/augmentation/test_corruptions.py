"""Corruptions of test images: five severities, always the same for the same row."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlnb.core.errors import DataError
from tlnb.data.augmentation import CORRUPTIONS, corrupt


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_severity_changes_more_than_the_one_before(name, photographs):
    colourful = photographs[[0, 2, 3, 4, 5, 6]]  # one of the seven is grey, and saturation does nothing to it
    images = [colourful, *(corrupt(colourful, name, severity) for severity in (1, 2, 3, 4, 5))]
    changes = [float((image.float() - colourful.float()).abs().mean()) for image in images]
    assert changes == sorted(set(changes)), changes
    assert changes[5] > 1.5 * changes[1] > 0


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_shape_and_dtype_are_kept_in_colour_and_in_grey_at_any_size(name, photographs, grey):
    for images in (photographs, grey, photographs[:, :, :48], photographs[..., :9, :9]):
        for severity in (1, 5):
            changed = corrupt(images, name, severity)
            assert changed.shape == images.shape and changed.dtype == torch.uint8


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_row_is_corrupted_alike_in_every_batch(name, photographs):
    kept, before = photographs.clone(), torch.get_rng_state()
    whole = corrupt(photographs, name, 3)
    parts = [corrupt(photographs[rows], name, 3, rows=rows) for rows in (torch.arange(2), torch.arange(2, 7))]
    assert torch.equal(whole, torch.cat(parts))
    assert torch.equal(photographs, kept)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("name", ["gaussian_noise", "shot_noise", "motion_blur", "fog", "elastic", "occlusion"])
def test_rows_and_seeds_have_draws_of_their_own(name, photographs):
    equal = photographs[:1].repeat(2, 1, 1, 1)
    first, second = corrupt(equal, name, 3)
    assert not torch.equal(first, second)
    assert not torch.equal(corrupt(equal, name, 3, seed=1)[0], first)


def test_corruptions_that_need_colour_say_so(grey):
    for name, corruption in CORRUPTIONS.items():
        assert torch.equal(corrupt(grey, name, 5), grey) == corruption.needs_colour, name


def test_noise_has_the_deviation_that_its_level_says():
    images = torch.full((4, 1, 64, 64), 128, dtype=torch.uint8)
    for name, expected in (
        ("gaussian_noise", 0.08 * 255),
        ("speckle_noise", 0.15 * 128),
        ("shot_noise", 0.13 * 255 * 0.5**0.5),
    ):
        noise = corrupt(images, name, 1).float() - 128
        assert float(noise.std()) == pytest.approx(expected, rel=0.05), name
        assert float(noise.mean()) == pytest.approx(0, abs=1), name


def test_as_many_values_are_replaced_as_impulse_noise_says():
    images = torch.full((4, 1, 64, 64), 128, dtype=torch.uint8)
    changed = corrupt(images, "impulse_noise", 5)
    assert float((changed != 128).float().mean()) == pytest.approx(0.27, abs=0.02)
    assert set(changed.unique().tolist()) == {0, 128, 255}


@pytest.mark.parametrize("name", ["gaussian_blur", "defocus_blur", "motion_blur"])
def test_blur_keeps_flat_images_and_the_light_of_a_point(name):
    flat = torch.full((1, 1, 33, 33), 77, dtype=torch.uint8)
    assert (corrupt(flat, name, 5).float() - 77).abs().max() <= 1
    point = torch.zeros(1, 1, 65, 65, dtype=torch.uint8)
    point[..., 31:34, 31:34] = 255
    light = corrupt(point, name, 3).float().sum() / (9 * 255)
    assert 0.9 < light < 1.1


def test_blur_scales_with_the_image(photographs):
    """An image of twice the size is blurred twice as far, so that it looks the same."""
    large = torch.nn.functional.interpolate(photographs.float(), scale_factor=2, mode="bicubic", antialias=True)
    large = large.round().clamp(0, 255).byte()
    blurred = corrupt(photographs, "gaussian_blur", 5).float()
    from_large = torch.nn.functional.avg_pool2d(corrupt(large, "gaussian_blur", 5).float(), 2)
    assert (blurred - from_large).abs().mean() < 2


@pytest.mark.parametrize(
    ("name", "severity", "says"),
    [
        ("gausian_noise", 1, 'Did you mean "gaussian_noise"'),
        ("fog", 0, "severity=0: give 1, 2, 3, 4 or 5"),
        ("fog", 6, "severity=6"),
        ("fog", 2.5, "severity=2.5"),
        ("fog", 3.0, "severity=3.0"),
        ("fog", True, "severity=True"),
        ("fog", "3", "severity='3'"),
    ],
)
def test_an_unknown_corruption_or_severity_is_refused(name, severity, says, photographs):
    with pytest.raises(DataError) as error:
        corrupt(photographs, name, severity)
    assert says in str(error.value)


def test_a_severity_may_come_from_numpy(photographs):
    assert torch.equal(corrupt(photographs, "fog", np.int64(2)), corrupt(photographs, "fog", 2))


def test_normalised_images_and_missing_rows_are_refused(photographs):
    with pytest.raises(DataError, match="before they are normalised"):
        corrupt(photographs / 255, "fog", 1)
    with pytest.raises(DataError, match="2 rows for 7 images"):
        corrupt(photographs, "fog", 1, rows=[0, 1])


def test_no_images_stay_no_images(photographs):
    assert corrupt(photographs[:0], "fog", 1).shape == (0, 3, 64, 64)
