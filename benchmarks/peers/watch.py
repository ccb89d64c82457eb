"""Listens to a training: when each step and each validation ended, and what it gave. Written as JSON at the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from benchmarks.peers.memory import peak_bytes

if TYPE_CHECKING:
    from torch import Tensor


class Watch:
    """Notes of one training; all times are seconds since its process was started.

    Parameters
    ----------
    started : float
        ``time.time()`` then.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self.notes: dict[str, Any] = {"losses": [], "steps": [], "valid": [], "auc": []}

    def mark(self, name: str) -> None:
        """Note the present time under a name."""
        self.notes[name] = self._now()

    def step(self, loss: Tensor | float) -> None:
        """Note a step's end; reading the loss is part of it, for all."""
        self.notes["losses"].append(round(float(loss), 6))
        self.notes["steps"].append(self._now())

    def validated(self, logits: Tensor | list[Tensor], labels: Tensor) -> None:
        """Note a validation's end, and its AUC: float32 ``(N, 2)``, whole or in batches, and int64 ``(N,)``."""
        import torch

        whole = torch.cat(list(logits)) if isinstance(logits, list) else logits
        self.scored(roc_auc(labels, whole[:, 1] - whole[:, 0]))

    def scored(self, auc: float | None) -> None:
        """Note a validation's end where the AUC is known already."""
        self.notes["auc"].append(auc)
        self.notes["valid"].append(self._now())

    def result(self) -> dict[str, Any]:
        """Return all notes, with the peak of memory so far."""
        return {**self.notes, "ended": self._now(), "peak_bytes": peak_bytes()}

    def _now(self) -> float:
        return round(time.time() - self._started, 5)


def roc_auc(labels: Tensor, scores: Tensor) -> float | None:
    """Return the area under the ROC curve, ties counted half; None where a class is missing.

    Here, and not a library's, so that nobody pays for importing another's metrics.
    """
    positive, negative = scores[labels == 1].double(), scores[labels == 0].double()
    if not len(positive) or not len(negative):
        return None
    wins = (positive[:, None] > negative).double() + 0.5 * (positive[:, None] == negative).double()
    return float(wins.mean())
