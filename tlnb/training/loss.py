"""The loss of a training: cross-entropy of plain labels and mixed ones, with a recipe's smoothing and class weights."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy


def training_loss(
    logits: torch.Tensor, labels: torch.Tensor, smoothing: float = 0.0, class_weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the mean loss of some images, in nats, with its graph.

    Parameters
    ----------
    logits : torch.Tensor
        (N, classes).
    labels : torch.Tensor
        int64 (N,) or, mixed, float32 (N, classes).
    smoothing : float
        As `Recipe.label_smoothing`.
    class_weights : torch.Tensor, optional
        float32 (classes,).

    Examples
    --------
    >>> round(float(training_loss(torch.zeros(4, 2), torch.tensor([0, 1, 1, 0]))), 4)
    0.6931
    """
    if class_weights is None or labels.ndim == 1:
        return cross_entropy(logits, labels, class_weights, label_smoothing=smoothing)
    # Of mixed labels torch takes the mean over images, of others over their weights.
    total = cross_entropy(logits, labels, class_weights, label_smoothing=smoothing, reduction="sum")
    return total / loss_weight(labels, class_weights)


def loss_weight(labels: torch.Tensor, class_weights: torch.Tensor | None = None) -> float:
    """Return what the mean over these labels, ``(N,)`` or ``(N, classes)``, divides by.

    Examples
    --------
    >>> loss_weight(torch.tensor([0, 1, 1])), loss_weight(torch.tensor([0, 1, 1]), torch.tensor([2.0, 0.5]))
    (3.0, 3.0)
    """
    if class_weights is None:
        return float(len(labels))
    return float((class_weights[labels] if labels.ndim == 1 else labels @ class_weights).sum())
