"""Synthetic scenes with exact boxes and masks, for detection and segmentation: emoji pasted into photographs."""

from __future__ import annotations

from tlnb.data.scenes.domain import DOMAINS, Domain
from tlnb.data.scenes.loading import CLASSES, load_scenes
from tlnb.data.scenes.scenes import ScenePart, Scenes

__all__ = ["CLASSES", "DOMAINS", "Domain", "ScenePart", "Scenes", "load_scenes"]
