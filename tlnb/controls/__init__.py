"""The Python half of what learners steer by hand; each control shows itself as the last value of a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlnb.controls.quizzes import Quiz, quiz
from tlnb.core.lazy import lazy_names

if TYPE_CHECKING:
    from tlnb.controls.augmenting import AugmentationPreview
    from tlnb.controls.course_panel import CoursePanel
    from tlnb.controls.exploring import FeatureExplorer
    from tlnb.controls.freezing import FreezeMap
    from tlnb.controls.method_controls import MethodControls
    from tlnb.controls.monitor import TrainingMonitor
    from tlnb.controls.rates import LearningRates
    from tlnb.controls.shared_recipe import SharedRecipe

# Public name -> the module in this folder that defines it: these need torch and widgets, which a quiz does not.
_HOMES = {
    "AugmentationPreview": "augmenting",
    "CoursePanel": "course_panel",
    "FeatureExplorer": "exploring",
    "FreezeMap": "freezing",
    "LearningRates": "rates",
    "MethodControls": "method_controls",
    "SharedRecipe": "shared_recipe",
    "TrainingMonitor": "monitor",
}

__all__ = [
    "AugmentationPreview",
    "CoursePanel",
    "FeatureExplorer",
    "FreezeMap",
    "LearningRates",
    "MethodControls",
    "Quiz",
    "SharedRecipe",
    "TrainingMonitor",
    "quiz",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
