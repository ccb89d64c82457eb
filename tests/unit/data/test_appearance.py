"""How images look, in numbers: each moves with what it is named for, and stays where that does not change."""

from __future__ import annotations

import pytest
import torch

from tlnb.core.errors import DataError
from tlnb.data import image_appearance
from tlnb.data.augmentation import corrupt


def photographs():
    from tlnb import load_data

    return load_data("photos", size=96).images


def test_grey_images_have_no_colour_and_are_measured_as_three_equal_channels_are():
    grey = photographs()[:, :1]
    found, thrice = image_appearance(grey), image_appearance(grey.expand(-1, 3, -1, -1))
    assert found["colourfulness"].tolist() == [0.0] * len(grey)
    for name, values in found.items():
        assert torch.allclose(values, thrice[name], atol=1e-3), name


def test_brightness_contrast_and_colourfulness_are_what_their_formulas_say():
    halves = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    halves[..., 4:] = 100  # black beside grey
    found = image_appearance(halves)
    assert found["brightness"].item() == pytest.approx(50, abs=1e-3)
    assert found["contrast"].item() == pytest.approx(50, abs=1e-3)
    red = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    red[:, 0] = 200  # rg = 200 and yb = 100 everywhere: no spread, and a mean of 100 times the root of 5
    assert image_appearance(red)["colourfulness"].item() == pytest.approx(0.3 * 100 * 5**0.5, rel=1e-5)


def test_blur_takes_sharpness_away_and_darkness_brightness():
    plain = image_appearance(photographs())
    blurred = image_appearance(corrupt(photographs(), "defocus_blur", 5, seed=0))
    assert (blurred["sharpness"] < 0.7 * plain["sharpness"]).all()
    darker = image_appearance(photographs() // 2)
    assert torch.allclose(darker["brightness"], plain["brightness"] / 2, atol=0.6)


def test_the_noise_of_a_smooth_image_is_found_to_a_tenth():
    ramp = torch.linspace(60, 190, 128).expand(1, 1, 128, 128)
    noise = torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(0))
    found = image_appearance((ramp + 8 * noise).round().clamp(0, 255).to(torch.uint8))["noise"]
    assert found.item() == pytest.approx(8, rel=0.1)
    assert image_appearance(ramp.to(torch.uint8))["noise"].item() < 1


def test_many_images_are_measured_as_each_alone_is_and_none_gives_nothing():
    pixels = torch.randint(0, 256, (300, 3, 9, 7), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    together, last = image_appearance(pixels), image_appearance(pixels[299:])
    for name, values in together.items():
        assert values.shape == (300,)
        assert values[299].item() == pytest.approx(last[name].item(), rel=1e-4)
    assert image_appearance(pixels[:0])["noise"].shape == (0,)


def test_other_pixels_are_refused_with_what_they_are():
    with pytest.raises(DataError, match="float32 of shape"):
        image_appearance(torch.zeros(2, 3, 8, 8))
    with pytest.raises(DataError, match=r"\(2, 2, 8, 8\)"):
        image_appearance(torch.zeros(2, 2, 8, 8, dtype=torch.uint8))
