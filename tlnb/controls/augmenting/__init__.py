"""AugmentationPreview: one's own training images under the recipe's pipeline, always the same draw."""

from __future__ import annotations

from tlnb.controls.augmenting.preview import AugmentationPreview

__all__ = ["AugmentationPreview"]
