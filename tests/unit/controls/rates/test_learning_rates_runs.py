"""LearningRates and what trains: the range test in its thread, ghosts of earlier runs."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from rates_page import START

import tlnb
from tlnb.controls import LearningRates
from tlnb.core.errors import TlnbError

pytestmark = pytest.mark.slow


def test_the_range_test_runs_in_a_thread_and_leaves_nothing_changed(control, page, model, images):
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    drawn, modes = torch.get_rng_state(), [module.training for module in model.modules()]
    assert page.do("test") is None
    assert control.wait(120)
    assert page.last("sweep")["running"] is False and control.sweep.stopped in ("finished", "diverged")
    assert all(torch.equal(weights[name], tensor) for name, tensor in model.state_dict().items())
    assert torch.equal(drawn, torch.get_rng_state())
    assert modes == [module.training for module in model.modules()]
    assert control.recipe == START
    assert np.array_equal(
        control.sweep.losses, tlnb.find_rates(model, images, START, device="cpu", progress=False).losses
    )


def test_the_range_test_keeps_the_ratios_of_the_groups(control):
    control.start_range_test(steps=10)
    assert control.wait(60)
    trains = control.sweep.rates[:, -2:]
    assert np.allclose(trains[:, 0] / trains[:, 1], 0.1)


def test_the_range_test_tells_how_far_it_is_and_its_suggestions_set_the_head(control, page):
    del page.heard[:]
    control.start_range_test(steps=60)
    assert control.wait(120)
    told = [message["says"] for message, _ in page.heard if message["kind"] == "sweep"]
    assert told[0] == "Getting ready …" and any(says.startswith("Step ") for says in told)
    suggested = {one["name"]: one["rate"] for one in page.last("sweep")["suggestions"]}
    assert suggested and set(suggested) == {one.name for one in control.sweep.suggestions}
    page.do("set", name="warmup_epochs", value=1)
    name, rate = next(iter(suggested.items()))
    assert page.do("take", name=name) is None
    assert control.recipe.learning_rate == rate and control.recipe.warmup_epochs == 1


def test_the_range_test_says_what_has_changed_since(control, page):
    control.start_range_test(steps=10)
    assert control.wait(60)
    assert page.last("state")["state"]["stale"] == ""
    page.do("set", name="learning_rate", value=0.5)
    page.do("set_schedule", name="constant")
    assert page.last("state")["state"]["stale"] == ""
    page.do("set", name="rate_ratio", value=0.5)
    assert "Since this range test, rate_ratio changed" in page.last("state")["state"]["stale"]


def test_the_range_test_is_stopped_by_its_button(control, page):
    control.start_range_test(steps=5000)
    page.do("stop_test")
    assert control.wait(60) and control.sweep.stopped == "stopped"
    assert page.last("sweep")["says"].startswith("The range test was stopped")


def test_the_range_test_of_another_control_ends_the_one_before(control, model, images):
    control.start_range_test(steps=5000)
    other = LearningRates(model, START, images, device="cpu")
    other.start_range_test(steps=10)
    assert control.sweep is not None and control.sweep.stopped == "stopped"
    assert other.wait(60)
    assert not [thread for thread in threading.enumerate() if thread.name == "tlnb-range-test"]


def test_a_range_test_that_fails_says_why(model, images, page, control):
    control.start_range_test(steps=3)
    assert control.wait(60)
    assert "The range test failed: steps=3 is not a whole number of at least 10" in page.last("sweep")["says"]


def test_the_range_test_is_drawn_in_the_picture(control):
    before = control._picture().png()
    control.start_range_test(steps=30)
    assert control.wait(60)
    assert control._picture().png() != before


def test_ghosts_of_a_run_show_its_rates_and_its_validation_score(control, page, model, images):
    run = tlnb.fit(model, images, START.with_(epochs=2), device="cpu", progress=False)
    before = control._picture().png()
    control.add_ghost(run)
    (ghost,) = page.last("ghosts")["ghosts"]
    assert ghost["result"] == f"AUC {run.history[-1].valid_auc:.2f}"
    assert ghost["says"] == "head at 0.01, cosine decay"
    curves = run.recipe.rates(model, images)
    assert len(ghost["points"]) == len(curves) and ghost["points"][-1][1] == pytest.approx(
        curves.rates[-1, -1], rel=1e-3
    )
    assert control._picture().png() != before
    page.do("clear_ghosts")
    assert control.ghosts == () and page.last("ghosts")["ghosts"] == []


def test_ghosts_of_a_history_are_taken_for_the_recipe_that_is_shown(control, model, images):
    run = tlnb.fit(model, images, START.with_(epochs=2), device="cpu", progress=False)
    control.add_ghost(run.history)
    control.add_ghost(run.history, recipe=START.with_(learning_rate=0.5))
    assert [ghost.says for ghost in control.ghosts] == ["head at 0.01, cosine decay", "head at 0.5, cosine decay"]
    assert max(epoch for epoch, _ in control.ghosts[0].points) < 2


def test_a_ghost_of_nothing_is_refused(control):
    with pytest.raises(TlnbError, match="no epoch to show"):
        control.add_ghost([])
