"""Exercises of lesson 4.2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tlnb.course.answering import call_answer, shown
from tlnb.course.checks import Exercise


def _balanced(answer: Any) -> str | None:
    labels = np.array([0] * 90 + [1] * 10)
    predicted = np.where(np.arange(100) < 95, 0, 1)
    found, wrong = _number(call_answer(answer, labels, predicted).returned)
    if wrong:
        return wrong
    if math.isclose(found, 0.95, abs_tol=1e-6):
        return "That is the plain accuracy: the class with 90 images counts nine times as much as the one with 10."
    if math.isclose(found, 1.5, abs_tol=1e-6):
        return "The shares of the classes are summed; a mean of them is asked for."
    if not math.isclose(found, 0.75, abs_tol=1e-6):
        return (
            "Of 90 images of one class all are right, of 10 of another one half. Each class should count the same, "
            f"which makes another number than {found:.3g}."
        )
    three = np.array([0, 0, 1, 2, 2, 2])
    found, wrong = _number(call_answer(answer, three, np.array([0, 1, 1, 0, 0, 2])).returned)
    if wrong:
        return f"With three classes: {wrong}"
    if not math.isclose(found, (0.5 + 1 + 1 / 3) / 3, abs_tol=1e-6):
        return f"With two classes it is right. With three, each of them should count the same; you return {found:.3g}."
    found, wrong = _number(call_answer(answer, np.array([0, 0, 2, 2]), np.array([0, 0, 2, 1])).returned)
    if wrong or not math.isclose(found, 0.75, abs_tol=1e-6):
        return wrong or "A class that no image is of has no share to be averaged, though it may be predicted."
    return None


def _corrected(answer: Any) -> str | None:
    chances = np.array([[0.6, 0.4], [0.2, 0.8]])
    even, skewed = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    found, wrong = _rows(call_answer(answer, chances.copy(), even, skewed).returned, chances.shape)
    if wrong:
        return wrong
    expected = _bayes(chances, even, skewed)
    if np.allclose(found, _bayes(chances, skewed, even)):
        return "It is the wrong way round: the first class is more frequent in the target, and you make it less likely."
    if np.allclose(found, chances * skewed / even):
        return "These are the right proportions. But the chances of an image should sum to 1 again."
    if not np.allclose(found, expected):
        return (
            f"From {shown(chances[0].tolist())}, equal priors and {shown(skewed.tolist())} in the target you get "
            f"{shown(found[0].round(3).tolist())}. Which factor does Bayes' rule give to each class?"
        )
    found, wrong = _rows(call_answer(answer, chances.copy(), skewed, even).returned, chances.shape)
    if wrong or not np.allclose(found, _bayes(chances, skewed, even)):
        return wrong or "From equal priors it is right. From priors that are not, it is not: what do you divide by?"
    return None


def _bayes(chances: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    likely = chances * target / source
    return likely / likely.sum(axis=1, keepdims=True)


def _number(value: Any) -> tuple[float, str | None]:
    """Read a number off an answer; say what is wrong with one that is none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return math.nan, f"your function returns {shown(value)}; a number is asked for."
    return found, None if math.isfinite(found) else f"your function returns {found}."


def _rows(value: Any, shape: tuple[int, ...]) -> tuple[np.ndarray, str | None]:
    """Read an array off an answer; say what is wrong with one that is none."""
    try:
        found = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        return np.zeros(shape), f"Your function returns {shown(value)}; an array of numbers is asked for."
    if found.shape != shape or not np.isfinite(found).all():
        return np.zeros(shape), f"A row for each image is asked for, {shape}; yours is {found.shape}."
    return found, None


_BALANCED = """def balanced_accuracy(labels, predicted):
    return np.mean([np.mean(predicted[labels == one] == one) for one in np.unique(labels)])
"""

_CORRECTED = """def corrected(chances, source, target):
    likely = chances * target / source
    return likely / likely.sum(axis=1, keepdims=True)
"""

EXERCISES = (
    Exercise(
        "4.2.a",
        _balanced,
        hints=(
            "For each class that occurs among the labels, ask: which share of its own images is right?",
            "np.unique(labels) gives the classes that occur; predicted[labels == one] what was said of one of them.",
        ),
        solution=_BALANCED,
        wrong=(
            "def balanced_accuracy(labels, predicted):\n    return np.mean(labels == predicted)\n",
            _BALANCED.replace("np.mean([", "np.sum(["),
            _BALANCED.replace("np.unique(labels)", "(0, 1)"),
            "def balanced_accuracy(labels, predicted):\n"
            "    return np.mean([np.mean(labels[predicted == one] == one) for one in np.unique(predicted)])\n",
            "def balanced_accuracy(labels, predicted):\n    return 'all'\n",
        ),
        setup="import numpy as np",
    ),
    Exercise(
        "4.2.b",
        _corrected,
        hints=(
            "A class that is twice as frequent in the target as in the source becomes twice as likely, at first.",
            "After that the chances of an image no longer sum to 1. Divide each row by its sum.",
        ),
        solution=_CORRECTED,
        wrong=(
            _CORRECTED.replace("target / source", "source / target"),
            "def corrected(chances, source, target):\n    return chances * target / source\n",
            _CORRECTED.replace("target / source", "target"),
            _CORRECTED.replace("axis=1", "axis=0"),
            "def corrected(chances, source, target):\n    return chances\n",
        ),
        setup="import numpy as np",
    ),
)
