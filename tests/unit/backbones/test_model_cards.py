"""Preprocessing is exact, and a model says what it expects."""

from __future__ import annotations

import logging

import pytest
import timm
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tlnb.backbones import Preprocessing, create_model, model_card

IMAGENET = Preprocessing(0.875, "bicubic", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def pixels(channels: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (2, channels, 5, 7), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("channels", [1, 3])
def test_normalised_pixels_are_scaled_shifted_and_of_three_channels(channels: int) -> None:
    batch = pixels(channels)
    mean, std = (torch.tensor(numbers).view(1, 3, 1, 1) for numbers in (IMAGENET.mean, IMAGENET.std))
    expected = (batch.expand(-1, 3, -1, -1) / 255 - mean) / std
    normalised = IMAGENET.normalise(batch)
    torch.testing.assert_close(normalised, expected, rtol=0, atol=2e-6)
    assert normalised.dtype == torch.float32
    assert normalised.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("channels", [1, 3])
def test_normalising_leaves_the_stored_pixels_alone(channels: int) -> None:
    batch = pixels(channels)
    IMAGENET.normalise(batch).zero_()
    assert torch.equal(batch, pixels(channels))


def test_the_memory_layout_of_the_pixels_makes_no_difference() -> None:
    batch = pixels(3)
    other = batch.contiguous(memory_format=torch.channels_last)
    assert torch.equal(IMAGENET.normalise(batch), IMAGENET.normalise(other))


def test_an_empty_batch_stays_empty() -> None:
    assert IMAGENET.normalise(pixels(1)[:0]).shape == (0, 3, 5, 7)


@pytest.mark.parametrize("batch", [pixels(3).float(), pixels(3)[0], pixels(3)[:, :2]])
def test_pixels_that_may_have_been_scaled_or_have_another_shape_are_refused(batch: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="uint8 pixels of shape"):
        IMAGENET.normalise(batch)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_pixels_on_a_gpu_are_normalised_there() -> None:
    normalised = IMAGENET.normalise(pixels(1).cuda())
    assert normalised.is_cuda
    torch.testing.assert_close(normalised.cpu(), IMAGENET.normalise(pixels(1)))


@given(size=st.integers(16, 1024), crop=st.floats(0.5, 1.0))
def test_the_resized_side_is_never_smaller_than_the_crop(size: int, crop: float) -> None:
    preprocessing = Preprocessing(crop, "bicubic", (0.5,) * 3, (0.5,) * 3)
    assert preprocessing.resize_for(size) >= size
    assert abs(preprocessing.resize_for(size) * crop - size) <= 0.5


@pytest.mark.parametrize("crop", [0.0, -0.5, 1.01, 224])
def test_a_crop_ratio_outside_its_range_is_refused(crop: float) -> None:
    with pytest.raises(ValueError, match="crop ratio"):
        Preprocessing(crop, "bicubic", (0.5,) * 3, (0.5,) * 3)


def test_a_card_reads_as_a_table() -> None:
    card = create_model("test_resnet", ["functional", "defective"], weights="random").tlnb_card
    assert "2 (functional, defective)" in repr(card)
    assert "random: seed 0" in repr(card)
    assert "<table>" in card._repr_html_()


def test_a_card_of_many_classes_names_a_few() -> None:
    card = create_model("test_resnet", 1000, weights="random").tlnb_card
    assert "1000 (0, 1, 2, …, 999)" in repr(card)


def test_a_timm_model_made_elsewhere_says_itself_what_it_expects() -> None:
    card = model_card(timm.create_model("tf_efficientnet_lite0", num_classes=4))
    assert (card.library, card.name, len(card.classes)) == ("timm", "tf_efficientnet_lite0", 4)
    assert card.preprocessing.mean == (0.5, 0.5, 0.5)
    assert card.weights.source == "unknown"


def test_a_model_of_ones_own_is_assumed_to_be_of_imagenet_and_told_so(caplog: pytest.LogCaptureFixture) -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
    with caplog.at_level(logging.WARNING, "tlnb"):
        card = model_card(model)
    assert card.preprocessing.mean == IMAGENET.mean
    assert len(card.classes) == 4
    assert "assuming ImageNet's mean" in caplog.text
