"""What a method measures, in the monitor: told to the page as it goes, whole for who comes late, and drawn."""

from __future__ import annotations

import json
import math

import pytest
from monitored import RECIPE, ran, rows

from tlnb.controls.monitor.feed import Feed
from tlnb.controls.monitor.history import RunHistory
from tlnb.training import Started, StepDone

WHOLE = RECIPE.with_(trainable="all")


@pytest.fixture
def monitor(make, dann):
    return make(WHOLE, method=dann)


def test_a_page_is_told_what_is_measured_and_with_what_to_compare_it(monitor, page, make):
    seen = page(monitor)
    seen.open()
    title, level, name = seen.last("about")["measured"]
    assert title == "loss of the domain classifier (nats)" and name == "guessing"
    assert level == pytest.approx(math.log(2))
    without = page(make(WHOLE))
    without.open()
    assert without.last("about")["measured"] is None


def test_it_comes_with_each_step_and_a_view_that_comes_late_gets_the_same(monitor, page):
    seen = page(monitor)
    seen.open()
    run = ran(monitor)
    told = rows(seen.of("progress"), "measured")
    assert len(told) == len(run.losses)
    assert [low for low, _, _ in told] == pytest.approx(run.method.measured, rel=1e-3)
    seen.heard.clear()
    seen.open("late")
    assert rows(seen.of("progress"), "measured") == told


def test_a_method_without_words_is_shown_by_what_it_adds(make, page, target):
    from tlnb.controls.monitor.words import measured

    class Bare:
        name = "mine"

    assert measured(Bare()) == ("what mine adds to the loss", None, "")


def test_the_picture_has_a_panel_of_it_and_without_a_method_none(monitor, make):
    ran(monitor)
    labels = [axes.get_ylabel().replace("\n", " ") for axes in monitor.picture().axes]
    assert labels == ["loss (nats)", "loss of the domain classifier (nats)", "AUC", "learning rate"]
    assert "guessing" in [text.get_text() for axes in monitor.picture().axes for text in axes.texts]
    plain = make(WHOLE)
    ran(plain)
    assert len(plain.picture().axes) == 3


def test_a_run_that_goes_on_shows_what_was_measured_before():
    started = Started(20, 2, ("head",), ("head",), None, done=2, losses=(0.7, 0.6), measured=(0.5, 0.4))
    history = RunHistory(started)
    history.hear(StepDone(3, 0.5, 8, {"head": 0.1}, 0.3))
    assert [b.low for b in history.of_method.bins] == [0.5, 0.4, 0.3]
    assert len(history.curve.bins) == len(history.of_method.bins)


def test_a_long_run_still_goes_in_small_messages_and_its_bins_grow_as_those_of_the_loss():
    history, feed = RunHistory(Started(5000, 5, ("head",), ("head",), None)), Feed("AUC")
    heard = []
    for step in range(1, 2001):
        history.hear(StepDone(step, 0.5, 8, {"head": 0.1}, 0.1 + step / 1000))
        if step % 7 == 0:
            heard += feed.news(1, history)
    heard += feed.news(1, history)
    assert max(len(json.dumps(message)) for message in heard) <= 4000
    assert history.curve.width == history.of_method.width > 1
    assert [high for _, high, _ in rows(heard, "measured")] == pytest.approx(
        [b.high for b in history.of_method.bins], rel=1e-3
    )
