"""Projected features as figures: by domain and by class."""

from __future__ import annotations

import numpy as np
import pytest

from tlnb.core.errors import TlnbError
from tlnb.evaluation import plot_features, project


@pytest.fixture
def projection():
    rows = np.random.default_rng(0).normal(size=(30, 4))
    return project(rows, rows + 1)


def test_every_set_is_drawn_once_for_each_grouping_with_all_its_points(projection):
    groups = {"by domain": ["source"] * 10 + ["target"] * 20, "by class": list("012") * 10}
    made = plot_features(projection, groups, ["before", "after"], "Closer")
    assert len(made.axes) == 4
    drawn = [sum(len(one.get_offsets()) for one in axes.collections) for axes in made.axes]
    assert drawn == [30] * 4
    assert [len(one.get_offsets()) for one in made.axes[0].collections] == [10, 20]
    assert [axes.get_ylabel() for axes in made.axes] == ["by domain", "", "by class", ""]


def test_words_have_a_legend_and_single_digits_stand_for_themselves(projection):
    groups = {"by domain": ["source", "target"] * 15, "by class": list("01") * 15}
    made = plot_features(projection, groups, ["before", "after"], "Closer")
    assert [axes.get_legend() is not None for axes in made.axes] == [True, False, False, False]


@pytest.mark.parametrize(
    ("groups", "names", "says"),
    [
        ({"by class": list("01") * 15}, ["one"], "1 names for 2 sets"),
        ({"by class": list("01")}, ["one", "two"], "2 values for 30 points"),
        ({"by class": [str(i) for i in range(30)]}, ["one", "two"], "30 kinds"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_numbers(projection, groups, names, says):
    with pytest.raises(TlnbError, match=says):
        plot_features(projection, groups, names, "")
