"""The range test: which learning rates serve, read off a copy that trains while all of them rise."""

from __future__ import annotations

from tlnb.training.range_test.finding import find_rates
from tlnb.training.range_test.sweep import RateSuggestion, RateSweep

__all__ = ["RateSuggestion", "RateSweep", "find_rates"]
