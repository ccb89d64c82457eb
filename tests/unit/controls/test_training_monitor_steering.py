"""A recipe that is changed while a run goes: which weights move, judged by the weights."""

from __future__ import annotations

import threading

import pytest
import torch

import tlnb
from tlnb.controls import TrainingMonitor
from tlnb.controls.monitor.steer import Order, for_the_next_run, later_thaws, orders
from tlnb.controls.shared_recipe import SharedRecipe
from tlnb.core.errors import RecipeError

NAMES = ("stem", "stage1", "stage2", "head")
RECIPE = tlnb.Recipe(epochs=3, batch_size=8, learning_rate=1e-2, schedule="constant", store="off")  # 6 steps an epoch


class Steered:
    """A run in which something is done after given steps, in the training's own thread: exact to the step."""

    def __init__(self, model, images, recipe=RECIPE, **at):
        self.shared = SharedRecipe(recipe)
        self.monitor = TrainingMonitor(model, images, self.shared, device="cpu", name="steered")
        self.at = {int(step[1:]): do for step, do in at.items()}
        self.weights, self.notes = {}, {}
        self.groups = {group.name: group.parameters for group in tlnb.layer_groups(model)}
        told = self.monitor._told

        def hear(watch, event):
            if event.kind == "started":
                self.network = event.model
            if event.kind == "step":
                state = self.network.state_dict()
                self.weights[event.step] = {name: value.clone() for name, value in state.items()}
                self.at.get(event.step, lambda _: None)(self.shared)
                self.notes[event.step] = self.monitor._state()["note"]
            told(watch, event)

        self.monitor._told = hear
        self.monitor.start()
        self.run = self.monitor.run.result(120)

    def moved(self, step):
        """Return the groups whose weights this step has moved."""
        before, after = self.weights[step - 1], self.weights[step]
        moved = {name for name in after if not torch.equal(before[name], after[name])}
        return [group for group, names in self.groups.items() if moved & set(names)]

    @property
    def marks(self):
        return [(mark.step, mark.text) for mark in self.monitor._watch.history.marks]


def test_a_thaw_in_the_middle_of_an_epoch_moves_the_weights_from_the_next_step_on(small_model, bright_images):
    run = Steered(small_model, bright_images, s8=lambda shared: shared.change(trainable=1))
    assert run.moved(8) == ["head"] and run.moved(9) == ["stage4", "head"] and run.moved(18) == ["stage4", "head"]
    assert run.marks == [(9, "thaw stage4")]


def test_the_undo_of_a_thaw_freezes_again(small_model, bright_images):
    run = Steered(
        small_model,
        bright_images,
        s4=lambda s: s.change(trainable="all"),
        s8=lambda s: s.undo(),
        s12=lambda s: s.redo(),
    )
    assert [run.moved(step) for step in (4, 8, 9, 12)] == [["head"], list(run.groups), ["head"], ["head"]]
    assert run.moved(13) == list(run.groups)
    assert [text for _, text in run.marks] == ["thaw stem … stage4", "freeze stem … stage4", "thaw stem … stage4"]


def test_a_rate_that_is_changed_scales_the_next_step(small_model, bright_images):
    run = Steered(small_model, bright_images, s5=lambda s: s.change(learning_rate=1e-3))
    rates = [b.rates[-1] for b in run.monitor._watch.history.curve.bins]
    assert rates[:5] == pytest.approx([1e-2] * 5) and rates[5:] == pytest.approx([1e-3] * 13)
    assert run.marks == [(6, "all rates × 0.1")]


def test_a_drag_of_a_rate_is_one_mark(small_model, bright_images):
    def drag(shared):
        for rate in (9e-3, 7e-3, 5e-3):
            shared.change(commit=False, learning_rate=rate)
        shared.change(learning_rate=5e-3)

    assert Steered(small_model, bright_images, s5=drag).marks == [(6, "all rates × 0.5")]


def test_a_planned_thaw_can_be_moved_and_called_off(small_model, bright_images):
    planned = RECIPE.with_(thaw=[(2, 1)])  # from step 13 on
    later = Steered(small_model, bright_images, planned, s3=lambda s: s.change(thaw=[(2.5, 1)]))
    assert later.moved(15) == ["head"] and later.moved(16) == ["stage4", "head"]
    sooner = Steered(small_model, bright_images, planned, s3=lambda s: s.change(thaw=[(1, 1)]))
    assert sooner.moved(6) == ["head"] and sooner.moved(7) == ["stage4", "head"]
    never = Steered(small_model, bright_images, planned, s3=lambda s: s.change(thaw=()))
    assert never.moved(18) == ["head"]
    untouched = Steered(small_model, bright_images, planned)
    assert untouched.moved(12) == ["head"] and untouched.moved(13) == ["stage4", "head"]


def test_what_was_done_by_hand_gives_the_same_losses_when_it_is_replayed(small_model, bright_images):
    run = Steered(
        small_model,
        bright_images,
        RECIPE.with_(thaw=[(2, 2)]),
        s4=lambda s: s.change(trainable=1, thaw=[(2.5, 2)]),
        s10=lambda s: s.change(learning_rate=3e-3),
    )
    steering = tlnb.training.Steering(run.run.steering)
    again = tlnb.fit(small_model, bright_images, run.run.recipe, progress=False, device="cpu", steering=steering)
    assert again.losses == run.run.losses


def test_what_a_run_cannot_take_up_is_told_as_counting_for_the_next(small_model, bright_images):
    run = Steered(small_model, bright_images, s5=lambda s: s.change(batch_size=16, optimizer="sgd", trainable=1))
    note = run.notes[5]
    assert "batch_size (8 → 16)" in note and "optimizer ('adamw' → 'sgd')" in note and "trainable" not in note
    assert run.moved(6) == ["stage4", "head"] and run.notes[4] == ""


