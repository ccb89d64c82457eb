"""Images that are learnt at once, a small network, and a page that hears what a control sends."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets
import pytest
from monitored import RECIPE, HeardPage, squares

import tlnb
from tlnb.methods import DANN


@pytest.fixture(scope="session")
def bright_images():
    return tlnb.ImageData.from_tensors(*squares(), ["dark", "bright"])


@pytest.fixture(scope="session")
def small_model(bright_images):
    return tlnb.create_model("resnet10t", bright_images, weights="random")


@pytest.fixture
def page():
    return HeardPage


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close what a test has made: ipywidgets keeps every widget, and with it a model, for as long as the process."""
    yield
    ipywidgets.Widget.close_all()


@pytest.fixture
def make(bright_images, small_model):
    made = []

    def monitor(recipe=RECIPE, **options):
        images, model = options.pop("images", bright_images), options.pop("model", small_model)
        made.append(tlnb.controls.TrainingMonitor(model, images, recipe, device="cpu", **options))
        return made[-1]

    yield monitor
    for one in made:
        if one._running():
            one.stop()
            one.run.result(60)


@pytest.fixture
def target(bright_images):
    return tlnb.ImageData.from_tensors(255 - bright_images.images, bright_images.labels, bright_images.classes)


@pytest.fixture
def dann(target):
    return DANN(target, hidden=16)
