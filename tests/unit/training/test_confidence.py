"""The rule by which augmentation has gone too far, and what it says."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tlnb.training.confidence import ConfidenceFall, label_agreement


@pytest.mark.parametrize(
    ("before", "after", "classes", "verdict"),
    [
        (0.91, 0.38, 2, "too far"),
        (0.91, 0.70, 2, "too far"),  # .21 of .41
        (0.91, 0.71, 2, "hard"),
        (0.91, 0.80, 2, "hard"),
        (0.91, 0.82, 2, "fine"),
        (0.91, 0.95, 2, "fine"),
        (0.59, 0.20, 2, "no opinion"),  # of a network that knows nothing nothing is lost
        (0.61, 0.52, 2, "too far"),
        (0.20, 0.01, 100, "no opinion"),
        (0.60, 0.31, 100, "hard"),
        (0.60, 0.29, 100, "too far"),
    ],
)
def test_more_than_half_of_what_lies_above_chance_is_too_far(before, after, classes, verdict):
    fall = ConfidenceFall([before] * 3, [after] * 3, classes)
    assert fall.verdict == verdict


def test_the_sentence_names_both_means():
    assert "fell from .91 to .38" in ConfidenceFall([0.9, 0.92], [0.5, 0.26], 2).says
    assert "Gone too far" in ConfidenceFall([0.9], [0.3], 2).says
    assert (
        "no opinion" in ConfidenceFall([0.52], [0.5], 2).says
        and "guessing gives .50" in ConfidenceFall([0.5], [0.5], 2).says
    )
    assert ConfidenceFall([0.9], [0.9], 2).says.endswith("as in the untouched images.")
    assert "still knows" in ConfidenceFall([0.9], [0.89], 2).says
    assert "getting hard" in ConfidenceFall([0.9], [0.75], 2).says


def test_mixed_labels_give_no_warning():
    fall = ConfidenceFall([0.9], [0.4], 2, mixed=True)
    assert fall.verdict == "mixed" and "agree with their shares by .40" in fall.says
    assert ConfidenceFall([0.5], [0.4], 2, mixed=True).verdict == "no opinion"


@given(st.lists(st.floats(-9, 9), min_size=3, max_size=3), st.integers(0, 2), st.floats(0, 1))
def test_agreement_is_the_overlap_of_answer_and_label(logits, label, share):
    answer = torch.tensor([logits])
    own = torch.nn.functional.one_hot(torch.tensor([label]), 3).float()
    chances = answer.softmax(1)
    assert float(label_agreement(answer, own)) == pytest.approx(float(chances[0, label]), abs=1e-5)
    mixed = torch.lerp(own, own.roll(1, 1), share)
    assert 0 <= float(label_agreement(answer, mixed)) <= 1 + 1e-5
    assert float(label_agreement(chances.log(), chances)) == pytest.approx(1, abs=1e-5)
