"""The feature explorer: what a network sees in a picture, and in a whole set, before and after a training."""

from __future__ import annotations

from tlnb.controls.exploring.feature_explorer import FeatureExplorer

__all__ = ["FeatureExplorer"]
