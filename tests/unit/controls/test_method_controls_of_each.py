"""The controls of every method in `tlnb.methods`: what it declares is shown, refused where it cannot be, and steered.

A method that is new is tried here by itself.
"""

from __future__ import annotations

import io
import math

import pytest
from monitored import RECIPE, shown

import tlnb
from tlnb import methods
from tlnb.controls import MethodControls
from tlnb.controls.following import told_value, words
from tlnb.controls.method_controls.picture import place
from tlnb.methods.target import TargetMethod
from tlnb.training import Choice, Number, Steering, Switch

RECIPE = RECIPE.with_(trainable="all", schedule="constant", store="off", augmentation=(("rotation", 0.3),))
METHODS = [one for one in map(methods.__dict__.get, methods.__all__) if hasattr(one, "start")]


@pytest.fixture(params=METHODS, ids=lambda one: one.__name__)
def method(request, target):
    return request.param(target) if issubclass(request.param, TargetMethod) else request.param()


def other(setting):
    """Return a value that is not the default: in the middle of its slider, or what else there is."""
    if isinstance(setting, Switch):
        return not setting.default
    if isinstance(setting, Choice):
        return setting.options[-1]
    assert isinstance(setting, Number)
    value = setting.stops[len(setting.stops) // 2]
    return setting.high if value == setting.default else value


def test_they_are_all_here():
    assert {"ADDA", "CORAL", "DANN", "MMD", "MeanTeacher", "SelfTraining", "Tent"} <= {one.__name__ for one in METHODS}


def test_every_setting_is_shown_with_what_it_does_and_its_value(method):
    page = shown(MethodControls(method))
    (greeting,) = page.of("settings")
    assert [one["name"] for one in greeting["settings"]] == [one.name for one in method.settings.declared]
    for told, setting in zip(greeting["settings"], method.settings.declared, strict=True):
        assert told["kind"] == setting.kind and told["while_training"] == setting.while_training
        assert told["label"] == words(setting.name) and told["says"] == setting.says
        assert setting.says.endswith(".") and 20 < len(setting.says) < 130
    assert page.state["values"] == dict(method.settings)
    assert page.state["says"].startswith(f"{method.name}: ")
    assert all(words(setting.name) in page.state["says"] for setting in method.settings.declared)


def test_every_slider_can_be_used_where_its_values_are_useful(method):
    for setting in method.settings.declared:
        if isinstance(setting, Number):
            at = place(setting, setting.default)
            assert 0.1 <= at <= 0.9 or setting.default in (setting.low, setting.high), setting
            steps = len(setting.stops) - 1
            each = setting.whole and setting.stops == tuple(range(setting.stops[0], setting.stops[-1] + 1))
            assert 20 <= steps <= 200 or (each and steps < 20), "fewer only where there are no numbers between"
            assert setting.default in setting.stops
            assert all(float(f"{stop:.3g}") == stop for stop in setting.stops if not setting.whole)
            assert setting.unit_of(1) == "" or setting.low > 1 or setting.one, "its unit is written behind a 1"


def test_what_cannot_be_is_refused_with_its_reason(method):
    page, before = shown(MethodControls(method)), dict(method.settings)
    for setting in method.settings.declared:
        wrong = ["what", None]
        if isinstance(setting, Number):
            wrong += [setting.high * 1.01 + 1, setting.low - 1, True]
            wrong += [setting.low + 0.5] if setting.whole else []
        for value in wrong:
            page.do("set", name=setting.name, value=value)
            assert f"{setting.name}={value!r} is n" in page.of("error")[-1]["text"]
            assert page.state["values"] == before == dict(method.settings) and not page.state["undo"]


def test_it_steers_a_training_in_what_can_be_steered_and_tells_the_rest(method, bright_images, small_model):
    steering, declared = Steering(), method.settings.declared
    page, notes = shown(MethodControls(method, steering)), []
    values = {setting.name: other(setting) for setting in declared}
    taken = {setting.name for setting in declared if setting.while_training}
    before = dict(method.settings)

    def hear(event):
        if event.kind == "step" and event.step == 3:
            for name, value in values.items():
                page.do("set", name=name, value=value)
            notes.append(page.state["note"])

    options = {"method": method, "steering": steering, "on_event": hear, "device": "cpu", "progress": False}
    run = tlnb.fit(small_model, bright_images, RECIPE, **options)
    assert run.stopped == "finished" and dict(method.settings) == values == page.state["values"]
    assert {(one.step, one.name, one.value) for one in run.steering} == {(4, name, values[name]) for name in taken}
    assert run.method.settings == {name: values[name] if name in taken else before[name] for name in values}
    kept = [words(name) for name in values if name not in taken]
    assert all(name in notes[0] for name in kept) and bool(notes[0]) == bool(kept)
    page.open("after the end")
    went_by = [f"{words(name)} {told_value(before[name])}" for name in values if name not in taken]
    told = f"The last run ended with {', '.join(went_by)}; what is set now counts for the next one."
    assert page.state["note"] == (told if kept else "")
    assert all(math.isfinite(loss) for loss in (*run.losses, *run.method.losses))


def test_its_code_sets_what_was_set(method):
    control = MethodControls(method, Steering())
    values = {setting.name: other(setting) for setting in method.settings.declared}
    method.settings.change(**values)
    code, hand = control._code(), Steering()
    method.settings.reset()
    exec(code, {"method": method, "steering": hand})
    assert dict(method.settings) == values
    steered = {setting.name for setting in method.settings.declared if setting.while_training}
    assert {event.name for event in hand.due(0)} == steered


@pytest.mark.parametrize("changed", [False, True], ids=["as by default", "changed"])
def test_its_picture_is_legible_and_nothing_runs_out_of_it(method, changed):
    if changed:
        method.settings.change(**{setting.name: other(setting) for setting in method.settings.declared})
    figure = MethodControls(method)._picture()
    figure.savefig(io.BytesIO(), format="png")
    (axes,), page = figure.axes, figure.bbox
    texts = [*axes.texts, axes._left_title]
    boxes = {text.get_text(): text.get_window_extent() for text in texts}
    assert all(words(setting.name) in boxes for setting in method.settings.declared)
    sliders = min(line.get_window_extent().x0 for line in axes.lines)
    for text in texts:
        box = boxes[text.get_text()]
        assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1, text
        assert text.get_fontsize() >= 9
    for setting in method.settings.declared:
        assert boxes[words(setting.name)].x1 < sliders
