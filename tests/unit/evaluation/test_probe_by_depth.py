"""Linear probes by depth: on seeds, with intervals, and never on the test images."""

from __future__ import annotations

import pytest
import torch

import tlnb
from tlnb.core.errors import DataError
from tlnb.evaluation import probe_by_depth
from tlnb.evaluation.features.depth import known_rows


@pytest.fixture
def images():
    labels = torch.arange(120) % 2
    pixels = torch.zeros(120, 1, 8, 8, dtype=torch.uint8)
    # An image and the next two of its class may not be parted.
    return tlnb.ImageData.from_tensors(pixels, labels, ["even", "odd"], groups=[i // 4 for i in range(120)])


def test_what_says_more_of_the_class_scores_higher(images):
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(120, 4, generator=generator)
    some = noise + images.labels[:, None] * 1.0
    found = probe_by_depth({"stem": noise, "stage1": some, "stage2": some + images.labels[:, None] * 5}, images)
    means = [interval.mean for interval in found.intervals.values()]
    assert means[0] < means[1] < means[2] == 1.0 and means[0] < 0.75
    assert all(len(scores) == 5 for scores in found.scores.values()) and found.metric == "AUC"
    assert found.table()[1][2][1] == "1.000"


def test_the_test_images_do_not_count(images):
    features = images.labels[:, None].float() + torch.randn(120, 3, generator=torch.Generator().manual_seed(0))
    spoilt = features.clone()
    spoilt[images.test.indices] = float("nan")
    one, other = (probe_by_depth({"stage1": rows}, images, [0, 1]).scores for rows in (features, spoilt))
    assert one == other


def test_known_rows_are_all_but_the_test_images(images):
    known = set(known_rows(images).tolist())
    assert not known & set(images.test.indices.tolist()) and len(known) + len(images.test) == 120


def test_progress_is_told_and_what_does_not_fit_is_refused(images):
    told = []
    rows = torch.randn(120, 2)
    probe_by_depth({"a": rows, "b": rows}, images, [0, 1], lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]
    with pytest.raises(DataError, match="'a' has 10 rows"):
        probe_by_depth({"a": rows[:10]}, images)
