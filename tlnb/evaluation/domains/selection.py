"""Choosing between adapted models without a label of the target: four scores, none of which is the truth.

Target labels serve for the last figure alone. Who chooses by them and calls it unsupervised has measured something
else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.errors import DataError
from tlnb.core.used import note

if TYPE_CHECKING:
    from torch import Tensor, nn

    from tlnb.data import ImageData


@dataclass(frozen=True)
class SelectionScores:
    """What can be said of a model without a label of the target; the lower the better, each in nats.

    Attributes
    ----------
    source : float
        Mean cross-entropy of the source's validation images: blind to the shift.
    entropy : float
        Mean entropy of the predictions for the target's training images: low also where a model is sure and wrong.
    importance_weighted : float
        The cross-entropy of the source's validation images, each weighed by how much more probable its features are in
        the target: unbiased where the domains overlap, and noisy where they hardly do.
    deep_embedded : float
        The same with a control variate, which takes some of that noise away; may be negative.
    """

    source: float
    entropy: float
    importance_weighted: float
    deep_embedded: float


def selection_scores(model: nn.Module, source: ImageData, target: ImageData, *, seed: int = 0) -> SelectionScores:
    """Score a model for a target of which no label is read.

    Sugiyama, Krauledat & Müller, "Covariate Shift Adaptation by Importance Weighted Cross Validation", 2007; You, Wang,
    Long & Jordan, "Towards Accurate Model Selection in Deep Unsupervised Domain Adaptation" (deep embedded validation),
    2019.

    Parameters
    ----------
    model : nn.Module
        A classifier for the classes of the source; it is not changed.
    source : ImageData
        Its validation images and their labels are used, and its training images for the weights, without labels.
    target : ImageData
        Its training images are used.
    seed : int
        Of the folds of the classifier that tells the domains apart.

    Raises
    ------
    DataError
        If there are too few images.

    Examples
    --------
    >>> import torch
    >>> import tlnb
    >>> pixels = torch.randint(0, 256, (60, 3, 32, 32), dtype=torch.uint8)
    >>> source = tlnb.ImageData.from_tensors(pixels, torch.arange(60) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", source, weights="random")
    >>> found = selection_scores(model, source, source)
    >>> 0 < found.entropy < 0.7
    True
    """
    import torch
    from torch.nn.functional import cross_entropy

    from tlnb.backbones import extract_features, model_card

    prepared = model_card(model).preprocessing

    def seen(images: ImageData, rows: np.ndarray) -> Tensor:
        pixels = images.pixels(prepared.resize_for(images.size), images.size, prepared.interpolation)
        return pixels[torch.from_numpy(rows)]  # uint8 (n, C, S, S)

    pixels = {"train": seen(source, source.splits.train), "valid": seen(source, source.splits.valid)}
    pixels["target"] = seen(target, target.splits.train)
    features = {name: extract_features(model, some) for name, some in pixels.items()}
    losses = cross_entropy(_logits(model, pixels["valid"]), source.valid.labels, reduction="none")
    weights = importance_weights(features["valid"], features["target"], seed=seed, others=features["train"])
    note("method", "deep embedded validation")
    return SelectionScores(
        float(losses.mean()),
        prediction_entropy(_logits(model, pixels["target"])),
        weighted_risk(losses, weights, control=False),
        weighted_risk(losses, weights),
    )


def prediction_entropy(logits: Tensor) -> float:
    """Return the mean entropy of predictions, (N, classes), in nats: from 0 to the logarithm of the classes.

    Examples
    --------
    >>> import torch
    >>> round(prediction_entropy(torch.zeros(3, 4)), 4), prediction_entropy(torch.tensor([[500.0, 0.0]]))
    (1.3863, 0.0)
    """
    return max(0.0, float(-(logits.log_softmax(1) * logits.softmax(1)).sum(1).mean()))


def importance_weights(
    source: Tensor, target: Tensor, *, others: Tensor | None = None, folds: int = 5, seed: int = 0
) -> Tensor:
    r"""Return how much more probable each row of the source is in the target: (n,), of mean 1 but for chance.

    A logistic regression :math:`p` that tells the domains apart gives the ratio of their densities,
    :math:`w(x) = \frac{n_s}{n_t} \frac{p(t \mid x)}{p(s \mid x)}`. No row is weighed by a classifier that was trained
    on it. Weights above :math:`\sqrt n` are truncated to that (Ionides, "Truncated Importance Sampling", 2008): a
    single row that no classifier has seen the like of would else outweigh all others.

    Parameters
    ----------
    source, target : Tensor
        Rows (n, D) and (m, D), at least `folds` each.
    others : Tensor, optional
        More rows of the source, (k, D), to train on; they get no weights.
    folds, seed : int
        Of the cross-validation.

    Raises
    ------
    DataError
        If there are too few rows, or the rows have other lengths.

    Examples
    --------
    >>> import torch
    >>> generator = torch.Generator().manual_seed(0)
    >>> rows = torch.randn(200, 1, generator=generator)
    >>> weights = importance_weights(rows, rows + 1)
    >>> bool(weights[rows[:, 0] > 1].mean() > 1.5), bool(weights[rows[:, 0] < -1].mean() < 0.5)
    (True, True)
    """
    import torch
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from tlnb.methods.discrepancy import check_samples

    check_samples(source, target, folds)
    more = source[:0] if others is None else others
    rows = torch.cat([source, target]).double().numpy()
    domains = np.repeat([0, 1], [len(source), len(target)])
    extra = more.double().numpy()
    weights = np.empty(len(source))
    for learnt, told in StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, domains):
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, C=0.1))
        known = np.concatenate([domains[learnt], np.zeros(len(extra), dtype=domains.dtype)])
        classifier.fit(np.concatenate([rows[learnt], extra]), known)
        own = told[domains[told] == 0]
        log_odds = classifier.decision_function(rows[own])  # of the target against the source
        log_ratio = log_odds + np.log(np.mean(known == 0) / np.mean(known == 1))
        weights[own] = np.exp(np.minimum(log_ratio, np.log(len(source)) / 2))
    return torch.from_numpy(weights).float()


def weighted_risk(losses: Tensor, weights: Tensor, *, control: bool = True) -> float:
    r"""Return a mean loss in the target, estimated by losses in the source.

    .. math:: \frac{1}{n} \sum_i w_i \ell_i + \eta \frac{1}{n} \sum_i w_i - \eta

    The weights are 1 on average, so the second part is nothing on average; with
    :math:`\eta = -\mathrm{cov}(w \ell, w) / \mathrm{var}(w)` it takes away what the loss owes to the weights' chance.

    Parameters
    ----------
    losses, weights : Tensor
        (n,) each, n at least 2.
    control : bool
        Whether to have that second part.

    Raises
    ------
    DataError
        If the two do not fit each other.

    Examples
    --------
    >>> import torch
    >>> weighted_risk(torch.tensor([1.0, 3.0]), torch.tensor([0.5, 1.5]), control=False)
    2.5
    """
    import torch

    if losses.shape != weights.shape or losses.ndim != 1 or len(losses) < 2:
        shapes = f"{tuple(losses.shape)} and {tuple(weights.shape)}"
        raise DataError(f"Losses and weights of shape {shapes}: give one of each for two images or more.")
    loss, weight = losses.double(), weights.double()
    weighted = weight * loss
    risk = weighted.mean()
    if control and float(weight.var()) > 1e-12:
        eta = -torch.cov(torch.stack([weighted, weight]))[0, 1] / weight.var()
        risk = risk + eta * weight.mean() - eta
    return float(risk)


def _logits(model: nn.Module, pixels: Tensor) -> Tensor:
    import torch

    from tlnb.backbones import evaluating, model_card

    normalise, device = model_card(model).preprocessing.normalise, next(model.parameters()).device
    with torch.inference_mode(), evaluating(model):
        return torch.cat([model(normalise(some.to(device))).float().cpu() for some in pixels.split(64)])
