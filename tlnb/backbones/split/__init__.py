"""A network in two parts: what is frozen up to a frontier, whose answers can be kept, and the rest."""

from __future__ import annotations

from tlnb.backbones.split.capture import Capture
from tlnb.backbones.split.cut import CannotSplitError, find_cut
from tlnb.backbones.split.folding import folded
from tlnb.backbones.split.network import Halfway, SplitNetwork
from tlnb.backbones.split.points import Cut, Point

__all__ = ["CannotSplitError", "Capture", "Cut", "Halfway", "Point", "SplitNetwork", "find_cut", "folded"]
