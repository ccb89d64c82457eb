"""Figures of curves name their lines, keep their places, and leave out what is not finite."""

import numpy as np
import pytest

from tlnb.evaluation import Evidence, plot_curves, plot_differences, plot_panels


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_each_curve_is_named_at_its_end():
    made = plot_curves({"up": [1, 2, 3], "down": [3, 2, 1]}, "step", "loss", "Two ways")
    (axes,) = made.axes
    assert set(texts(made)) == {"up", "down"}
    assert [line.get_xdata().tolist() for line in axes.lines] == [[1, 2, 3], [1, 2, 3]]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title("left")) == ("step", "loss", "Two ways")
    assert made.png()[1:4] == b"PNG"


def test_one_curve_alone_needs_no_name():
    made = plot_curves({"": np.linspace(0, 1, 50)}, "x", "y", "One")
    assert texts(made) == []
    assert made.png()


def test_what_is_not_finite_is_left_out():
    made = plot_curves({"broken": [1.0, np.inf, np.nan, 2.0]}, "step", "loss", "Holes", log=True)
    (line,) = made.axes[0].lines
    assert line.get_xdata().tolist() == [1, 4]
    assert made.axes[0].get_yscale() == "log"


def test_places_and_marks_are_as_given():
    made = plot_curves({"a": [1, 2]}, "x", "y", "Marked", x=[0.5, 0.75], marks={"here": 0.6})
    assert made.axes[0].lines[0].get_xdata().tolist() == [0.5, 0.75]
    assert "here" in texts(made)


@pytest.mark.parametrize("count", [1, 4, 7])
def test_panels_have_a_curve_each_and_none_is_empty(count):
    made = plot_panels({f"curve {n}": [n, n + 1] for n in range(count)}, "epoch", "rate", "Panels")
    assert len(made.axes) == count
    assert all(len(axes.lines) == 1 for axes in made.axes)
    assert made.get_suptitle() == "Panels"


def test_a_grid_tells_gains_over_the_baseline_and_which_of_them_are_sure():
    scores = {"plain": [0.60, 0.62, 0.61], "good": [0.80, 0.82, 0.81], "unclear": [0.7, 0.4, 0.75]}
    evidence = Evidence.from_scores({"auc": scores, "auc: noise": {name: v[::-1] for name, v in scores.items()}})
    columns = {"auc": "as they are", "auc: noise": "noise"}
    made = plot_differences(evidence, columns, ["good", "unclear"], "plain", "Gains")
    (axes,) = made.axes
    assert [text.get_text() for text in axes.texts] == ["+0.20", "+0.20", "+0.01", "+0.01"]
    assert [text.get_fontweight() for text in axes.texts] == ["bold", "bold", "normal", "normal"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["good", "unclear"]
    assert made.png()[1:4] == b"PNG"
