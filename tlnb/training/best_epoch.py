"""Early stopping: which epoch was best on the validation images, and its weights.

Prechelt, "Early Stopping - But When?", 1998.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from tlnb.core.errors import DataError
from tlnb.training.events import EpochRecord
from tlnb.training.recipe import Recipe


class BestEpoch:
    """Keeps the weights of the best epoch so far, and says when patience is at its end.

    Parameters
    ----------
    recipe : Recipe
        Gives ``patience`` and ``monitor``.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.patience, self.monitor = recipe.patience or 1, recipe.monitor
        self.epoch: int | None = None
        self._value: float | None = None
        self._weights: dict[str, torch.Tensor] = {}

    def update(self, record: EpochRecord, model: nn.Module) -> bool:
        """Take note of an epoch; return whether to stop.

        Raises
        ------
        DataError
            If there is nothing to watch: no validation images, or an AUC of more than two classes.
        """
        value = getattr(record, f"valid_{self.monitor}")
        if value is None:
            raise DataError(
                f"Early stopping watches the validation {self.monitor}, and there is none. Keep validation images "
                f'(valid=0.15), or watch another monitor ("auc" needs two classes), or set patience=None.'
            )
        score = -value if self.monitor == "loss" else value
        if self._value is None or score > self._value:
            self.epoch, self._value = record.epoch, score
            self._weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        return record.epoch - (self.epoch or 0) >= self.patience

    def state_dict(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        """Return which epoch was best and its value, as plain data, and its weights."""
        return {"epoch": self.epoch, "value": self._value}, dict(self._weights)

    def load_state_dict(self, plain: Mapping[str, Any], weights: Mapping[str, torch.Tensor]) -> None:
        """Take over what `state_dict` returned."""
        self.epoch, self._value, self._weights = plain["epoch"], plain["value"], dict(weights)

    def restore(self, model: nn.Module) -> None:
        """Put the best epoch's weights back, if there was an epoch."""
        if self._weights:
            model.load_state_dict(self._weights)
