"""Figures of a score against a number: each line shows what was measured at each level."""

from __future__ import annotations

import pytest

from tlnb.core.errors import TlnbError
from tlnb.evaluation import Evidence, plot_levels

FOUND = Evidence.from_scores(
    {"accuracy": {"one": [0.2, 0.3], "ten": [0.6, 0.62], "hundred": [0.9, 0.99], "new, one": [0.1, 0.12]}}
)
LEVELS = {100: "hundred", 1: "one", 10: "ten"}


def test_means_stand_at_their_levels_in_order_and_intervals_stay_within_what_a_score_can_be():
    axes = plot_levels(FOUND, "accuracy", {"": LEVELS}, "labels a class", "More is better", log=True).axes[0]
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [1, 10, 100]
    assert line.get_ydata().tolist() == pytest.approx([0.25, 0.61, 0.945])
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.min() >= 0 and heights.max() <= 1


def test_several_lines_are_named_at_their_ends_and_guessing_is_marked():
    series = {"pre-trained": LEVELS, "new": {1: "new, one"}}
    made = plot_levels(FOUND, "accuracy", series, "labels a class", "More is better", log=True, chance=0.1)
    assert {text.get_text() for text in made.axes[0].texts} == {"pre-trained", "new", "guessing"}


def test_a_condition_that_was_not_run_is_refused():
    with pytest.raises(TlnbError, match="was not run"):
        plot_levels(FOUND, "accuracy", {"": {1: "two"}}, "labels", "None")
