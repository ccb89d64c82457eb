"""Scores of a classifier: accuracy, area under the ROC curve, and the cross-entropy that goes with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tlnb.core.errors import DataError


def accuracy(labels: Any, predictions: Any) -> float:
    """Compute the share of right predictions.

    Parameters
    ----------
    labels, predictions : array or tensor of int, shape (N,)
        Class indices: what is true, and what was said.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    DataError
        No images, or shapes that differ.

    Examples
    --------
    >>> accuracy([0, 1, 1, 0], [0, 1, 0, 0])
    0.75
    """
    true, said = _pair(labels, predictions, "predictions")
    return float((true == said).mean())


def roc_auc(labels: Any, scores: Any) -> float:
    """Compute the area under the ROC curve: how often a positive scores above a negative, ties counted half.

    Parameters
    ----------
    labels : array or tensor of 0 and 1, shape (N,)
        1 for the positive class.
    scores : array or tensor of float, shape (N,)
        Larger means more likely positive. Only their order counts.

    Returns
    -------
    float
        In [0, 1]; 0.5 is chance.

    Raises
    ------
    DataError
        Labels other than 0 and 1, only one class present, or scores that are not finite.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    true, score = _pair(labels, scores, "scores")
    present = np.unique(true)
    if not np.isin(present, (0, 1)).all():
        raise DataError(f"roc_auc takes labels 0 and 1, not {present[:5].tolist()}: take one class against the rest.")
    if len(present) < 2:
        raise DataError(
            f"roc_auc needs both classes, and all {len(true)} labels are {present[0]}. "
            "Use more images, or a split that is stratified by label."
        )
    _check_finite(score, "scores")
    # Mann & Whitney, 1947: from the positives' ranks. Not scikit-learn's, whose import takes a second and 80 MB, which
    # everybody's first training would pay; a test compares.
    _, places, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]  # equal scores share the mean of their ranks
    positives = int(true.sum())
    above = ranks[true == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(true) - positives)))


def classification_metrics(labels: Any, logits: Any) -> dict[str, float]:
    """Compute loss and scores from the outputs of a classifier.

    Parameters
    ----------
    labels : array or tensor of int, shape (N,)
        Class indices in [0, C).
    logits : array or tensor of float, shape (N, C)
        Outputs before the softmax.

    Returns
    -------
    dict
        ``loss`` (mean cross-entropy in nats), ``accuracy``, and, with two classes of which both occur,
        ``auc`` of class 1.

    Raises
    ------
    DataError
        Shapes that do not fit, labels outside the classes, or logits that are not finite.

    Examples
    --------
    >>> metrics = classification_metrics([0, 1], [[2.0, 0.0], [0.0, 2.0]])
    >>> {name: round(value, 3) for name, value in metrics.items()}
    {'loss': 0.127, 'accuracy': 1.0, 'auc': 1.0}
    """
    true, output = _array(labels), _array(logits).astype(np.float64)
    if output.ndim != 2 or true.shape != output.shape[:1] or not len(true):
        raise DataError(f"labels {true.shape} and logits {output.shape} do not fit: pass (N,) and (N, C), N > 0.")
    if true.min() < 0 or true.max() >= output.shape[1]:
        raise DataError(
            f"labels go from {true.min()} to {true.max()}, but the logits are for {output.shape[1]} classes. "
            "Was the model made for other classes?"
        )
    _check_finite(output, "logits")
    shifted = output - output.max(axis=1, keepdims=True)  # so that exp cannot overflow
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    metrics = {
        "loss": float(-log_probabilities[np.arange(len(true)), true].mean()),
        "accuracy": accuracy(true, output.argmax(axis=1)),
    }
    if output.shape[1] == 2 and len(np.unique(true)) == 2:
        metrics["auc"] = roc_auc(true, output[:, 1] - output[:, 0])
    return metrics


def calibration_error(labels: Any, logits: Any, bins: int = 15) -> float:
    """Compute the expected calibration error: how far a classifier's confidence lies from its accuracy.

    Images are put into bins by their confidence, the largest probability; in each, mean confidence and accuracy are
    compared, and the differences averaged over images. Guo et al., "On Calibration of Modern Neural Networks", 2017.

    Parameters
    ----------
    labels : array or tensor of int, shape (N,)
        Class indices in [0, C).
    logits : array or tensor of float, shape (N, C)
        Outputs before the softmax.
    bins : int
        Of equal width, from 0 to 1.

    Returns
    -------
    float
        In [0, 1]; 0 where confidence is what it should be. With few images it is too large by chance.

    Raises
    ------
    DataError
        Shapes that do not fit, or logits that are not finite.

    Examples
    --------
    >>> round(calibration_error([0, 0, 0, 1], [[5.0, 0.0]] * 4), 2)  # sure of the first class, right in 3 of 4
    0.24
    """
    true, output = _array(labels), _array(logits).astype(np.float64)
    if output.ndim != 2 or true.shape != output.shape[:1] or not len(true) or bins < 1:
        raise DataError(f"labels {true.shape} and logits {output.shape} do not fit: pass (N,) and (N, C), N > 0.")
    _check_finite(output, "logits")
    chances = np.exp(output - output.max(axis=1, keepdims=True))
    confidence = (chances / chances.sum(axis=1, keepdims=True)).max(axis=1)
    right = output.argmax(axis=1) == true
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    apart = np.bincount(places, right, bins) - np.bincount(places, confidence, bins)  # sums: the bin's size cancels
    return float(np.abs(apart).sum() / len(true))


def _array(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):  # a tensor; numpy knows no bfloat16
        values = values.detach().cpu()
        values = values.float().numpy() if values.is_floating_point() else values.numpy()
    return np.asarray(values)


def _pair(labels: Any, values: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    true, other = _array(labels), _array(values)
    if true.ndim != 1 or true.shape != other.shape or not len(true):
        raise DataError(f"labels {true.shape} and {name} {other.shape} do not fit: pass two of shape (N,), N > 0.")
    return true, other


def _check_finite(values: np.ndarray, name: str) -> None:
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise DataError(f"{bad} of {values.size} {name} are not finite: try a lower learning rate.")
