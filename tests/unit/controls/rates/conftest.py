"""A control on a small network and images that are learnt at once, and one view of it."""

from __future__ import annotations

import pytest
import torch
from rates_page import START, Page

import tlnb
from tlnb.controls import LearningRates


@pytest.fixture(scope="module")
def images():
    """Make dark and bright squares: learnt at once."""
    torch.manual_seed(0)
    labels = torch.arange(80) % 2
    pixels = torch.randint(0, 100, (80, 3, 32, 32)) + 120 * labels[:, None, None, None]
    return tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "bright"], valid=0.2)


@pytest.fixture(scope="module")
def model(images):
    return tlnb.create_model("resnet18", images, weights="random")


@pytest.fixture
def control(model, images):
    made = LearningRates(model, START, images, device="cpu")
    yield made
    made.stop_range_test()
    assert made.wait(60)


@pytest.fixture
def page(control):
    return Page(control)
