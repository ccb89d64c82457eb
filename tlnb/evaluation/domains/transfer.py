"""Transfer of a linear classifier: trained on features of one domain, tested on those of another.

The network is never trained: many ways to bring two domains together can be compared within seconds, by many seeds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from tlnb.core.errors import TlnbError, did_you_mean
from tlnb.core.used import note
from tlnb.evaluation.verdicts.resampling import Scored, scored
from tlnb.methods import FeatureAlignment
from tlnb.methods.self_training import surest

if TYPE_CHECKING:
    from tlnb.data import ImageData

PENALTIES = (1e-3, 1e-2, 1e-1)  # inverse strengths of the L2 penalty, chosen on the source's validation images
SHARE = 0.8  # of the target's images of each class that the last round of self-training labels


@dataclass(frozen=True)
class Transfer:
    """How a classifier comes from one domain to the other: a condition of a `TransferTrial`.

    Parameters
    ----------
    layers : sequence of str
        The layers whose features are read. Each has a classifier of its own; of several, the logits are averaged, each
        layer's divided by their deviation over the target's training images.
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
            readers = [self._reader(condition, layer, source, target) for layer in condition.layers]
            for number in range(1, condition.rounds + 1):
                _label_and_learn(readers, SHARE * number / condition.rounds)
            logits = torch.stack([one.logits(one.test) for one in readers]).mean(0).numpy()
        note("method", "logistic regression")
        if condition.rounds:
            note("method", "self-training")
        outputs = SimpleNamespace(indices=target.splits.test, labels=target.test.labels.numpy(), logits=logits)
        names = ("accuracy", "auc") if len(target.classes) == 2 else ("accuracy",)
        return {name: scored(name, outputs) for name in names}

    def _reader(self, condition: Transfer, layer: str, source: ImageData, target: ImageData) -> _Reader:
        """Train the classifier of one layer."""
        for features in (self.source_features, self.target_features):
            if layer not in features:
                near = did_you_mean(layer, features)
                raise TlnbError(f"There are no features of {layer!r}, but of {', '.join(features)}.{near}")
        ours, theirs = self.source_features[layer], self.target_features[layer]
        aligned = condition.alignment.fit(ours[source.train.indices], theirs[target.train.indices])
        if condition.oracle:
            images, own = target, aligned.target(theirs)
        else:
            images, own = source, aligned.source(ours)
        labels, valid = images.train.labels, own[images.valid.indices]
        others, test = (aligned.target(theirs[part.indices]) for part in (target.train, target.test))
        best: tuple[float, _Reader] | None = None
        for penalty in PENALTIES:
            reader = _Reader(own[images.train.indices], labels, others, test, penalty, len(images.classes))
            score = _score(reader.logits(valid), images.valid.labels)
            if best is None or score > best[0]:
                best = score, reader
        assert best is not None
        return best[1]


class _Reader:
    """The classifier of one layer: of rows (n, D) with labels, and of the target's, (m, D), and its test rows."""

    def __init__(
        self, rows: Tensor, labels: Tensor, target: Tensor, test: Tensor, penalty: float, classes: int
    ) -> None:
        self.rows, self.labels, self.target, self.test = rows, labels, target, test
        self.penalty, self.classes, self.scale = penalty, classes, 1.0
        self.learn()

    def learn(self, kept: Tensor | None = None, classes: Tensor | None = None) -> None:
        """Learn from the labelled rows, and from those of the target that are kept, bool (m,), by classes (m,)."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        rows, labels, weights, penalty = self.rows, self.labels, None, self.penalty
        if kept is not None and classes is not None:
            rows, labels = torch.cat([rows, self.target[kept]]), torch.cat([labels, classes[kept]])
            count = int(kept.sum())
            weights = np.repeat([1.0, len(self.rows) / count], [len(self.rows), count])
            penalty /= 2  # over twice the weight in all: as strict as before
        learnt = LogisticRegression(C=penalty, tol=1e-3, max_iter=300)
        with warnings.catch_warnings():  # by then the loss no longer changes in digits that a score would show
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.classifier = learnt.fit(rows.numpy(), labels.numpy(), sample_weight=weights)
        self.scale = 1.0
        self.scale = max(float(self.logits(self.target).std()), 1e-12)

    def logits(self, rows: Tensor) -> Tensor:
        """Return (N, D) -> (N, classes), in deviations; of classes that were not learnt, the lowest."""
        found = self.classifier.decision_function(rows.numpy())
        if found.ndim == 1:  # two classes: the second one's logit against 0
            found = np.stack([-found / 2, found / 2], axis=1)
        logits = np.full((len(rows), self.classes), found.min() - 1.0)
        logits[:, self.classifier.classes_] = found
        return torch.from_numpy(logits) / self.scale


def _label_and_learn(readers: list[_Reader], share: float) -> None:
    """Let all layers together label the target, and each learn from the surest share of each class."""
    raw = torch.stack([one.logits(one.target) * one.scale for one in readers]).mean(0)
    surety, classes = raw.softmax(1).max(1)
    kept = surest(surety, classes, share)
    for one in readers:
        one.learn(kept, classes)


def _score(logits: Tensor, labels: Tensor) -> float:
    from tlnb.core.metrics import classification_metrics

    metrics = classification_metrics(labels, logits.numpy())
    return metrics.get("auc", metrics["accuracy"])
