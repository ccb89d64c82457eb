"""How much a linear classifier reads from features: the cheapest honest test of a representation.

Alain & Bengio, "Understanding intermediate layers using linear classifier probes", 2017.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from tlnb.core.errors import DataError
from tlnb.core.metrics import classification_metrics
from tlnb.core.used import note

if TYPE_CHECKING:
    from torch import Tensor

    from tlnb.data import ImageData

PENALTIES = (1e-4, 1e-3, 1e-2)  # inverse strengths of the L2 penalty, chosen on the validation images


def probe_scores(features: Tensor | np.ndarray, images: ImageData, seeds: Iterable[int] = range(5)) -> list[float]:
    """Return the test score of a logistic regression on features, for each of several splits.

    Each seed draws its own split (groups stay whole), standardises by the training images, chooses the penalty on the
    validation images and is tested once. The same seeds give the same splits for any features, so scores pair.

    Parameters
    ----------
    features : Tensor or ndarray
        ``(N, D)`` for the N images, in their order.
    images : ImageData
        Gives labels and splits.
    seeds : iterable of int
        Seeds of the splits.

    Returns
    -------
    list of float
        AUC where there are two classes, else accuracy, one a seed; in [0, 1].

    Raises
    ------
    DataError
        If there is not one row of features for each image.

    Examples
    --------
    >>> import tlnb, torch
    >>> labels = torch.arange(60) % 2
    >>> pixels = torch.zeros(60, 1, 8, 8, dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, labels, ["even", "odd"])
    >>> probe_scores(labels[:, None].float() + torch.randn(60, 3) * 0.01, images, seeds=[0, 1])
    [1.0, 1.0]
    """
    rows = np.asarray(features, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != len(images):
        raise DataError(f"features of shape {rows.shape} do not fit {len(images)} images: give one row (D,) for each.")
    # A solver's steps are too small to share: two BLAS threads that wait for each other take ten times as long as one.
    with threadpool_limits(1, user_api="blas"):
        return [_score(rows, images.resplit(seed=seed)) for seed in seeds]


def _score(features: np.ndarray, images: ImageData) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def score(classifier: object, split: str) -> float:
        subset = getattr(images, split)
        logits = classifier.decision_function(features[subset.indices])  # type: ignore[attr-defined]
        # Two classes come as one column: the second class's logit against 0.
        columns = np.stack([np.zeros_like(logits), logits], axis=1) if logits.ndim == 1 else logits
        metrics = classification_metrics(subset.labels, columns)
        return metrics.get("auc", metrics["accuracy"])

    labels = images.train.labels.numpy()
    fitted = []
    for penalty in PENALTIES:
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=300))
        fitted.append(classifier.fit(features[images.train.indices], labels))
    note("method", "logistic regression")
    best = max(fitted, key=lambda classifier: score(classifier, "valid"))
    return score(best, "test")
