"""A method inside the training loop: what it adds is trained, steered, kept in checkpoints and done again."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from toy_method import HAND, RECIPE, Toy, assert_same, quiet_fit, steered_fit

import tlnb
from tlnb.core.errors import CheckpointError, RecipeError, SettingError
from tlnb.training import Recipe, Steered, Steering
from tlnb.training.method_at_work import ADDED
from tlnb.training.session import Session


def test_a_method_that_adds_nothing_changes_no_loss_and_no_weight(model, images):
    plain = quiet_fit(model, images)
    run = quiet_fit(model, images, method=Toy(times=0.0))
    assert run.losses == plain.losses and run.metrics == plain.metrics and plain.method is None
    for ours, theirs in zip(run.model.state_dict().values(), plain.model.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


def test_what_it_adds_trains_beside_the_network_at_the_heads_rate(model, images):
    session = Session(model, images, RECIPE.with_(rate_ratio=0.1, schedule="constant"), "cpu", method=Toy())
    first = {name: value.clone() for name, value in session.method.module.state_dict().items()}
    rates = [event.rates for event in session.events() if event.kind == "step"]
    assert rates[0][ADDED] == rates[0]["head"] == 0.01 and rates[0]["stem"] == pytest.approx(0.001)
    after = session.method.module.state_dict()
    assert not torch.equal(first["map.weight"], after["map.weight"]) and int(after["calls"]) == len(rates)


def test_its_loss_moves_the_body_and_the_runs_losses_stay_those_of_the_classes(model, images):
    plain, run = quiet_fit(model, images), quiet_fit(model, images, method=Toy(pull=10.0))
    assert run.losses[0] == plain.losses[0] and run.losses[1:] != plain.losses[1:]
    assert run.history[0].train_loss == pytest.approx(
        sum(run.losses[: len(run.losses) // 3]) * 3 / len(run.losses), 0.1
    )
    assert len(run.method.losses) == len(run.losses) and all(run.method.losses)
    assert run.method.name == "toy" and not run.method.module.training


def test_a_setting_counts_from_the_next_step_and_is_kept(model, images):
    run = steered_fit(model, images, Toy())
    heard = [(step, now["pull"], now["noisy"], now["kinds"]) for step, now, *_ in run.method.module.heard]
    assert heard[:2] == [(step, 1.0, False, (0.5, 0.5)) for step in (0, 1)]
    assert heard[2:4] == [(step, 3.0, False, (0.5, 0.5)) for step in (2, 3)]
    assert heard[4:] == [(step, 3.0, True, (0.9, 0.1)) for step in range(4, len(run.losses))]
    assert run.steering == (
        Steered(3, "set", name="pull", value=3.0),
        Steered(5, "set", name="noisy", value=True),
        Steered(5, "set", name="kinds", value=(0.9, 0.1)),
        Steered(7, "scale_rate", factor=0.5),
    )
    assert run.method.settings == {"pull": 3.0, "noisy": True, "kinds": (0.9, 0.1), "width": 4}


def test_all_rates_scaled_are_the_methods_too_and_those_of_a_group_are_not(model, images):
    steering, rates = Steering(), []
    for event in tlnb.train(model, images, RECIPE.with_(schedule="constant"), steering=steering, method=Toy()):
        if event.kind == "step":
            rates.append(event.rates[ADDED])
            {2: lambda: steering.scale_rate(0.1), 4: lambda: steering.scale_rate(0.1, "head")}.get(
                event.step, lambda: None
            )()
    assert rates == pytest.approx([0.01] * 2 + [0.001] * (len(rates) - 2))


def test_a_steered_run_is_replayed_to_the_same_losses(model, images, others):
    run = steered_fit(model, images, Toy(others))
    again = quiet_fit(model, images, method=Toy(others), steering=Steering(run.steering))
    assert_same(again, run)
    assert quiet_fit(model, images, method=Toy(others)).losses != run.losses


@pytest.mark.parametrize("broken_off_after", [1, 3, 5, 8])
def test_a_steered_run_that_was_broken_off_goes_on_to_the_same_losses(
    model, images, others, tmp_path, broken_off_after
):
    whole = steered_fit(model, images, Toy(others))
    steering, options = Steering(), {"checkpoint": tmp_path, "checkpoint_seconds": 0}
    for event in tlnb.train(model, images, RECIPE, device="cpu", steering=steering, method=Toy(others), **options):
        if event.kind == "step":
            HAND.get(event.step, lambda _: None)(steering)
            if event.step == broken_off_after:
                break  # as if it had been killed
    torch.manual_seed(broken_off_after)
    later = {step: do for step, do in HAND.items() if step > broken_off_after}
    done_before = {step: do for step, do in HAND.items() if step == broken_off_after}
    # What was asked for at the very end was not yet heard: it is asked for again before the next step.
    steering = Steering()
    for do in done_before.values():
        do(steering)
    hear = {"on_event": lambda e: later.get(e.step, lambda _: None)(steering) if e.kind == "step" else None}
    run = quiet_fit(model, images, method=Toy(others), steering=steering, checkpoint=tmp_path, resume=True, **hear)
    assert_same(run, whole)


def test_another_method_does_not_go_on_with_a_training(model, images, others, tmp_path):
    for event in tlnb.train(model, images, RECIPE, device="cpu", method=Toy(others), checkpoint=tmp_path):
        if event.kind == "epoch":
            break
    for method, says in (
        (None, r"its method is toy\(pull=1.0.*yours none"),
        (Toy(others, pull=2.0), r"pull=1.0.*yours toy\(pull=2.0"),
        (Toy(images), r"its method is toy\(.* with images \w{8}"),
    ):
        with pytest.raises(CheckpointError, match=says):
            quiet_fit(model, images, method=method, checkpoint=tmp_path, resume=True)


def test_fit_leaves_the_method_as_it_was_and_one_serves_many_trainings(model, images):
    method = Toy(pull=2.0)
    first = steered_fit(model, images, method)
    assert dict(method.settings) == {"pull": 2.0, "noisy": False, "kinds": (0.5, 0.5), "width": 4}
    second = steered_fit(model, images, method)
    assert_same(second, first)
    assert first.method.module is not second.method.module


def test_what_cannot_be_set_says_why_and_the_training_goes_on(model, images):
    said, steering = [], Steering()

    def attempt(event):
        if event.kind == "step" and event.step == 2:
            for name, value in (("pul", 1), ("pull", 20), ("width", 8)):
                with pytest.raises(SettingError) as error:
                    steering.set(name, value)
                said.append(str(error.value))

    run = quiet_fit(model, images, method=Toy(), steering=steering, on_event=attempt)
    assert run.stopped == "finished" and run.steering == ()
    assert 'Did you mean "pull"' in said[0] and "from 0 to 10" in said[1]
    assert "cannot be set in the middle of a training" in said[2] and "method.settings['width'] = 8" in said[2]


def test_what_is_asked_for_before_the_training_counts_from_its_first_step(model, images):
    steering = Steering()
    steering.set("pull", 3)
    steering.set("pull", 2)  # of a drag the last counts
    run = quiet_fit(model, images, method=Toy(), steering=steering)
    assert run.steering == (Steered(1, "set", name="pull", value=2.0),)
    assert run.method.module.heard[0][1]["pull"] == 2.0


@pytest.mark.parametrize("asked", ["before", "replayed"])
def test_a_training_without_a_method_says_so(model, images, asked):
    steering = Steering([Steered(2, "set", name="pull", value=1.0)] if asked == "replayed" else ())
    if asked == "before":
        steering.set("pull", 1.0)
    with pytest.raises(SettingError, match=r"this training has no method.*method="):
        quiet_fit(model, images, steering=steering)


def test_what_is_no_method_is_refused(model, images):
    with pytest.raises(TypeError, match="is no method: give an object with name, settings and start"):
        quiet_fit(model, images, method="dann")

    class NoLoss(Toy):
        def start(self, training):
            return nn.Identity()

    with pytest.raises(TypeError, match="The method toy gave MethodStep"):
        quiet_fit(model, images, method=NoLoss())


def test_a_script_refuses_a_method_by_name(images):
    model = tlnb.create_model("resnet18", images, weights="random")
    scratch = Recipe.preset("scratch")
    assert "torch" in scratch.to_code(model, images)
    with pytest.raises(RecipeError, match="to_code: the method toy is not written"):
        scratch.to_code(model, images, Toy())


def test_a_run_notes_its_method_and_the_images_that_it_took(model, images, others):
    used = quiet_fit(model, images, method=Toy(others)).used
    assert {"toy", "a further name"} <= set(used["method"]) and used["data"] == ("tensors",)
    assert "toy" not in quiet_fit(model, images).used["method"]


def test_what_a_method_computes_is_in_the_cost(model, images, others):
    plain, run = quiet_fit(model, images), quiet_fit(model, images, method=Toy(others))
    assert run.cost.work.macs == 2 * plain.cost.work.macs
    assert run.cost.images == plain.cost.images
