"""The controls of a method on a training that goes: what counts from when, judged by losses and replays."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from monitored import LONG, RECIPE, drags, ran, shown, wait_for_step, wait_until

import tlnb
from tlnb.controls import MethodControls
from tlnb.methods import DANN
from tlnb.training import Steered, Steering, start

pytestmark = pytest.mark.slow

TRAINS = RECIPE.with_(trainable="all", schedule="constant", store="off")


class SteeredDann:
    """A run of DANN in which something is set after given steps, in the training's own thread: exact to the step."""

    def __init__(self, make, dann, recipe=TRAINS, **at):
        self.monitor = make(recipe, method=dann, name="steered dann")
        self.control = MethodControls(dann, self.monitor)
        self.page = shown(self.control)
        self.todo = todo = {int(step[1:]): do for step, do in at.items()}
        told = self.monitor._told

        def hear(watch, event):
            told(watch, event)
            if event.kind == "step" and event.step in todo:
                todo[event.step](self.page)

        self.monitor._told = hear
        self.run = ran(self.monitor)

    @property
    def marks(self):
        return [(mark.step, mark.text) for mark in self.monitor._watch.history.marks]


def test_a_setting_that_is_moved_while_it_trains_counts_from_the_next_step_and_is_marked(
    make, dann, target, small_model, bright_images
):
    plain = SteeredDann(make, dann)
    run = SteeredDann(
        make,
        dann,
        s3=lambda page: page.do("set", name="schedule", value=False),
        s6=lambda page: page.do("set", name="reversal_weight", value=2.0),
    )
    assert run.run.steering == (
        Steered(4, "set", name="schedule", value=False),
        Steered(7, "set", name="reversal_weight", value=2.0),
    )
    assert run.marks == [(4, "schedule off"), (7, "reversal weight 2")]
    assert run.run.losses[:4] == plain.run.losses[:4] and run.run.losses[4:] != plain.run.losses[4:]
    again = tlnb.fit(
        small_model,
        bright_images,
        TRAINS,
        progress=False,
        device="cpu",
        method=DANN(target, hidden=16),
        steering=Steering(run.run.steering),
    )
    assert again.losses == run.run.losses and again.method.losses == run.run.method.losses


def test_what_is_set_before_the_run_counts_from_its_start(make, dann, target, small_model, bright_images):
    monitor = make(TRAINS, method=dann)
    page = shown(MethodControls(dann, monitor))
    page.do("set", name="reversal_weight", value=0.25)
    page.do("set", name="hidden", value=32)
    run = ran(monitor)
    assert run.steering == () and run.method.settings["hidden"] == 32
    method = DANN(target, reversal_weight=0.25, hidden=32)
    assert (
        tlnb.fit(small_model, bright_images, TRAINS, progress=False, device="cpu", method=method).losses == run.losses
    )


def test_a_drag_is_one_mark(make, dann):
    run = SteeredDann(
        make,
        dann,
        s3=lambda page: drags(page, "reversal_weight", 0.9, 0.7, 0.5),
        s4=lambda page: page.do("set", name="reversal_weight", value=0.4),
    )
    assert run.marks == [(4, "reversal weight 0.4")] and len(run.run.steering) == 2


def test_what_a_run_cannot_take_is_told_and_counts_for_the_next(make, dann):
    notes = []

    def widen(page):
        page.do("set", name="hidden", value=64)
        notes.append((page.state["note"], page.control._monitor._state()["note"]))

    run = SteeredDann(make, dann, s3=widen)
    told = "In this run these stay as they are, and count for the next one: hidden (16 → 64)."
    assert notes == [(told, told)] and run.run.method.settings["hidden"] == 16
    told = "The last run ended with hidden 16; what is set now counts for the next one."
    wait_until(lambda: run.page.state["note"] == told)
    assert run.page.of("settings")[0]["when"].startswith("A change counts from the next step of a training that is")
    later = ran(run.monitor)
    assert run.page.state["note"] == ""
    assert later.method.settings["hidden"] == 64 and later.method.module.classifier[0].out_features == 64


def test_what_is_moved_after_the_last_step_is_not_said_to_count_in_that_run(make, dann):
    run = SteeredDann(
        make,
        dann,
        s3=lambda page: page.do("set", name="reversal_weight", value=0.98),
        s12=lambda page: page.do("set", name="reversal_weight", value=0.94),
    )
    assert len(run.run.losses) == 12 and run.run.method.settings["reversal_weight"] == 0.98
    told = "The last run ended with reversal weight 0.98; what is set now counts for the next one."
    wait_until(lambda: run.page.state["note"] == told)
    run.page.do("set", name="reversal_weight", value=0.98)
    assert run.page.state["note"] == ""
    run.page.do("set", name="reversal_weight", value=0.9)
    assert run.page.state["note"] == told
    run.todo.clear()
    assert ran(run.monitor).method.settings["reversal_weight"] == 0.9
    wait_until(lambda: run.page.state["note"] == "")


