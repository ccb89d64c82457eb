"""The controls of a method: what a hand sets, who follows, what is told; by a page's messages and from Python."""

from __future__ import annotations

import gc
import json
import time
import weakref

import pytest
import torch
from monitored import LONG, RECIPE, HeardPage, ran, wait_for_step
from torch import nn

import tlnb
from tlnb.controls import MethodControls
from tlnb.core.errors import TlnbError
from tlnb.methods import DANN
from tlnb.training import Choice, Number, Settings, Steered, Steering, Switch, Weights, start

TRAINS = RECIPE.with_(trainable="all", schedule="constant", store="off")


@pytest.fixture
def target(bright_images):
    return tlnb.ImageData.from_tensors(255 - bright_images.images, bright_images.labels, bright_images.classes)


@pytest.fixture
def dann(target):
    return DANN(target, hidden=16)


class Episodes:
    """A sampler: it has settings, and no training."""

    def __init__(self):
        self.settings = Settings(
            [
                Number("shots", 1, 20, 1, whole=True, while_training=False, says="Examples of each class."),
                Number("rate", 0.001, 1.0, 0.1, log=True),
                Switch("balanced", True),
                Choice("distance", ("euclidean", "cosine"), says="How near two features are."),
                Weights("kernels", ("narrow", "middle", "wide"), (0.5, 0.25, 0.25)),
            ]
        )


def shown(control):
    page = HeardPage(control)
    page.open()
    return page


def drags(page, name, *values):
    """Move a slider, and do not let go of it."""
    for value in values:
        message = {"kind": "do", "action": "set", "fields": {"name": name, "value": value}, "commit": False}
        page.control._receive(None, message, [])


def wait_until(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_the_page_hears_what_is_declared_and_what_is_set():
    page = shown(MethodControls(Episodes()))
    (greeting,) = page.of("settings")
    kinds = [(one["name"], one["kind"], one["label"]) for one in greeting["settings"]]
    assert kinds[0] == ("shots", "number", "shots") and kinds[-1] == ("kernels", "weights", "kernels")
    assert greeting["settings"][0]["while_training"] is False and greeting["when"] == ""
    assert page.state["values"] == {
        "shots": 1,
        "rate": 0.1,
        "balanced": True,
        "distance": "euclidean",
        "kernels": [0.5, 0.25, 0.25],
    }
    assert (
        page.state["says"] == "Episodes: shots 1, rate 0.1, balanced on, distance euclidean, kernels 0.5 : 0.25 : 0.25."
    )
    assert len(json.dumps(page.of("state")[-1])) < 2000


def test_what_the_page_sets_python_reads_and_the_reverse():
    episodes = Episodes()
    page = shown(MethodControls(episodes))
    page.do("set", name="shots", value=5)
    page.do("set", name="kernels", value=[0.2, 0.4, 0.4])
    assert episodes.settings["shots"] == 5 and episodes.settings["kernels"] == (0.2, 0.4, 0.4)
    episodes.settings["balanced"] = False
    assert page.state["values"]["balanced"] is False and page.state["undo"]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("shots", "many", "is not a whole number from 1 to 20"),
        ("kernels", [0.5, 0.5, "x"], "each share"),
        ("shot", 1, "Did you mean"),
    ],
)
def test_what_cannot_be_is_told_and_the_page_shows_what_holds(name, value, says):
    page = shown(MethodControls(Episodes()))
    page.do("set", name=name, value=value)
    assert says in page.of("error")[-1]["text"] and page.state["values"]["shots"] == 1 and not page.state["undo"]


def test_a_drag_is_one_step_back_and_forth():
    episodes = Episodes()
    page = shown(MethodControls(episodes))
    drags(page, "rate", 0.2, 0.3, 0.4)
    page.do("set", name="rate", value=0.4)
    episodes.settings["shots"] = 3
    for _ in range(2):
        page.do("undo")
    assert dict(episodes.settings) == dict(Episodes().settings) and not page.state["undo"]
    page.do("redo")
    assert episodes.settings["rate"] == 0.4 and episodes.settings["shots"] == 1 and page.state["redo"]
    page.do("undo")
    page.do("undo")  # there is none: nothing happens
    assert dict(episodes.settings) == dict(Episodes().settings)


