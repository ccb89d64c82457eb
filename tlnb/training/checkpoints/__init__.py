"""Checkpoints: all of a training's state in files, written whole or not at all, and read back."""

from __future__ import annotations

from tlnb.training.checkpoints.saving import Checkpoints

__all__ = ["Checkpoints"]