def test_a_run_that_is_begun_while_another_is_under_way_is_not_told_what_that_ended_with(make, dann):
    monitor = make(LONG.with_(trainable="all", store="off"), method=dann)
    page = shown(MethodControls(dann, monitor))
    monitor.start()
    wait_for_step(monitor, 2)
    page.do("set", name="hidden", value=64)
    monitor.start()
    wait_for_step(monitor, 2)
    assert page.state["note"] == ""
    monitor.stop()
    assert monitor.run.result(60).method.settings["hidden"] == 64


def test_a_run_that_was_steered_stopped_and_resumed_goes_on_with_what_was_set(make, dann, tmp_path):
    monitor = make(LONG.with_(trainable="all", store="off"), method=dann, checkpoint=tmp_path)
    page = shown(MethodControls(dann, monitor))
    monitor.start()
    wait_for_step(monitor, 3)
    page.do("set", name="reversal_weight", value=0.25)
    wait_for_step(monitor, monitor._watch.history.step + 3)
    monitor.stop()
    first = monitor.run.result(60)
    page.do("set", name="domain_weight", value=2.0)  # in between: counts from the first step of what goes on
    monitor.resume()
    wait_for_step(monitor, len(first.losses) + 3)
    monitor.stop()
    run = monitor.run.result(60)
    assert [(one.name, one.value) for one in run.steering if one.action == "set"] == [
        ("reversal_weight", 0.25),
        ("domain_weight", 2.0),
    ]
    assert run.steering[-1].step == len(first.losses) + 1 and run.losses[: len(first.losses)] == first.losses
    assert run.method.settings["reversal_weight"] == 0.25 and run.method.settings["domain_weight"] == 2.0


def test_a_run_in_the_background_is_steered_without_a_monitor(dann, small_model, bright_images):
    recipe = LONG.with_(trainable="all", store="off")
    background = start(small_model, bright_images, recipe, device="cpu", method=dann, name="dann alone")
    try:
        page = shown(MethodControls(dann, background))
        wait_until(lambda: len(background.events) > 3)
        page.do("set", name="reversal_weight", value=0.125)
        page.do("set", name="hidden", value=64)
        wait_until(lambda: any(event.kind == "steered" for event in background.events))
        assert "hidden (16 → 64)" in page.state["note"]
    finally:
        background.stop()
    run = background.result(60)
    assert [(one.name, one.value) for one in run.steering] == [("reversal_weight", 0.125)]
    page.do("set", name="reversal_weight", value=0.5)  # it has ended: nothing is said to it, nothing goes wrong
    assert dann.settings["reversal_weight"] == 0.5
    assert page.state["note"] == (
        "The last run ended with reversal weight 0.125, hidden 16; what is set now counts for the next one."
    )
    late = shown(MethodControls(dann, background))  # its cell is run again
    assert late.state["note"] == page.state["note"]


def test_a_monitor_says_why_there_is_no_script(make, dann):
    monitor = make(TRAINS, method=dann)
    assert "the method DANN is not written into a script" in monitor._code()


def test_a_control_that_is_gone_is_not_kept_by_the_monitor(make, dann):
    monitor = make(TRAINS, method=dann)
    control = MethodControls(dann, monitor)
    left = weakref.ref(control)
    control.close()
    del control
    gc.collect()
    assert left() is None
    assert torch.isfinite(torch.tensor(ran(monitor).losses)).all()


def test_after_a_restarted_kernel_a_run_goes_on_by_what_is_shown_now(make, dann, target, tmp_path):
    """What was set by hand is not set any more, as its cell was run again: the run goes by the sliders, and says so."""
    monitor = make(LONG.with_(trainable="all", store="off"), method=dann, checkpoint=tmp_path)
    monitor.start()
    wait_for_step(monitor, 2)
    dann.settings["reversal_weight"] = 0.25
    wait_until(lambda: monitor.run.steering.settings["reversal_weight"] == 0.25)
    monitor.stop()
    first = monitor.run.result(60)
    again = DANN(target, hidden=16)
    later = make(LONG.with_(trainable="all", store="off"), method=again, checkpoint=tmp_path, name="after the restart")
    later.resume()
    wait_for_step(later, len(first.losses) + 2)
    assert later.run.steering.settings["reversal_weight"] == again.settings["reversal_weight"] == 1.0
    later.stop()
    run = later.run.result(60)
    assert [(one.name, one.value) for one in run.steering] == [("reversal_weight", 0.25), ("reversal_weight", 1.0)]
