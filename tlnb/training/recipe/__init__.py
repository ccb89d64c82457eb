"""The recipe: how to fine-tune, as frozen plain data that checks itself."""

from __future__ import annotations

from tlnb.training.recipe.recipe import Recipe
from tlnb.training.recipe.schedule_options import SCHEDULES

__all__ = ["SCHEDULES", "Recipe"]
