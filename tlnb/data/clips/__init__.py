"""Short clips of moving digits, whose class no single frame gives away: for a CNN with an LSTM, say."""

from __future__ import annotations

from tlnb.data.clips.clips import ClipPart, Clips
from tlnb.data.clips.loading import load_clips
from tlnb.data.clips.motion import MOTIONS

__all__ = ["MOTIONS", "ClipPart", "Clips", "load_clips"]
