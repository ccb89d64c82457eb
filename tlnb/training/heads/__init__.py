"""Many heads at once: where only the head trains, all seeds, folds, rates and penalties in one batched product."""

from __future__ import annotations

from tlnb.training.heads.fitting import fit_many

__all__ = ["fit_many"]
