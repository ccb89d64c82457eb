"""Scores agree with their definitions and refuse what they cannot say."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tlnb.core.errors import DataError
from tlnb.core.metrics import accuracy, calibration_error, classification_metrics, roc_auc

binary = st.lists(st.tuples(st.booleans(), st.integers(-20, 20)), min_size=2, max_size=30).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


@given(binary)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    positives = [score for label, score in rows if label]
    negatives = [score for label, score in rows if not label]
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for p in positives for n in negatives]
    labels, scores = [int(label) for label, _ in rows], [score for _, score in rows]
    assert roc_auc(labels, scores) == pytest.approx(sum(pairs) / len(pairs))


@given(binary)
def test_turning_the_scores_round_turns_auc_round(rows):
    labels, scores = np.array([int(label) for label, _ in rows]), np.array([score for _, score in rows])
    assert roc_auc(labels, scores) + roc_auc(labels, -scores) == pytest.approx(1)


def test_auc_of_one_class_says_what_to_do():
    with pytest.raises(DataError, match=r"needs both classes, and all 3 labels are 1.*stratified"):
        roc_auc([1, 1, 1], [0.1, 0.2, 0.3])


def test_auc_refuses_other_labels_and_scores_that_are_not_finite():
    with pytest.raises(DataError, match=r"labels 0 and 1, not \[0, 2\]"):
        roc_auc([0, 2], [0.1, 0.2])
    with pytest.raises(DataError, match="1 of 2 scores are not finite"):
        roc_auc([0, 1], [0.1, math.nan])


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
def test_metrics_agree_with_torch(kind):
    generator = torch.Generator().manual_seed(0)
    logits = (torch.randn(50, 3, generator=generator) * 30).to(kind)
    labels = torch.randint(0, 3, (50,), generator=generator)
    metrics = classification_metrics(labels, logits)
    assert metrics["loss"] == pytest.approx(torch.nn.functional.cross_entropy(logits.double(), labels).item())
    assert metrics["accuracy"] == pytest.approx((logits.argmax(1) == labels).double().mean().item())
    assert "auc" not in metrics


def test_two_classes_give_auc_and_one_present_class_gives_none():
    logits = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.5]])
    assert classification_metrics([0, 1, 1], logits)["auc"] == 1.0
    assert set(classification_metrics([1, 1, 1], logits)) == {"loss", "accuracy"}


def test_huge_logits_do_not_overflow():
    assert classification_metrics([0], [[1e4, -1e4]])["loss"] == 0.0


def test_metrics_take_logits_that_need_a_gradient():
    logits = torch.zeros(2, 2, requires_grad=True)
    assert classification_metrics([0, 1], logits)["loss"] == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("labels", "logits", "message"),
    [
        ([0, 1], [[0.0, 1.0]], "do not fit"),
        ([], np.zeros((0, 2)), "do not fit"),
        ([0, 2], [[0.0, 1.0], [1.0, 0.0]], "labels go from 0 to 2, but the logits are for 2 classes"),
        ([0], [[math.inf, 1.0]], "1 of 2 logits are not finite"),
    ],
)
def test_what_does_not_fit_is_said(labels, logits, message):
    with pytest.raises(DataError, match=message):
        classification_metrics(labels, logits)


def test_accuracy_refuses_other_lengths():
    with pytest.raises(DataError, match=r"labels \(2,\) and predictions \(3,\) do not fit"):
        accuracy([0, 1], [0, 1, 1])


def test_auc_is_scikit_learns():
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(0)
    for ties in (3, 1000):
        labels, scores = draw.integers(0, 2, 500), draw.integers(0, ties, 500)
        assert roc_auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_confidence_that_comes_true_has_no_calibration_error():
    chances = np.repeat([0.6, 0.8, 0.95], 1000)
    draw = np.random.default_rng(0)
    labels = (draw.random(len(chances)) >= chances).astype(int)  # class 0 as often as it is said to be
    logits = np.stack([np.log(chances / (1 - chances)), np.zeros(len(chances))], axis=1)
    assert calibration_error(labels, logits) < 0.02
    assert calibration_error(labels, 4 * logits) > 0.1  # too sure of itself
    assert calibration_error(labels, 0.2 * logits) > 0.1  # not sure enough


@given(binary)
def test_calibration_errors_are_shares_and_do_not_depend_on_the_order(rows):
    labels = np.array([int(label) for label, _ in rows])
    logits = np.stack([np.zeros(len(rows)), [score / 4 for _, score in rows]], axis=1)
    found = calibration_error(labels, logits)
    assert 0 <= found <= 1
    assert calibration_error(labels[::-1], logits[::-1]) == pytest.approx(found)


def test_calibration_of_nothing_is_refused():
    with pytest.raises(DataError, match="do not fit"):
        calibration_error([], np.empty((0, 2)))
    with pytest.raises(DataError, match="not finite"):
        calibration_error([0], [[math.inf, 0.0]])
