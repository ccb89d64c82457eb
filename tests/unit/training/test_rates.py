"""Rates and schedules: what the real optimiser holds, step by step."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tlnb.core.errors import RecipeError
from tlnb.training import LayerPlan, Recipe, fit
from tlnb.training.optimisation import group_rates, make_optimizer, make_scheduler, rate_shape

NAMES = ("stem", "stage1", "stage2", "head")


def trace(recipe, steps, per_epoch):
    """Every group's rate at every step, read from an optimiser that is stepped through."""
    rates = group_rates(recipe, NAMES)
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in rates.values()]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    scheduler = make_scheduler(recipe, optimizer, steps, per_epoch)
    found = []
    for _ in range(steps):
        found.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return torch.tensor(found, dtype=torch.float64), torch.tensor(list(rates.values()), dtype=torch.float64)


@given(
    schedule=st.sampled_from(["constant", "cosine", "one_cycle"]),
    epochs=st.integers(1, 8),
    per_epoch=st.integers(1, 20),
    ratio=st.floats(0.01, 1),
    warmup=st.floats(0, 0.9),
)
def test_groups_keep_their_ratios_and_never_pass_their_peak(schedule, epochs, per_epoch, ratio, warmup):
    recipe = Recipe(
        schedule=schedule,
        epochs=epochs,
        rate_ratio=ratio,
        layer_decay=0.5,
        warmup_epochs=warmup,
        learning_rate=0.3,
    )
    found, peaks = trace(recipe, epochs * per_epoch, per_epoch)
    assert (found > 0).all() and (found <= peaks * (1 + 1e-9)).all()
    shapes = found / peaks
    tolerance = 1e-9 if schedule != "one_cycle" else 2e-5  # torch ends each cycle at a rate rounded by itself
    assert torch.allclose(shapes, shapes[:, -1:].expand_as(shapes), atol=tolerance)


def test_warm_up_rises_to_the_peak_and_cosine_falls_to_nothing():
    found, peaks = trace(Recipe(schedule="cosine", epochs=10, warmup_epochs=2, learning_rate=0.1), 100, 10)
    head = found[:, -1] / peaks[-1]
    assert head[0] == pytest.approx(0.01) and head[20] == pytest.approx(1.0)
    assert (head[:20].diff() > 0).all() and (head[20:].diff() < 0).all() and head[-1] < 0.01


def test_one_cycle_rises_and_falls_once():
    found, peaks = trace(Recipe(schedule="one_cycle", epochs=5, learning_rate=0.1), 100, 20)
    top = int(found[:, -1].argmax())
    assert found[top, -1] == pytest.approx(peaks[-1].item(), rel=1e-3)
    assert 25 <= top <= 35 and found[-1, -1] < 0.01 * peaks[-1]


@given(st.sampled_from(["constant", "cosine"]), st.integers(1, 500), st.integers(0, 100))
def test_the_shape_stays_between_nothing_and_one(schedule, steps, warmup):
    shape = rate_shape(schedule, steps, min(warmup, steps - 1))
    values = [shape(step) for step in range(steps + 1)]
    assert all(0 <= value <= 1 for value in values) and max(values) > 0


def test_ratio_and_decay_fan_out_from_the_head():
    rates = group_rates(Recipe(learning_rate=1.0, rate_ratio=0.1, layer_decay=0.5), NAMES)
    assert rates == pytest.approx({"stem": 0.025, "stage1": 0.05, "stage2": 0.1, "head": 1.0})


def test_a_named_group_has_its_own_factor_and_the_others_keep_theirs():
    recipe = Recipe(learning_rate=2.0, rate_ratio=0.1, layer_decay=0.5, rates={"stage1": 3.0, "head": 0.25})
    assert group_rates(recipe, NAMES) == pytest.approx({"stem": 0.05, "stage1": 6.0, "stage2": 0.2, "head": 0.5})


def test_rates_reach_the_optimiser_and_the_preview(model):
    recipe = Recipe(trainable="all", learning_rate=1.0, rates={"stem": 0.125, "stage2": 0.5})
    optimizer = make_optimizer(recipe, LayerPlan(model))
    held = {group["group"]: group["lr"] for group in optimizer.param_groups}
    assert held["stem"] == 0.125 and held["stage2"] == 0.5 and held["stage1"] == held["head"] == 1.0
    assert {group.name: group.learning_rate for group in recipe.preview(model).groups} == held


def test_a_rate_for_a_group_that_the_model_lacks_names_the_near_ones(model, images):
    recipe = Recipe(rates={"stag2": 0.5})
    for use in (lambda: group_rates(recipe, NAMES), lambda: recipe.preview(model), lambda: fit(model, images, recipe)):
        with pytest.raises(RecipeError, match=r"no group 'stag2'.*Did you mean .stage2"):
            use()
