"""Label shift: the priors that were put in come out, and correcting by them is Bayes' rule."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import tlnb
from tlnb.core.errors import DataError
from tlnb.evaluation import class_priors, correct_priors, estimate_priors

BALANCED, SKEWED = np.array([1, 1, 1]) / 3, np.array([0.7, 0.25, 0.05])
CENTRES = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])


def drawn(priors, n=4000, seed=0):
    """Draw points of three normal distributions, with labels and the exact logits under equal priors."""
    generator = np.random.default_rng(seed)
    labels = generator.choice(3, n, p=priors)
    points = CENTRES[labels] + generator.standard_normal((n, 2))
    return labels, -((points[:, None] - CENTRES) ** 2).sum(2) / 2


@pytest.mark.parametrize("priors", [BALANCED, SKEWED, SKEWED[::-1]])
def test_the_priors_that_the_images_were_drawn_with_are_found_without_labels(priors):
    _, logits = drawn(priors)
    assert estimate_priors(logits, BALANCED) == pytest.approx(priors, abs=0.03)


def test_what_an_unbalanced_training_took_for_likely_is_divided_out():
    _, logits = drawn(BALANCED)
    unbalanced = logits + np.log(SKEWED)  # what a model says that was trained on skewed labels
    assert estimate_priors(unbalanced, SKEWED) == pytest.approx(BALANCED, abs=0.03)


def test_corrected_logits_are_those_of_bayes_rule():
    _, logits = drawn(SKEWED, n=50)
    told = np.exp(correct_priors(logits, BALANCED, SKEWED))
    told /= told.sum(1, keepdims=True)
    likely = np.exp(logits) * SKEWED
    assert told == pytest.approx(likely / likely.sum(1, keepdims=True))


def test_correcting_makes_more_predictions_right():
    labels, logits = drawn(SKEWED)
    before, known, found = (
        float(np.mean(one.argmax(1) == labels))
        for one in (
            logits,
            correct_priors(logits, BALANCED, SKEWED),
            correct_priors(logits, BALANCED, estimate_priors(logits, BALANCED)),
        )
    )
    assert known > before + 0.05 and found == pytest.approx(known, abs=0.01)


def test_there_and_back_again_is_where_it_began():
    _, logits = drawn(BALANCED, n=20)
    there = correct_priors(logits, BALANCED, SKEWED)
    assert correct_priors(there, SKEWED, BALANCED) == pytest.approx(logits)


def test_tensors_stay_tensors_and_give_the_same():
    _, logits = drawn(SKEWED, n=100)
    corrected = correct_priors(torch.tensor(logits), BALANCED, SKEWED)
    assert isinstance(corrected, torch.Tensor)
    assert corrected.numpy() == pytest.approx(correct_priors(logits, BALANCED, SKEWED))
    assert estimate_priors(torch.tensor(logits), BALANCED) == pytest.approx(estimate_priors(logits, BALANCED), abs=1e-5)


def test_a_class_that_the_target_does_not_have_is_never_predicted():
    _, logits = drawn(BALANCED, n=200)
    assert 2 not in correct_priors(logits, BALANCED, [0.5, 0.5, 0.0]).argmax(1)


def test_priors_are_counted_in_one_part():
    images = tlnb.ImageData.from_tensors(torch.zeros(40, 1, 4, 4, dtype=torch.uint8), [0, 0, 0, 1] * 10, ["a", "b"])
    assert class_priors(images).tolist() == [0.75, 0.25]
    assert class_priors(images, "test").sum() == 1
    empty = tlnb.ImageData.from_tensors(torch.zeros(8, 1, 4, 4, dtype=torch.uint8), [0, 1] * 4, ["a", "b"], valid=0)
    with pytest.raises(DataError, match="no valid images"):
        class_priors(empty, "valid")


@pytest.mark.parametrize("source", [[0.5, 0.5], [0.5, 0.5, 0.5], [1.0, 0.0, 0.0], [0.5, 0.5, np.nan]])
def test_priors_that_are_none_are_refused(source):
    _, logits = drawn(BALANCED, n=10)
    with pytest.raises(DataError):
        estimate_priors(logits, source)
    with pytest.raises(DataError):
        correct_priors(logits, source, BALANCED)


def test_outputs_that_are_not_finite_are_refused():
    with pytest.raises(DataError, match="finite"):
        estimate_priors(np.full((3, 2), np.nan), [0.5, 0.5])
