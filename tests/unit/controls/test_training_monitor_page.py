"""What the monitor sends to a page: how much, how often, to whom; and what a notebook stores without one."""

from __future__ import annotations

import json
import time

import pytest
import torch
from monitored import ran, rows, squares

import tlnb
from tlnb.controls import TrainingMonitor
from tlnb.controls.monitor.alerts import Alert
from tlnb.controls.monitor.feed import Feed
from tlnb.controls.monitor.history import RunHistory
from tlnb.training import EpochDone, EpochRecord, Started, Steered, StepDone

RECIPE = tlnb.Recipe(epochs=6, batch_size=8, learning_rate=1e-2)
MOST = 4000


def size(message):
    return len(json.dumps(message))


@pytest.fixture
def monitor(make):
    return make(RECIPE, baseline=0.9, name="page")


def test_where_nobody_looks_nothing_is_sent(monitor, page):
    seen = page(monitor)
    ran(monitor)
    seen.open()
    seen.close()
    before = len(seen.heard)
    ran(monitor)
    assert len(seen.heard) == before


def test_a_run_is_told_as_it_goes_five_times_a_second_in_small_messages(monitor, page):
    seen = page(monitor)
    seen.open()
    ran(monitor, RECIPE.with_(epochs=200, schedule="constant"))
    told = [(at, thread, content) for at, thread, content, _ in seen.heard]
    assert max(size(content) for _, _, content in told) <= MOST
    times = [at for at, thread, content in told if thread.startswith("tlnb") and content["kind"] == "progress"]
    seconds = times[-1] - times[0]
    # What is new goes in pieces where it is much; the beginning and the end are told at once.
    starts = [0, *(at for at in range(1, len(times)) if times[at] - times[at - 1] > 0.05)]
    assert len(starts) > 3 and (len(starts) - 2) / seconds <= 5.5
    assert (starts[-1] - starts[1]) / (len(starts) - 2) <= 8  # the whole, where bins grow wider, goes in some six
    assert any("say" in content for _, _, content in told)


def rebuilt(messages):
    """Put a run together as the page does."""
    epochs = {}
    for message in messages:
        if message.get("fresh"):
            epochs = {}
        epochs.update({epoch[0]: epoch for epoch in message.get("epochs", [])})
    return rows(messages, "bins"), epochs, rows(messages, "marks")


def test_the_pieces_give_the_run_and_a_view_that_comes_late_gets_the_same(monitor, page):
    seen = page(monitor)
    seen.open()
    ran(monitor, RECIPE.with_(epochs=80))
    first = rebuilt(seen.of("progress"))
    seen.heard.clear()
    seen.open("late")
    assert rebuilt(seen.of("progress")) == first
    history = monitor._watch.history
    assert len(first[0]) == len(history.curve.bins) and set(first[1]) == set(range(1, 81))
    assert first[0][-1][2] == pytest.approx(history.curve.bins[-1].mean, rel=1e-3)


