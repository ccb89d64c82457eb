"""LearningRates: a rate for every layer group and their schedule, dragged by hand."""

from __future__ import annotations

from tlnb.controls.rates.learning_rates import LearningRates

__all__ = ["LearningRates"]
