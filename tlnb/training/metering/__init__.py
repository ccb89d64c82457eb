"""What a training costs: seconds, multiply-adds, memory, bytes, energy. It listens, and changes nothing."""

from __future__ import annotations

from tlnb.training.metering.cost import RunCost
from tlnb.training.metering.meter import CostMeter

__all__ = ["CostMeter", "RunCost"]
