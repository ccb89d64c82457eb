"""The freeze map: a network as blocks, to freeze and thaw by hand."""

from __future__ import annotations

from tlnb.controls.freezing.freeze_map import FreezeMap

__all__ = ["FreezeMap"]
