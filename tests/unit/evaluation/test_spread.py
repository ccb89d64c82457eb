"""Figures of distributions show the numbers that they were given."""

from __future__ import annotations

import numpy as np
import pytest

from tlnb.evaluation import PermutationTest, plot_null, plot_spread


def test_each_set_has_a_row_in_each_panel_with_its_median_as_a_dot():
    values = {"light": {"day": [1, 2, 3, 4, 5], "night": [0, 0, 1, 1, 1]}, "noise": {"day": [0, 1, 2], "night": [3, 4]}}
    made = plot_spread(values, "Day and night")
    assert made.get_suptitle() == "Day and night"
    for axes, (quantity, sets) in zip(made.axes, values.items(), strict=True):
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        assert axes.get_xlabel() == quantity
        assert [float(np.ravel(dot.get_xdata())[0]) for dot in dots] == [np.median(sets[name]) for name in sets]
    assert [label.get_text() for label in made.axes[0].get_yticklabels()] == ["day", "night"]


def test_sets_that_belong_together_lie_nearer_and_colours_repeat_from_pair_to_pair():
    made = plot_spread({"x": {name: [1, 2, 3] for name in "abcd"}}, "Two pairs")
    dots = [line for line in made.axes[0].lines if line.get_marker() == "o"]
    rows = [float(np.ravel(dot.get_ydata())[0]) for dot in dots]
    assert rows[0] - rows[1] == rows[2] - rows[3] < rows[1] - rows[2]
    assert [dot.get_color() for dot in dots[:2]] == [dot.get_color() for dot in dots[2:]]


def test_the_null_is_drawn_whole_and_what_was_found_as_a_line_with_its_p_value():
    test = PermutationTest(0.3, 0.02, 4, (-0.01, 0.0, 0.01, 0.02))
    made = plot_null({"far": test, "again": test}, "Far out")
    for axes in made.axes:
        assert sum(bar.get_height() for bar in axes.patches) == 4
        assert float(axes.lines[0].get_xdata()[0]) == pytest.approx(0.3)
        assert "p = 0.02" in axes.texts[0].get_text()