def long_history(groups=60, steps=3000, epochs=1000):
    names = tuple(f"a_rather_long_name_of_block_{i}" for i in range(groups))
    history = RunHistory(Started(steps, epochs, names, names, None))
    for step in range(1, steps + 1):
        history.hear(StepDone(step, 0.123456 + step, 8, dict.fromkeys(names, 1.23456e-05 * step)))
        if step % 3 == 0:
            history.hear(EpochDone(EpochRecord(step // 3, 0.12345, 0.23456, 0.34567, 0.45678, 1.0, 9.0)))
        if step % 50 == 0:
            history.hear(Steered(step + 1, "thaw", names[:2]))
    history.measured(dict.fromkeys(names, 1.2345e-3))
    return history


def test_a_long_run_of_many_blocks_still_goes_in_small_pieces():
    history, feed = long_history(), Feed("AUC")
    whole = feed.whole(1, history)
    assert max(map(size, whole)) <= MOST and len(rebuilt(whole)[0]) <= 400
    assert feed.news(1, history)[0].get("fresh") is None
    history.hear(StepDone(3001, 0.5, 8, {}))
    assert max(map(size, feed.news(1, history))) <= MOST


def test_what_is_new_is_put_together_right_also_while_the_bins_grow_wider():
    names = ("stem", "head")
    history, feed, heard = RunHistory(Started(5000, 5, names, names, None)), Feed("AUC"), []
    for step in range(1, 2001):
        history.hear(StepDone(step, float(step % 7), 8, {"stem": 0.1, "head": 0.2}))
        if step % 3 == 0:
            heard += feed.news(1, history)
    heard += feed.news(1, history)
    bins = rebuilt(heard)[0]
    assert [b[:2] for b in bins] == [[b.low, b.high] for b in history.curve.bins]


def test_the_state_stays_small_whatever_it_tells(monitor, page):
    seen = page(monitor)
    seen.open()
    monitor.expect([0.5] * 6)
    ran(monitor)
    history = monitor._watch.history
    history.alerts = [(7, Alert("failed", "x" * 5000, "Do something about it.")) for _ in range(20)]
    monitor._watch.notes = ["y" * 5000]
    monitor._tell_state()
    assert size(seen.of("state")[-1]) <= MOST


def test_a_page_does_what_the_methods_do(monitor, page):
    seen = page(monitor)
    seen.open()
    monitor.recipe = RECIPE.with_(epochs=5000)
    seen.do("start")
    while monitor._watch.history is None or monitor._watch.history.step < 3:
        time.sleep(0.01)
    assert seen.state["run"] == 1
    seen.do("pause")
    while monitor._watch.status != "paused":
        time.sleep(0.01)
    time.sleep(0.1)
    assert seen.state["status"] == "paused" and "is paused" in seen.state["says"]
    seen.do("step")
    seen.do("go_on")
    seen.do("stop")
    assert monitor.run.result(60).stopped == "stopped"
    time.sleep(0.1)
    assert seen.state["status"] == "stopped"


def test_what_cannot_be_done_is_answered_in_words(monitor, page):
    seen = page(monitor)
    seen.open()
    for action in ("pause", "step", "stop", "resume", "worst"):
        seen.do(action)
    seen.do("matrix", epoch=3)
    seen.do("expect", scores=[[9, 0.5]])
    errors = [message["text"] for message in seen.of("error")]
    assert len(errors) == 7 and all(
        "Start" in e or "start" in e or "checkpoint" in e or "epochs 1 to" in e for e in errors
    )


def test_the_worst_images_come_as_pictures_and_the_matrix_by_epoch(monitor, page):
    seen = page(monitor)
    seen.open()
    ran(monitor)
    seen.do("worst")
    pictures = [(content, buffers) for _, _, content, buffers in seen.heard if content["kind"] == "worst"]
    assert [content["at"] for content, _ in pictures] == list(range(8))
    assert all(size(content) + sum(map(len, buffers)) <= MOST for content, buffers in pictures)
    for epoch in (1, 6):
        seen.do("matrix", epoch=epoch)
        matrix = seen.of("matrix")[-1]
        right = round(monitor.runs[0].history[epoch - 1].valid_accuracy * 12)
        assert sum(matrix["counts"][i][i] for i in (0, 1)) == right and f"{right} of 12" in matrix["says"]
    assert size(matrix) <= MOST


def test_a_matrix_of_many_classes_is_small_too(page):
    images = tlnb.ImageData.from_tensors(
        *squares(40, 400), [f"a class with a long name, number {i}" for i in range(40)]
    )
    model = tlnb.create_model("resnet10t", images, weights="random")
    monitor = TrainingMonitor(model, images, RECIPE.with_(epochs=1), device="cpu", name="many")
    seen = page(monitor)
    seen.open()
    ran(monitor)
    seen.do("matrix", epoch=1)
    assert size(seen.of("matrix")[-1]) <= MOST and max(size(c) for _, _, c, _ in seen.heard) <= MOST


def test_the_code_comes_in_pieces_and_is_the_recipe_s(page, bright_images):
    torch.manual_seed(0)
    model = tlnb.create_model("tf_efficientnet_lite0", bright_images)
    monitor = TrainingMonitor(model, bright_images, RECIPE, device="cpu", name="code")
    seen = page(monitor)
    seen.open()
    seen.do("code")
    pieces = seen.of("code")
    assert "".join(piece["text"] for piece in pieces) == monitor._code() and len(pieces) > 1
    assert max(map(size, pieces)) <= MOST
    try:
        assert monitor._code() == RECIPE.to_code(model, bright_images)
    except tlnb.core.errors.RecipeError as refused:
        assert str(refused) in monitor._code()


def test_earlier_runs_are_ghosts_of_later_ones(monitor, page):
    ran(monitor)
    ran(monitor)
    seen = page(monitor)
    seen.open()
    (ghost,) = seen.of("ghost")
    assert ghost["number"] == 1 and ghost["scores"][-1][1] == pytest.approx(monitor.runs[0].result, rel=1e-3)