def test_a_wrong_name_changes_nothing_and_is_told_until_it_is_mended(small_model, bright_images):
    run = Steered(
        small_model, bright_images, s5=lambda s: s.change(trainable=("stge4",)), s7=lambda s: s.change(trainable=1)
    )
    assert "goes on as it was" in run.notes[5] and "stage4" in run.notes[5]
    assert run.moved(7) == ["head"] and run.moved(8) == ["stage4", "head"] and run.notes[7] == ""


def test_changes_from_another_thread_are_taken_up(small_model, bright_images):
    def elsewhere(shared):
        hand = threading.Thread(target=lambda: shared.change(trainable=1))
        hand.start()
        hand.join()

    assert Steered(small_model, bright_images, s5=elsewhere).moved(6) == ["stage4", "head"]


def test_changes_between_two_runs_steer_nothing(small_model, bright_images):
    run = Steered(small_model, bright_images)
    run.shared.change(trainable=1)
    assert run.monitor._watch.history.marks == [] and run.monitor._state()["note"] == ""


@pytest.mark.parametrize(
    ("before", "after", "step", "expected"),
    [
        ({}, {"trainable": 2}, 0, [("thaw", ("stage1", "stage2"))]),
        ({"trainable": 2}, {}, 5, [("freeze", ("stage1", "stage2"))]),
        ({"trainable": 1}, {"trainable": ("stem", "head")}, 5, [("thaw", ("stem",)), ("freeze", ("stage2",))]),
        ({"thaw": [(1, 1)]}, {"thaw": [(1, 1), (2, 2)]}, 5, []),
        ({"thaw": [(1, 1)]}, {}, 5, [("freeze", ("stage2",))]),  # it is frozen, and shall not thaw
        ({"thaw": [(1, 1)]}, {}, 12, [("freeze", ("stage2",))]),
        ({}, {"rate_ratio": 0.1}, 5, [("scale_rate", ("stem", "stage1", "stage2"))]),
        ({}, {"rate_factors": {"stem": 0.5}}, 5, [("scale_rate", ("stem",))]),
        ({}, {"batch_size": 4}, 5, []),
    ],
)
def test_orders_follow_from_two_recipes(before, after, step, expected):
    recipe = tlnb.Recipe(epochs=5)
    given = orders(recipe.with_(**before), recipe.with_(**after), NAMES, step, per_epoch=10)
    assert [(order.action, order.groups) for order in given] == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"trainable": 2}, {"trainable": 2, "fixed_statistics": ["stage1"]}, [(("stage1",), True)]),
        ({"trainable": 2, "fixed_statistics": True}, {"trainable": 2}, [(("stage1", "stage2"), False)]),
        ({}, {"trainable": 2, "fixed_statistics": ["stage1"]}, [(("stage2",), False), (("stage1",), True)]),
        ({"fixed_statistics": ["stage1"]}, {"trainable": 1}, [(("stage2",), False)]),
        ({"fixed_statistics": True}, {"fixed_statistics": True, "trainable": 1}, [(("stage2",), True)]),
        ({}, {"fixed_statistics": ["stage1"]}, []),
    ],
)
def test_orders_say_whose_statistics_stand_still(before, after, expected):
    recipe = tlnb.Recipe(epochs=5)
    given = orders(recipe.with_(**before), recipe.with_(**after), NAMES, 5, per_epoch=10)
    assert [(order.groups, order.fixed) for order in given] == expected


def test_statistics_that_are_fixed_while_a_run_goes_stand_still_and_weights_move(small_model, bright_images):
    run = Steered(
        small_model,
        bright_images,
        RECIPE.with_(trainable="all"),
        s6=lambda s: s.change(fixed_statistics=["stage4"]),
        s12=lambda s: s.undo(),
    )

    def statistics(step):
        names = [name for name in run.weights[step] if "running_mean" in name and "layer4" in name]
        assert names
        return any(not torch.equal(run.weights[step - 1][name], run.weights[step][name]) for name in names)

    assert [statistics(step) for step in (6, 7, 12, 13)] == [True, False, False, True]
    assert all("stage4" in run.moved(step) for step in (6, 7, 12, 13))


def test_orders_there_and_back_leave_the_rates_as_they_were():
    one, two = tlnb.Recipe(learning_rate=3e-3), tlnb.Recipe(learning_rate=7e-4)
    (there,), (back,) = orders(one, two, NAMES, 5, 10), orders(two, one, NAMES, 5, 10)
    assert there.factor * back.factor == pytest.approx(1, rel=1e-8)


def test_orders_for_groups_that_are_not_there_are_an_error():
    with pytest.raises(RecipeError, match="stage9"):
        orders(tlnb.Recipe(), tlnb.Recipe(trainable=("stage9",)), NAMES, 0, 10)


def test_later_thaws_are_those_ahead():
    recipe = tlnb.Recipe(epochs=5, thaw=[(1, 1), (3, 2)])
    assert later_thaws(recipe, NAMES, 10, 10) == {"stage1": 30}


def test_a_run_that_can_take_up_all_says_nothing():
    assert for_the_next_run(tlnb.Recipe(), tlnb.Recipe(trainable="all", learning_rate=1e-4)) == ""


def test_an_order_is_given_to_a_steering():
    steering = tlnb.training.Steering()
    Order("scale_rate", (), 0.5).give(steering)
    Order("thaw", ("stem",)).give(steering)
    assert [event.action for event in steering.due(0)] == ["scale_rate", "thaw"]
