"""The draws of steps, images, epochs and seeds: repeatable, and none says anything of another."""

from __future__ import annotations

import numpy as np
import torch
from scipy import stats

from tlnb.data.augmentation.draws import generator_kept, in_turn

COUNT = 2000


def uniform(name="flip", seed=0, epoch=0, first=0):
    """Draw a first number for each of the rows from `first` on."""
    with generator_kept():
        return np.array([torch.rand(()).item() for _ in in_turn(name, seed, epoch, range(first, first + COUNT))])


def test_steps_seeds_epochs_and_rows_draw_independently():
    others = [uniform("rotation"), uniform("vertical_flip"), uniform(seed=1), uniform(epoch=1), uniform(epoch=10)]
    others += [uniform(first=1), uniform(first=10), uniform(seed=2**40)]
    correlations = np.corrcoef([uniform(), *others])
    assert np.abs(correlations - np.eye(len(correlations))).max() < 5 / COUNT**0.5


def test_draws_fill_the_range_evenly():
    for name in ("flip", "rotation", "mixup"):
        assert stats.kstest(uniform(name), "uniform").pvalue > 1e-3


def test_places_are_those_in_the_batch():
    with generator_kept():
        assert list(in_turn("flip", 0, 0, [7, 3, 9])) == [0, 1, 2]
