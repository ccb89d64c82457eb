"""Runs that were broken off and go on, and runs that fail: both are told, and leave the monitor alive."""

from __future__ import annotations

import pytest
from monitored import LONG, RECIPE, wait_for_step

from tlnb.core.errors import CheckpointError, TlnbError


def test_a_stopped_run_is_resumed_from_its_checkpoint_to_the_losses_of_one_without_a_break(make, tmp_path):
    recipe = RECIPE.with_(epochs=6)
    whole = make(recipe, name="whole")
    whole.start()
    monitor = make(recipe, checkpoint=tmp_path)
    monitor.start()
    wait_for_step(monitor, 8)
    monitor.stop()
    assert monitor.run.result(60).stopped == "stopped" and (tmp_path / "run-1").is_dir()
    step = monitor._watch.history.step
    monitor.resume()
    run = monitor.run.result(60)
    assert run.stopped == "finished" and run.losses == whole.run.result(60).losses
    assert [(one.number, one.stopped) for one in monitor.runs] == [(1, "finished")]
    assert monitor._watch.history.curve.steps == len(run.losses) > step  # the curve goes on where it was


def test_a_run_is_resumed_by_a_new_monitor_as_after_a_restart(make, tmp_path):
    first = make(LONG.with_(epochs=40), checkpoint=tmp_path, name="first")
    first.start()
    wait_for_step(first, 8)
    first.stop()
    done = len(first.run.result(60).losses)
    second = make(LONG.with_(epochs=40), checkpoint=tmp_path, name="second")
    second.resume()
    wait_for_step(second, done + 1)
    history = second._watch.history
    assert second._watch.number == 1 and history.first == 0 and history.step > done
    per_epoch = history.per_epoch
    assert [e.epoch for e in history.epochs][: done // per_epoch] == list(range(1, done // per_epoch + 1))
    lows = [b.low for b in history.curve.bins]
    assert tuple(lows[:done]) == first.run.result().losses[:done]  # the curve shows the steps before the restart too
    second.stop()
    second.run.result(60)


def test_each_run_has_checkpoints_of_its_own(make, tmp_path):
    monitor = make(checkpoint=tmp_path)
    for _ in range(2):
        monitor.start()
        monitor.run.result(60)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-1", "run-2"]
    with pytest.raises(TlnbError, match="Run 2 is finished"):
        monitor.resume()


def test_resuming_says_what_it_lacks(make, tmp_path):
    with pytest.raises(TlnbError, match="checkpoint="):
        make().resume()
    with pytest.raises(CheckpointError, match="no run to resume"):
        make(checkpoint=tmp_path).resume()


def test_a_run_that_cannot_begin_says_why_and_the_next_one_works(make):
    monitor = make(RECIPE.with_(trainable=("no_such_group",)))
    monitor.start()
    with pytest.raises(TlnbError, match="no_such_group"):
        monitor.run.result(60)
    assert monitor.runs[0].stopped == "failed" and "no_such_group" in monitor._state()["note"]
    monitor.recipe = RECIPE
    monitor.start()
    assert monitor.run.result(60).stopped == "finished"


def test_a_loss_that_is_no_number_is_an_alert_that_names_the_mend(make):
    monitor = make(RECIPE.with_(learning_rate=1e30, optimizer="sgd", epochs=5))
    monitor.start()
    with pytest.raises(ArithmeticError):
        monitor.run.result(60)
    failed = monitor.alerts[-1]
    assert failed.kind == "failed" and "learning_rate=" in failed.text and monitor.runs[0].stopped == "failed"


def test_an_error_in_the_watching_never_ends_a_training(make, monkeypatch, caplog):
    monkeypatch.setattr("tlnb.controls.monitor.history.RunHistory.hear", lambda *_: 1 / 0)
    monitor = make()
    monitor.start()
    assert monitor.run.result(60).stopped == "finished"
    assert caplog.text.count("the monitor cannot follow it") == 1
