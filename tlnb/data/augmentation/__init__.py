"""Random changes to training images, views of test images, and corruptions to test a model by.

Plain data in: each step is a name with a strength from 0 (no change) to 1. Names are lazy: the table of steps can be
read without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlnb.core.lazy import lazy_names

if TYPE_CHECKING:  # what __getattr__ finds at run time, for type checkers and editors
    from tlnb.data.augmentation.augmenter import Augmenter
    from tlnb.data.augmentation.corruptions import CORRUPTIONS, Corruption, corrupt
    from tlnb.data.augmentation.sheets import show_corruptions, show_strengths
    from tlnb.data.augmentation.source import AugmentationSource, augmentation_source
    from tlnb.data.augmentation.steps import Augmentation, check_steps
    from tlnb.data.augmentation.table import AUGMENTATIONS
    from tlnb.data.augmentation.views import check_view_steps, image_views, predict_with_views

# Public name -> the module in this folder that defines it.
_HOMES = {
    "AUGMENTATIONS": "table",
    "Augmentation": "steps",
    "AugmentationSource": "source",
    "Augmenter": "augmenter",
    "CORRUPTIONS": "corruptions",
    "Corruption": "corruptions",
    "augmentation_source": "source",
    "check_steps": "steps",
    "check_view_steps": "views",
    "corrupt": "corruptions",
    "image_views": "views",
    "predict_with_views": "views",
    "show_corruptions": "sheets",
    "show_strengths": "sheets",
}

__all__ = [
    "AUGMENTATIONS",
    "CORRUPTIONS",
    "Augmentation",
    "AugmentationSource",
    "Augmenter",
    "Corruption",
    "augmentation_source",
    "check_steps",
    "check_view_steps",
    "corrupt",
    "image_views",
    "predict_with_views",
    "show_corruptions",
    "show_strengths",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
