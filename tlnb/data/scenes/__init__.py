"""Synthetic scenes with exact boxes and masks, for detection and segmentation: emoji pasted into photographs."""

from __future__ import annotations

from tlnb.data.scenes.cutting import cut_objects
from tlnb.data.scenes.domain import DOMAINS, Domain
from tlnb.data.scenes.loading import CLASSES, load_scenes
from tlnb.data.scenes.scenes import ScenePart, Scenes

__all__ = ["CLASSES", "DOMAINS", "Domain", "ScenePart", "Scenes", "cut_objects", "load_scenes"]
