"""Nothing frozen is computed twice: what the layers below a frontier say of an image is kept, where that pays."""

from __future__ import annotations

from tlnb.training.store.keeper import FeatureKeeper
from tlnb.training.store.use import StoreUse

__all__ = ["FeatureKeeper", "StoreUse"]
