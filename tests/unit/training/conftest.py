"""A small data set whose classes can be learnt, and a small network."""

import pytest
import torch

import tlnb


def striped(n=60, side=32, channels=3, seed=0):
    """Images with stripes along one axis or the other, in noise."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    wave = (torch.arange(side) // 4 % 2 * 120).float()
    stripes = torch.stack([wave.expand(side, side), wave.expand(side, side).T])
    noise = torch.rand(n, channels, side, side, generator=generator) * 100
    return (stripes[labels][:, None] + noise).to(torch.uint8), labels


@pytest.fixture(scope="session")
def images():
    return tlnb.ImageData.from_tensors(*striped(), ["columns", "rows"], test=0.2, valid=0.2)


@pytest.fixture
def model(images):
    return tlnb.create_model("resnet10t", images, weights="random")


@pytest.fixture
def others(images):
    """Images of another domain: the same ones, inverted."""
    return tlnb.ImageData.from_tensors(255 - images.images, images.labels, images.classes)
