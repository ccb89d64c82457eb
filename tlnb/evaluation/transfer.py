"""Transfer of a linear classifier: trained on features of one domain, tested on those of another.

The network is never trained: many ways to bring two domains together can be compared within seconds, by many seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from tlnb.core.errors import TlnbError, did_you_mean
from tlnb.core.used import note
from tlnb.evaluation.resampling import Scored, scored
from tlnb.methods import FeatureAlignment
from tlnb.methods.self_training import surest

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

    from tlnb.data import ImageData

PENALTIES = (1e-3, 1e-2, 1e-1)  # inverse strengths of the L2 penalty
SHARE = 0.8  # of the target's images of each class that the last round of self-training labels


@dataclass(frozen=True)
class Transfer:
    """How a classifier comes from one domain to the other: a condition of a `TransferTrial`.

    Parameters
    ----------
    layers : sequence of str
        The layer whose features are read. Of several, the one whose classifier is best on validation images of the
        domain that it learnt from; the penalty of the classifier is chosen by the same images.
    alignment : FeatureAlignment
        By default none: both domains are standardised by the source's statistics.
    rounds : int
        Of self-training: in round r of R, of the target's training images that were given a class, the surest 0.8 r / R
        are learnt from as well, with as much weight in all as the source has.
    oracle : bool
        Whether it learns from the target's own training images and labels instead: what could be had with these.
    """

    layers: Sequence[str]
    alignment: FeatureAlignment = field(default_factory=lambda: FeatureAlignment("source"))
    rounds: int = 0
    oracle: bool = False


class TransferTrial:
    """A trial for `Experiment` whose conditions are `Transfer`: how well a classifier does in another domain.

    The target's training images are seen without their labels, but by an oracle. Labels of its test images are read for
    the score alone.

    Parameters
    ----------
    source_features, target_features : mapping of str to Tensor
        Layer to (N, D), for all images of a domain in their order: from `tlnb.backbones.layer_means`.
    split : callable
        ``split(seed)`` returns the images of both domains, divided as the seed says.

    Examples
    --------
    >>> import tlnb
    >>> from tlnb.evaluation import Experiment
    >>> pixels, labels = torch.zeros(120, 1, 8, 8, dtype=torch.uint8), torch.arange(120) % 2
    >>> images = tlnb.ImageData.from_tensors(pixels, labels, ["even", "odd"])
    >>> rows = labels[:, None] + 0.3 * torch.randn(120, 4, generator=torch.Generator().manual_seed(0))
    >>> split = lambda seed: (images.resplit(seed=seed), images.resplit(seed=seed))
    >>> trial = TransferTrial({"last": rows}, {"last": 3 * rows + 5}, split)
    >>> ways = {"as it is": Transfer(["last"]), "own statistics": Transfer(["last"], FeatureAlignment())}
    >>> scores = Experiment(ways, trial).run(seeds=3, progress=False).scores("accuracy")
    >>> max(scores["as it is"]) < 0.7, min(scores["own statistics"]) > 0.9
    (True, True)
    """

    def __init__(
        self,
        source_features: Mapping[str, Tensor],
        target_features: Mapping[str, Tensor],
        split: Callable[[int], tuple[ImageData, ImageData]],
    ) -> None:
        self.source_features, self.target_features, self.split = source_features, target_features, split

    def __call__(self, condition: Transfer, seed: int) -> dict[str, Scored]:
        """Train and test under one condition with one seed.

        Raises
        ------
        TlnbError
            If there are no features of such a layer.
        """
        source, target = self.split(seed)
        with threadpool_limits(1, user_api="blas"):
            found = [self._learnt(condition, layer, source, target) for layer in condition.layers]
            _, layer, classifier, aligned = max(found, key=lambda one: one[0])
            if condition.rounds:
                classifier = self._self_trained(condition, layer, classifier, aligned, source, target)
            test = aligned.target(self.target_features[layer][target.test.indices])
            logits = _logits(classifier, test, len(target.classes))
        outputs = SimpleNamespace(indices=target.splits.test, labels=target.test.labels.numpy(), logits=logits)
        names = ("accuracy", "auc") if len(target.classes) == 2 else ("accuracy",)
        return {name: scored(name, outputs) for name in names}

    def _learnt(self, condition: Transfer, layer: str, source: ImageData, target: ImageData) -> tuple[Any, ...]:
        """Return a layer's score on validation images, its name, its classifier, and the maps of both domains."""
        for features in (self.source_features, self.target_features):
            if layer not in features:
                raise TlnbError(
                    f"There are no features of {layer!r}, but of {', '.join(features)}.{did_you_mean(layer, features)}"
                )
        ours, theirs = self.source_features[layer], self.target_features[layer]
        aligned = condition.alignment.fit(ours[source.train.indices], theirs[target.train.indices])
        own, images, rows = (aligned.target, target, theirs) if condition.oracle else (aligned.source, source, ours)
        rows = own(rows)
        best: tuple[float, LogisticRegression] | None = None
        for penalty in PENALTIES:
            classifier = _fitted(rows[images.train.indices], images.train.labels, penalty)
            score = _score(classifier, rows[images.valid.indices], images)
            if best is None or score > best[0]:
                best = score, classifier
        assert best is not None
        note("method", "logistic regression")
        return best[0], layer, best[1], aligned

    def _self_trained(
        self,
        condition: Transfer,
        layer: str,
        classifier: LogisticRegression,
        aligned: Any,
        source: ImageData,
        target: ImageData,
    ) -> LogisticRegression:
        """Return a classifier that has learnt from the target's images by labels of its own."""
        ours = aligned.source(self.source_features[layer][source.train.indices])
        theirs = aligned.target(self.target_features[layer][target.train.indices])
        penalty = classifier.C
        for number in range(1, condition.rounds + 1):
            said = torch.from_numpy(_logits(classifier, theirs, len(target.classes))).softmax(1)
            surety, classes = said.max(1)
            kept = surest(surety, classes, SHARE * number / condition.rounds)
            weights = torch.cat([torch.ones(len(ours)), torch.full((int(kept.sum()),), len(ours) / int(kept.sum()))])
            labels = torch.cat([source.train.labels, classes[kept]])
            rows = torch.cat([ours, theirs[kept]])
            classifier = _fitted(rows, labels, penalty / 2, weights)  # half as strict a sum, over twice the weight
        note("method", "self-training")
        return classifier


def _fitted(rows: Tensor, labels: Tensor, penalty: float, weights: Tensor | None = None) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    given = None if weights is None else weights.numpy()
    return LogisticRegression(C=penalty, max_iter=300).fit(rows.numpy(), labels.numpy(), sample_weight=given)


def _logits(classifier: LogisticRegression, rows: Tensor, classes: int) -> np.ndarray:
    """Return (N, D) -> (N, classes); of classes that were not learnt, the lowest."""
    found = classifier.decision_function(rows.numpy())
    if found.ndim == 1:  # two classes: the second one's logit against 0
        found = np.stack([np.zeros_like(found), found], axis=1)
    logits = np.full((len(rows), classes), found.min() - 1.0)
    logits[:, classifier.classes_] = found
    return logits


def _score(classifier: LogisticRegression, rows: Tensor, images: ImageData) -> float:
    from tlnb.core.metrics import classification_metrics

    metrics = classification_metrics(images.valid.labels, _logits(classifier, rows, len(images.classes)))
    return metrics.get("auc", metrics["accuracy"])
