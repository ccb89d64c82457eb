"""The monitor's runs: begun, waited for, ended, begun again, resumed, compared; all without a page."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest
import torch
from monitored import LONG, RECIPE, squares, wait_for_step

import tlnb
from tlnb.core.errors import TlnbError


def test_starting_returns_at_once_and_the_result_is_the_run(make):
    monitor = make(LONG)
    monitor.start()
    assert monitor.run.running
    wait_for_step(monitor, 2)
    monitor.stop()
    run = monitor.run.result(60)
    assert run.stopped == "stopped" and run.losses


def test_it_can_be_awaited_and_the_loop_stays_alive_meanwhile(make):
    monitor = make()

    async def cell():
        ticks = 0
        monitor.start()
        waiting = asyncio.ensure_future(_await(monitor.run))
        while not waiting.done():
            ticks += 1
            await asyncio.sleep(0.005)
        return await waiting, ticks

    run, ticks = asyncio.run(cell())
    assert run.stopped == "finished" and ticks > 3


async def _await(run):
    return await run


def test_the_losses_are_those_of_fit(make, bright_images, small_model):
    monitor = make()
    monitor.start()
    assert monitor.run.result(60).losses == tlnb.fit(small_model, bright_images, RECIPE, progress=False).losses


def test_before_a_start_there_is_no_run_and_the_error_says_what_to_do(make):
    monitor = make()
    with pytest.raises(TlnbError, match=r"monitor.start\(\)"):
        _ = monitor.run
    for act in (monitor.pause, monitor.step, monitor.go_on, monitor.stop):
        with pytest.raises(TlnbError, match=r"monitor.start\(\)"):
            act()


def test_a_paused_run_takes_the_steps_it_is_asked_for_and_goes_on(make):
    monitor = make(LONG)
    monitor.start()
    wait_for_step(monitor, 2)
    monitor.pause()
    while monitor._watch.status != "paused":
        time.sleep(0.005)
    at = monitor._watch.history.step
    time.sleep(0.2)
    assert monitor._watch.history.step == at
    monitor.step(2)
    wait_for_step(monitor, at + 2)
    time.sleep(0.2)
    assert monitor._watch.history.step == at + 2 and monitor._watch.status == "paused"
    monitor.go_on()
    wait_for_step(monitor, at + 5)


def test_stop_acts_within_a_step(make):
    monitor = make(LONG)
    monitor.start()
    wait_for_step(monitor, 10)
    step = monitor._watch.history.step
    monitor.stop()
    run = monitor.run.result(60)
    assert len(run.losses) <= step + 2  # one may have been under way, and one have ended since it was looked at


def test_a_stop_ends_a_paused_run_too(make):
    monitor = make(LONG)
    monitor.start()
    wait_for_step(monitor, 1)
    monitor.pause()
    time.sleep(0.1)
    monitor.stop()
    assert monitor.run.result(60).stopped == "stopped"


def test_many_tries_never_touch_the_test_images(make):
    monitor = make()
    monitor.start()
    run = monitor.run.result(60)
    assert run.stopped == "finished" and run.metrics == {} and run.outputs is None
    assert monitor.runs[0].metrics.keys() == {"loss", "accuracy", "auc"}  # of the validation images


def test_the_model_that_was_given_is_not_changed(make, small_model):
    before = {name: value.clone() for name, value in small_model.state_dict().items()}
    monitor = make(RECIPE.with_(trainable="all"))
    monitor.start()
    monitor.run.result(60)
    assert all(torch.equal(value, before[name]) for name, value in small_model.state_dict().items())


def test_starting_again_ends_the_first_run_cleanly_and_both_are_kept(make):
    monitor = make(LONG)
    monitor.start()
    wait_for_step(monitor, 2)
    monitor.recipe = RECIPE
    monitor.start()
    monitor.run.result(60)
    assert [(run.number, run.stopped) for run in monitor.runs] == [(1, "stopped"), (2, "finished")]
    assert [run.recipe.epochs for run in monitor.runs] == [10_000, 2]


def test_a_cell_that_is_run_again_ends_the_run_of_the_first(make):
    first = make(LONG, name="cell")
    first.start()
    wait_for_step(first, 2)
    second = make(name="cell")
    assert first.run.result(60).stopped == "stopped"
    second.start()
    assert second.run.result(60).stopped == "finished"


def test_monitors_of_two_names_train_side_by_side(make):
    first, second = make(LONG, name="one"), make(name="two")
    first.start()
    second.start()
    assert second.run.result(60).stopped == "finished" and first.run.running


def test_the_end_is_told_to_listeners_and_an_error_in_one_is_only_logged(make, caplog):
    monitor, heard = make(), []

    def broken(run):
        raise ValueError("broken")

    monitor.on_end(broken)
    monitor.on_end(heard.append)
    forget = monitor.on_end(lambda run: heard.append("never"))
    forget()
    monitor.start()
    run = monitor.run.result(60)
    assert heard == [run] and "at the end of a run failed" in caplog.text


def test_it_is_judged_by_auc_for_two_classes_and_else_by_accuracy(make):
    three = tlnb.ImageData.from_tensors(*squares(3, 60), ["a", "b", "c"])
    model = tlnb.create_model("resnet10t", three, weights="random")
    monitor = make(images=three, model=model, name="three")
    monitor.start()
    run = monitor.run.result(60)
    assert (make().metric, monitor.metric) == ("AUC", "accuracy")
    assert monitor.runs[0].result == run.history[-1].valid_accuracy


def test_without_validation_images_there_is_no_score_and_the_words_say_so(make, small_model):
    images = tlnb.ImageData.from_tensors(*squares(), ["dark", "bright"], valid=0)
    monitor = make(images=images)
    assert "no validation images" in monitor._says()
    monitor.start()
    monitor.run.result(60)
    assert monitor.runs[0].result is None and monitor.picture().png()[1:4] == b"PNG"


@pytest.mark.parametrize("baseline", [-0.1, 1.5, "0.9", float("nan")])
def test_a_baseline_that_is_no_score_is_an_error(make, baseline):
    with pytest.raises(TlnbError, match="is no score"):
        make(baseline=baseline)


def test_a_model_that_does_not_fit_is_an_error_at_once(make):
    three = tlnb.ImageData.from_tensors(*squares(3, 60), ["a", "b", "c"])
    with pytest.raises(TlnbError, match="2 outputs"):
        make(images=three)


def test_it_reads_the_same_in_every_run_and_holds_no_address(make):
    monitor = make()
    assert repr(monitor) == "TrainingMonitor('monitor', metric='AUC', runs=0)"
    monitor.start()
    assert repr(monitor) == "TrainingMonitor('monitor', metric='AUC', runs=1)"


def test_what_was_expected_is_compared_in_words_after_the_run(make):
    monitor = make()
    monitor.expect([0.5, 0.6])
    monitor.start()
    with pytest.raises(TlnbError, match="before the run"):
        monitor.expect([0.9])
    run = monitor.run.result(60)
    came = run.history[-1].valid_auc
    assert f"You expected an AUC of 0.60 after epoch 2; it came to {came:.2f}" in monitor._state()["verdict"]


def test_it_leaves_no_thread_behind(make):
    monitor = make(name="threads")
    monitor.start()
    monitor.run.result(60)
    assert not [thread for thread in threading.enumerate() if thread.name == "tlnb threads"]


def test_its_module_logs_nothing_in_an_ordinary_run(make, caplog):
    caplog.set_level(logging.WARNING)
    monitor = make()
    monitor.start()
    monitor.run.result(60)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