def test_one_is_reset_or_all():
    episodes = Episodes()
    page = shown(MethodControls(episodes))
    episodes.settings.change(shots=7, rate=0.5, balanced=False)
    page.do("reset", name="rate")
    assert (episodes.settings["rate"], episodes.settings["shots"]) == (0.1, 7)
    page.do("reset")
    assert dict(episodes.settings) == dict(Episodes().settings)


def test_it_calls_back_once_for_each_change_that_is_final(caplog):
    episodes, heard = Episodes(), []
    page = shown(MethodControls(episodes, on_change=lambda now: heard.append(now["rate"])))
    drags(page, "rate", 0.2, 0.3)
    for _ in range(2):
        page.do("set", name="rate", value=0.3)
    assert heard == [0.3]
    episodes.settings["rate"] = 0.5
    page.do("undo")
    assert heard == [0.3, 0.5, 0.3]

    def fails(now):
        raise ValueError("no such episode")

    page = shown(MethodControls(episodes, on_change=fails))
    page.do("set", name="shots", value=9)
    assert episodes.settings["shots"] == 9 and "what was to follow failed: no such episode" in page.state["note"]
    assert "failed" in caplog.text


def test_its_code_sets_the_values(target):
    dann, steering = DANN(target), Steering()
    control = MethodControls(dann, steering)
    dann.settings.change(reversal_weight=0.3, schedule=False, hidden=64)
    other, hand = DANN(target), Steering()
    exec(control._code(), {"method": other, "steering": hand})
    assert dict(other.settings) == dict(dann.settings)
    asked = [(event.name, event.value) for event in hand.due(0)]
    assert asked == [("reversal_weight", 0.3), ("schedule", False)]
    assert "steering" not in MethodControls(dann)._code()
    dann.settings.reset()
    exec(control._code(), {"method": other})
    assert dict(other.settings) == dict(DANN(target).settings)


def test_the_picture_shows_every_setting_and_is_legible():
    control = MethodControls(Episodes())
    figure = control._picture()
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"shots", "rate", "kernels", "narrow", "25 %", "off   [on]", "[euclidean]   cosine"} <= set(texts)
    assert all(text.get_fontsize() >= 9 for text in figure.axes[0].texts)
    assert figure.get_size_inches()[0] == 7.0
    assert control._repr_mimebundle_()[0]["image/png"]


def test_words_that_look_like_formulas_are_drawn_as_they_are():
    control = MethodControls(Settings([Choice("price", (r"$\nonsense{", "b$")), Weights("of", ("$_$", "y"))]))
    assert control._picture().png()[1:4] == b"PNG"


def test_what_has_no_settings_or_cannot_be_steered_is_refused(dann, make):
    with pytest.raises(TypeError, match="has nothing to be set"):
        MethodControls(nn.Linear(1, 1))
    with pytest.raises(TypeError, match="cannot be steered"):
        MethodControls(dann, "monitor")
    with pytest.raises(TlnbError, match="has another method, or none: give both the same"):
        MethodControls(dann, make(TRAINS))


class SteeredDann:
    """A run of DANN in which something is set after given steps, in the training's own thread: exact to the step."""

    def __init__(self, make, dann, recipe=TRAINS, **at):
        self.monitor = make(recipe, method=dann, name="steered dann")
        self.control = MethodControls(dann, self.monitor)
        self.page = shown(self.control)
        todo = {int(step[1:]): do for step, do in at.items()}
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
    assert run.page.state["note"] == ""  # the run has ended
    assert run.page.of("settings")[0]["when"].startswith("While a training is under way")
    later = ran(run.monitor)
    assert later.method.settings["hidden"] == 64 and later.method.module.classifier[0].out_features == 64


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
    assert page.state["note"] == "" and dann.settings["reversal_weight"] == 0.5


def test_a_monitor_says_why_there_is_no_script(make, dann):
    monitor = make(TRAINS, method=dann)
    assert "the method DANN is not written into a script" in monitor._code()


def test_words_that_a_method_brings_reach_the_page_as_they_are():
    evil = "<img src=x onerror=alert(1)>"
    settings = Settings([Choice("pick", (evil, "b"), says=evil)])
    page = shown(MethodControls(settings))
    assert (
        page.of("settings")[0]["settings"][0]["options"][0] == evil and page.state["says"] == f"Settings: pick {evil}."
    )


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
