"""An augmentation preview of a small recipe, and a page that looks at it."""

from __future__ import annotations

import pytest
from previewed import START, AugmentationPreview, opened


@pytest.fixture
def control(small_model, bright_images):
    return AugmentationPreview(small_model, START, bright_images)


@pytest.fixture
def view(page, control):
    return opened(page, control)
