"""Label shift: how often each class occurs in the target, found without its labels, and predictions that know it.

Saerens, Latinne & Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori Probabilities: A Simple
Procedure", Neural Computation 14, 2002.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tlnb.core.errors import DataError
from tlnb.core.used import note

if TYPE_CHECKING:
    from tlnb.data import ImageData

ROUNDS, CLOSE = 1000, 1e-7


def class_priors(images: ImageData, part: str = "train") -> np.ndarray:
    """Return the share of each class in one part of the images, float64 (C,).

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.zeros(8, 1, 4, 4, dtype=torch.uint8)
    >>> class_priors(tlnb.ImageData.from_tensors(pixels, [0, 0, 0, 1] * 2, ["a", "b"], valid=0, test=0)).tolist()
    [0.75, 0.25]
    """
    labels = images.subset(part).labels.numpy()
    if not len(labels):
        raise DataError(f"there are no {part} images to count classes in: choose another part.")
    return np.bincount(labels, minlength=len(images.classes)) / len(labels)


def correct_priors(logits: Any, source: Sequence[float] | np.ndarray, target: Sequence[float] | np.ndarray) -> Any:
    r"""Return logits as they would be if the classes had been as frequent in training as they are in the target.

    If only the frequencies differ, and p(x | y) does not, Bayes' rule says that

    .. math:: p_t(y \mid x) \propto p_s(y \mid x) \frac{p_t(y)}{p_s(y)}

    so the logarithm of the ratio is added to each class's logit. With `target` all alike it takes the training's
    imbalance out. It is as good as the probabilities are: the logits of an overconfident model move too little.

    Parameters
    ----------
    logits : array or tensor of float, shape (N, C)
        Outputs before the softmax.
    source, target : sequence of float, shape (C,)
        How frequent the classes were in training (above 0), and are in the target; each sums to 1.

    Returns
    -------
    Tensor or ndarray
        (N, C), a tensor where `logits` is one. A class that the target does not have gets a logit of about -700.

    Raises
    ------
    DataError
        Shapes that do not fit, or priors that are none.

    Examples
    --------
    >>> correct_priors(np.array([[0.0, 0.0]]), [0.5, 0.5], [0.9, 0.1]).argmax(1).tolist()
    [0]
    """
    classes = logits.shape[1] if len(logits.shape) == 2 else 0
    before, now = _priors("source", source, classes), _priors("target", target, classes)
    note("method", "prior correction")
    shift = np.log(np.maximum(now, 1e-300)) - np.log(before)
    return logits + (logits.new_tensor(shift) if hasattr(logits, "new_tensor") else shift)


def estimate_priors(logits: Any, source: Sequence[float] | np.ndarray) -> np.ndarray:
    r"""Estimate how frequent the classes are in the target from a model's outputs there; no label is read.

    Expectation-maximisation for the likelihood of the outputs: starting from the source's priors, the outputs are
    corrected by the present estimate, and their mean is the next one,

    .. math:: \hat p_t(y) \leftarrow \frac{1}{N} \sum_i p(y \mid x_i; \hat p_t)

    It is right where only the frequencies differ and the model's probabilities are what they say. Under another shift
    as well, it may say that there is a class less.

    Parameters
    ----------
    logits : array or tensor of float, shape (N, C)
        Outputs for images of the target.
    source : sequence of float, shape (C,)
        How frequent the classes were in training, above 0; sums to 1.

    Returns
    -------
    ndarray
        float64 (C,), sums to 1.

    Raises
    ------
    DataError
        Shapes that do not fit, priors that are none, or logits that are not finite.

    Examples
    --------
    >>> sure = np.log([[0.9, 0.1]] * 6 + [[0.1, 0.9]] * 2)
    >>> estimate_priors(sure, [0.5, 0.5]).round(3).tolist()
    [0.812, 0.188]
    """
    output = np.asarray(logits.detach().cpu().float() if hasattr(logits, "detach") else logits, np.float64)
    before = _priors("source", source, output.shape[1] if output.ndim == 2 else 0)
    if not len(output) or not np.isfinite(output).all():
        raise DataError(f"logits of shape {output.shape}: pass one finite row or more.")
    note("method", "expectation-maximisation of the priors")
    likely = np.exp(output - output.max(axis=1, keepdims=True)) / before  # (N, C), p(x | y) up to a factor a row
    now = before
    for _ in range(ROUNDS):
        weighed = likely * now
        last, now = now, (weighed / weighed.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(now - last).max() < CLOSE:
            break
    return now / now.sum()


def _priors(name: str, values: Sequence[float] | np.ndarray, classes: int) -> np.ndarray:
    found = np.asarray(values, np.float64)
    if found.shape != (classes,) or not classes:
        raise DataError(f"{name} priors of shape {found.shape} for logits of {classes} classes: pass one for each.")
    least = 0.0 if name == "target" else np.nextafter(0, 1)
    if not np.isfinite(found).all() or found.min() < least or abs(found.sum() - 1) > 1e-6:
        raise DataError(f"{name} priors {found.round(4).tolist()}: pass shares that sum to 1, of the source above 0.")
    return found
