"""Rates and schedules: what the real optimiser holds, step by step."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tlnb import create_model
from tlnb.core.errors import RecipeError
from tlnb.training import SCHEDULES, LayerPlan, Recipe, fit, fit_many
from tlnb.training.optimisation import group_rates, make_optimizer, set_rates
from tlnb.training.schedules import RateClock

NAMES = ("stem", "stage1", "stage2", "head")


def trace(recipe, steps, per_epoch):
    """Every group's rate at every step, read from an optimiser that is stepped through."""
    rates = group_rates(recipe, NAMES)
    groups = [
        {"params": [torch.zeros(1, requires_grad=True)], "lr": rate, "peak": rate, "group": name}
        for name, rate in rates.items()
    ]
    optimizer, clock = torch.optim.SGD(groups, lr=1.0), RateClock(recipe, steps, per_epoch)
    found = []
    for step in range(steps):
        found.append(list(set_rates(optimizer, clock.factor, clock.momentum).values()))
        optimizer.step()
        clock.step()
        if (step + 1) % per_epoch == 0:
            clock.after_epoch(1.0)
    return torch.tensor(found, dtype=torch.float64), torch.tensor(list(rates.values()), dtype=torch.float64)


def head_shape(steps, per_epoch, **fields):
    found, peaks = trace(Recipe(learning_rate=0.1, epochs=steps // per_epoch, **fields), steps, per_epoch)
    return found[:, -1] / peaks[-1]


@given(
    schedule=st.sampled_from(sorted(SCHEDULES)),
    epochs=st.integers(1, 8),
    per_epoch=st.integers(2, 20),
    ratio=st.floats(0.01, 1),
    warmup=st.floats(0, 0.9),
    floor=st.none() | st.floats(0.001, 0.5),
)
def test_groups_keep_their_ratios_and_never_pass_their_peak(schedule, epochs, per_epoch, ratio, warmup, floor):
    has_floor = "floor" in SCHEDULES[schedule].options
    recipe = Recipe(
        schedule=schedule,
        schedule_options={"floor": floor} if floor and has_floor else {},
        epochs=epochs,
        rate_ratio=ratio,
        layer_decay=0.5,
        warmup_epochs=warmup,
        learning_rate=0.3,
    )
    found, peaks = trace(recipe, epochs * per_epoch, per_epoch)
    assert (found > 0).all() and (found <= peaks * (1 + 1e-9)).all()
    shapes = found / peaks
    assert torch.allclose(shapes, shapes[:, -1:].expand_as(shapes), rtol=1e-12)


def test_warm_up_rises_to_the_peak_and_cosine_falls_to_nothing():
    head = head_shape(100, 10, schedule="cosine", warmup_epochs=2)
    assert head[0] == pytest.approx(0.01) and head[20] == pytest.approx(1.0)
    assert (head[:20].diff() > 0).all() and (head[20:].diff() < 0).all() and head[-1] < 0.01


@pytest.mark.parametrize("schedule", sorted(set(SCHEDULES) - {"one_cycle"}))
def test_every_schedule_begins_after_its_warm_up(schedule):
    plain = head_shape(80, 10, schedule=schedule)
    warmed = head_shape(100, 10, schedule=schedule, warmup_epochs=2)
    rise = torch.tensor([0.01 + 0.99 * step / 20 for step in range(20)], dtype=torch.float64)
    assert torch.allclose(warmed[:20], rise)
    assert torch.allclose(warmed[20:], plain, atol=1e-12)


def test_one_cycle_rises_and_falls_once_and_its_momentum_falls_and_rises():
    recipe = Recipe(schedule="one_cycle", epochs=5, momentum=0.95)
    clock, rates, momenta = RateClock(recipe, 100, 20), [], []
    for _ in range(100):
        rates.append(clock.factor)
        momenta.append(clock.momentum)
        clock.step()
    top = max(range(100), key=rates.__getitem__)
    assert rates[top] == pytest.approx(1, rel=1e-3) and 25 <= top <= 35 and rates[-1] < 0.01
    assert momenta[top] == pytest.approx(0.85, abs=1e-3) == min(momenta)
    assert [momenta[0], momenta[-1]] == pytest.approx([0.95, 0.95], abs=1e-3)


def test_steps_fall_at_their_epochs():
    head = head_shape(60, 10, schedule="step", schedule_options={"every": 2, "factor": 0.5})
    assert head[[0, 19, 20, 39, 40, 59]].tolist() == [1, 1, 0.5, 0.5, 0.25, 0.25]


def test_exponential_decay_has_its_factor_each_epoch():
    head = head_shape(40, 10, schedule="exponential", schedule_options={"factor": 0.25})
    assert head[[0, 10, 20, 30]].tolist() == pytest.approx([1, 0.25, 0.0625, 0.25**3])


def test_triangles_rise_from_the_floor_and_come_back():
    head = head_shape(60, 10, schedule="triangular", schedule_options={"cycle": 2, "floor": 0.2})
    assert head[[0, 10, 20, 30, 40]].tolist() == pytest.approx([0.2, 1, 0.2, 1, 0.2])


def test_each_cycle_of_exp_range_is_lower_by_its_factor():
    head = head_shape(60, 10, schedule="exp_range", schedule_options={"cycle": 2, "floor": 0.2, "factor": 0.5})
    tops = (head[[10, 30, 50]] - 0.2) / 0.8
    assert (tops[1:] / tops[:-1]).tolist() == pytest.approx([0.5, 0.5])


def test_restarts_begin_at_the_peak_in_growing_cycles():
    head = head_shape(70, 10, schedule="restarts", schedule_options={"cycle": 1, "growth": 2})
    peaks = [step for step in range(70) if head[step] == 1]
    assert peaks == [0, 10, 30]


def test_polynomial_decay_has_its_power():
    head = head_shape(40, 10, schedule="polynomial", schedule_options={"power": 3})
    assert head.tolist() == pytest.approx([(1 - step / 40) ** 3 for step in range(40)])


def test_a_plateau_lowers_the_rate_only_when_nothing_gets_better():
    recipe = Recipe(schedule="plateau", schedule_options={"factor": 0.5, "patience": 1}, epochs=7)
    clock, factors = RateClock(recipe, 7, 1), []
    for loss in (3.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.0):
        factors.append(clock.factor)
        clock.step()
        clock.after_epoch(loss)
    assert factors == [1, 1, 1, 1, 0.5, 0.5, 0.5] and clock.factor == 0.25


def test_a_plateau_of_accuracy_is_one_that_does_not_rise():
    recipe = Recipe(schedule="plateau", schedule_options={"patience": 0, "factor": 0.5}, monitor="accuracy", epochs=3)
    clock = RateClock(recipe, 3, 1)
    for accuracy, factor in ((0.5, 1), (0.6, 1), (0.6, 0.5)):
        clock.step()
        clock.after_epoch(accuracy)
        assert clock.factor == factor


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
@pytest.mark.parametrize("done", [0, 3, 11])
def test_a_clock_put_back_goes_on_as_it_would_have(schedule, done):
    recipe = Recipe(schedule=schedule, epochs=6, warmup_epochs=0.0 if schedule == "one_cycle" else 1.0)

    def go(clock, steps):
        found = []
        for _ in range(steps):
            found.append((clock.factor, clock.momentum))
            clock.step()
            if clock.done % 4 == 0:
                clock.after_epoch(1.0)
        return found

    first, again = RateClock(recipe, 24, 4), RateClock(recipe, 24, 4)
    go(first, done)
    again.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert go(again, 24 - done) == go(first, 24 - done)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"schedule": "cosin"}, "cosine"),
        ({"schedule": "cosine", "schedule_options": {"flooor": 0.1}}, "floor"),
        ({"schedule": "constant", "schedule_options": {"floor": 0.1}}, "nothing to set"),
        ({"schedule": "step", "schedule_options": {"every": 0}}, "every=0"),
        ({"schedule": "step", "schedule_options": {"every": 9}}, "every=9 epochs, and the run has 5"),
        ({"schedule": "step", "schedule_options": {"factor": float("nan")}}, "factor=nan"),
        ({"schedule": "triangular", "schedule_options": {"cycle": 0}}, "cycle=0"),
        ({"schedule": "restarts", "schedule_options": {"cycle": 6}}, "at most 5"),
        ({"schedule": "restarts", "schedule_options": {"growth": 1.5}}, "whole number"),
        ({"schedule": "cosine", "schedule_options": "floor"}, "schedule_options"),
        ({"warmup_epochs": 5}, "warmup_epochs=5"),
        ({"learning_rate": 0}, "learning_rate=0"),
        ({"learning_rate": -1e-3}, "learning_rate=-0.001"),
        ({"learning_rate": float("inf")}, "learning_rate=inf"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_one_clear_error(fields, said):
    with pytest.raises(RecipeError, match=said):
        Recipe(**({"epochs": 5} | fields))


def test_a_cycle_shorter_than_two_steps_is_an_error_that_says_so():
    recipe = Recipe(schedule="triangular", schedule_options={"cycle": 0.2}, epochs=5)
    with pytest.raises(RecipeError, match=r"cycle=0.2 epochs is 1 step"):
        RateClock(recipe, 25, 5)


def test_a_default_cycle_is_never_longer_than_the_run():
    assert len(head_shape(10, 10, schedule="triangular")) == 10


def test_ratio_and_decay_fan_out_from_the_head():
    rates = group_rates(Recipe(learning_rate=1.0, rate_ratio=0.1, layer_decay=0.5), NAMES)
    assert rates == pytest.approx({"stem": 0.025, "stage1": 0.05, "stage2": 0.1, "head": 1.0})


def test_a_named_group_has_its_own_factor_and_the_others_keep_theirs():
    recipe = Recipe(learning_rate=2.0, rate_ratio=0.1, layer_decay=0.5, rate_factors={"stage1": 3.0, "head": 0.25})
    assert group_rates(recipe, NAMES) == pytest.approx({"stem": 0.05, "stage1": 6.0, "stage2": 0.2, "head": 0.5})


def test_rates_reach_the_optimiser_and_the_preview(model):
    recipe = Recipe(trainable="all", learning_rate=1.0, rate_factors={"stem": 0.125, "stage2": 0.5})
    optimizer = make_optimizer(recipe, LayerPlan(model))
    held = {group["group"]: group["lr"] for group in optimizer.param_groups}
    assert held["stem"] == 0.125 and held["stage2"] == 0.5 and held["stage1"] == held["head"] == 1.0
    assert {group.name: group.learning_rate for group in recipe.preview(model).groups} == held


def test_a_rate_for_a_group_that_the_model_lacks_names_the_near_ones(model, images):
    recipe = Recipe(rate_factors={"stag2": 0.5})
    for use in (lambda: group_rates(recipe, NAMES), lambda: recipe.preview(model), lambda: fit(model, images, recipe)):
        with pytest.raises(RecipeError, match=r"no group 'stag2'.*Did you mean .stage2"):
            use()


def test_fixed_statistics_of_a_group_that_the_model_lacks_name_the_near_ones(images):
    network = create_model("tf_efficientnet_lite0", images)
    recipe = Recipe(fixed_statistics=["stag2"])
    for use in (
        lambda: recipe.preview(network),
        lambda: recipe.rates(network, images),
        lambda: recipe.to_code(network, images),
        lambda: fit(network, images, recipe),
        lambda: list(fit_many(network, [(images, recipe)])),
    ):
        with pytest.raises(RecipeError, match=r"no group 'stag2'.*Did you mean .stage2"):
            use()
