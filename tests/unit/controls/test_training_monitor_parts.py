"""The monitor's parts, each by itself: the thinned curve, marks, update ratios, mistakes, expectations, time left."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tlnb.backbones import layer_groups
from tlnb.controls.monitor import mistakes
from tlnb.controls.monitor.curve import MOST_BINS, Curve
from tlnb.controls.monitor.expectation import checked, compared, points
from tlnb.controls.monitor.marks import Mark, marked, named
from tlnb.controls.monitor.pace import Pace
from tlnb.controls.monitor.updates import SHARE, UpdateMeter
from tlnb.core.errors import TlnbError
from tlnb.training import Steered, Thawed
from tlnb.training.assess import Outputs


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=3000))
def test_however_many_steps_the_bins_are_few_and_no_spike_is_lost(losses):
    curve = Curve()
    for loss in losses:
        curve.add(loss, ())
    assert len(curve.bins) <= MOST_BINS and curve.steps == len(losses)
    assert max(b.high for b in curve.bins) == max(losses) and min(b.low for b in curve.bins) == min(losses)
    assert all(b.steps == curve.width for b in curve.bins[:-1]) and sum(b.steps for b in curve.bins) == len(losses)
    assert curve.bins[-1].mean == pytest.approx(sum(losses[-20:]) / len(losses[-20:]))


def test_the_noise_is_that_of_the_last_twenty_steps():
    curve = Curve()
    for step in range(100):
        curve.add(1.0 if step < 80 else float(step % 2), ())
    assert curve.bins[70].deviation == 0 and curve.bins[-1].mean == 0.5 and curve.bins[-1].deviation == 0.5


def test_pauses_make_no_marks_and_planned_thaws_are_told_from_those_by_hand():
    marks = marked([], Thawed(5, ("stage4",)))
    for action in ("pause", "step", "go_on"):
        marks = marked(marks, Steered(6, action, steps=1 if action == "step" else None))
    marks = marked(marks, Steered(9, "thaw", ("stage3",)))
    assert [(mark.step, mark.by_hand) for mark in marks] == [(5, False), (9, True)]


def test_rates_of_other_groups_and_later_ones_are_marks_of_their_own():
    marks = []
    for step, groups in ((5, ()), (6, ("head",)), (30, ("head",))):
        marks = marked(marks, Steered(step, "scale_rate", groups, 0.5))
    assert [mark.text for mark in marks] == ["all rates × 0.5", "rate of head × 0.5", "rate of head × 0.5"]


def test_a_drag_that_comes_back_says_so():
    assert Mark(5, "scale_rate", (), factor=1.0).text == "all rates as before"
    assert named(["a", "b", "c", "d"]) == "a … d"


def network():
    return nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3)), nn.Flatten(), nn.LazyLinear(2))


def test_update_ratios_are_those_of_what_trains_and_nothing_of_the_model_changes():
    model = network()
    model(torch.rand(1, 3, 8, 8))
    model[0].requires_grad_(False)
    meter = UpdateMeter(model, layer_groups(model))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert meter.after_step() is None
    with torch.no_grad():
        for parameter in model[2].parameters():
            parameter.mul_(1.25)
    assert meter.after_step() == {"head": pytest.approx(0.25, rel=1e-4)}
    with torch.no_grad():
        for parameter in model[2].parameters():
            parameter.div_(1.25)
    assert all(torch.allclose(value, before[name]) for name, value in model.state_dict().items())


def test_measuring_takes_at_most_its_share_of_the_time():
    model = network()
    model(torch.rand(1, 3, 64, 64))
    meter = UpdateMeter(model, layer_groups(model))
    measured = sum(meter.after_step() is not None for _ in range(5000))
    passed = __import__("time").perf_counter() - meter._began
    assert 1 <= measured < 500 and meter._spent <= SHARE * passed + 0.05


def test_the_worst_images_come_first_with_their_words():
    logits = torch.tensor([[5.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.2, 0.0, 0.1]])
    outputs = Outputs(torch.tensor([11, 22, 33]), torch.tensor([0, 0, 0]), logits)
    found = mistakes.worst(outputs, ["ant", "bee", "cat"], n=2)
    assert [one.row for one in found] == [22, 33]
    assert found[0].text.startswith("is ant, said bee (91%), loss 3") and found[1].text.startswith("ant, right (37%)")


def test_of_many_classes_those_with_most_mistakes_are_shown_and_no_image_is_lost():
    labels = torch.arange(40).repeat(5)
    said = labels.clone()
    said[labels == 7], said[labels == 30] = 30, 2
    found = mistakes.confusion(labels, said, [f"class {i}" for i in range(40)])
    assert len(found.classes) == 12 and found.classes[-1] == "others" and {"class 7", "class 30"} <= set(found.classes)
    assert sum(map(sum, found.counts)) == 200
    assert found.counts[found.classes.index("class 7")][found.classes.index("class 30")] == 5
    assert found.says.startswith("190 of 200 are right")


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 96, 96), (3, 300, 200)])
def test_a_small_picture_has_few_bytes_whatever_is_in_it(shape):
    noise = torch.randint(0, 256, shape, dtype=torch.uint8)
    for pixels in (noise, torch.zeros(shape, dtype=torch.uint8)):
        made = mistakes.small_picture(pixels)
        assert made[:2] == b"\xff\xd8" and len(made) <= 3600


def test_an_expectation_that_cannot_be_is_an_error_that_names_it():
    assert checked({2: 0.5, 1: 0.25}, 3, "AUC") == {1: 0.25, 2: 0.5} and checked([], 3, "AUC") == {}
    for bad, match in (
        ({4: 0.5}, "epoch 4"),
        ({0: 0.5}, "epoch 0"),
        ([1.2], "1.2"),
        (["high"], "high"),
        ([True], "True"),
    ):
        with pytest.raises(TlnbError, match=match):
            checked(bad, 3, "AUC")


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 100_000))
def test_an_expectation_is_asked_for_at_ten_epochs_at_most_the_last_among_them(epochs):
    asked = points(epochs)
    assert len(asked) == min(10, epochs) and asked[-1] == epochs and list(asked) == sorted(set(asked))


def test_a_run_is_compared_where_it_has_epochs_in_common_with_the_drawing():
    assert compared({}, {1: 0.5}, "AUC") == "" and compared({5: 0.9}, {1: 0.5}, "AUC") == ""
    assert compared({1: 0.5, 2: 0.8}, {1: 0.501, 2: 0.804}, "accuracy").endswith("came to 0.80, as you drew.")
    assert "slower at first" in compared({1: 0.9, 2: 0.9}, {1: 0.5, 2: 0.95}, "AUC")


def test_the_time_left_forgets_a_pause():
    now = [0.0]
    pace = Pace(lambda: now[0])
    pace.begin()
    for passed in (1, 1, 1, 3600, 1):
        now[0] += passed
        pace.step()
    assert pace.left(10, 0) < 40
