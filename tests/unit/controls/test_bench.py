from __future__ import annotations

import threading

import pytest
import torch
from IPython.core.formatters import DisplayFormatter

import tlnb
from tlnb.controls import TryRecipe

START = tlnb.Recipe(epochs=2, batch_size=8, learning_rate=1e-2)


@pytest.fixture(scope="module")
def images():
    """Make dark and bright squares: learnt at once."""
    torch.manual_seed(0)
    labels = torch.arange(80) % 2
    pixels = torch.randint(0, 100, (80, 3, 32, 32)) + 120 * labels[:, None, None, None]
    return tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "bright"])


@pytest.fixture(scope="module")
def model(images):
    return tlnb.create_model("resnet10t", images, weights="random")


@pytest.fixture
def panel(model, images):
    made = TryRecipe(model, images, START, baseline=0.6, device="cpu")
    yield made
    made.stop()
    assert made.wait(60)


def dials(panel):
    return panel._dials


def test_at_first_the_dials_stand_for_the_given_recipe(panel):
    assert panel.recipe == START


def test_a_rate_between_the_steps_of_the_dial_stays_exact(model, images):
    odd = START.with_(learning_rate=0.0123)
    assert TryRecipe(model, images, odd, device="cpu").recipe == odd


def test_a_preset_moves_the_dials(panel):
    dials(panel).preset.value = "full"
    assert panel.recipe == tlnb.Recipe.preset("full", batch_size=8)


def test_the_dials_change_the_recipe(panel):
    dials(panel).rate.value, dials(panel).epochs.value, dials(panel).augment.value = 3e-4, 4, True
    changed = panel.recipe.diff(START)
    assert set(changed) == {"learning_rate", "epochs", "augmentation"}
    assert panel.recipe.learning_rate == 3e-4


@pytest.mark.parametrize("epochs", [1, 2, 5])
@pytest.mark.parametrize("preset", ["probe", "last_stage", "gradual", "full", "scratch"])
def test_every_preset_with_any_number_of_epochs_is_a_recipe(panel, preset, epochs):
    dials(panel).preset.value = preset
    dials(panel).epochs.value = epochs
    assert panel.recipe.epochs == epochs


def test_a_run_is_listed_with_its_score_and_what_it_gains(panel):
    panel.start()
    assert panel.wait(120)
    table = dials(panel).table.value
    score = panel.run.history[-1].valid_auc
    assert "run 1" in table and f"{score:.3f}" in table and f"{score - 0.6:+.3f}" in table and "done" in table
    assert dials(panel).curve.value[1:4] == b"PNG" and dials(panel).bar.value == dials(panel).bar.max


def test_many_tries_never_touch_the_test_images(panel):
    panel.start()
    assert panel.wait(60)
    assert panel.run.stopped == "finished" and panel.run.history and panel.run.metrics == {}


def test_starting_returns_at_once_and_stopping_keeps_what_was_done(panel):
    dials(panel).epochs.max = 1000
    dials(panel).epochs.value = 1000
    panel.start()
    assert not panel.wait(0.5) and dials(panel).start.description == "Start again"
    dials(panel).stop.click()
    assert panel.wait(60)
    assert panel.run.stopped == "stopped" and "stopped" in dials(panel).table.value
    assert dials(panel).stop.disabled and dials(panel).start.description == "Start"


def test_starting_again_ends_the_first_run_cleanly(panel):
    dials(panel).epochs.max = 1000
    dials(panel).epochs.value = 1000
    panel.start()
    dials(panel).epochs.value = 1
    dials(panel).start.click()
    assert panel.wait(60)
    assert [trial.status for trial in panel._trials] == ["stopped", "done"]


def test_a_second_panel_ends_the_training_of_the_first(panel, model, images):
    dials(panel).epochs.max = 1000
    dials(panel).epochs.value = 1000
    panel.start()
    other = TryRecipe(model, images, START, device="cpu")
    other.start()
    assert panel.wait(1) and other.wait(60)
    assert sum(thread.name == "tlnb-training" for thread in threading.enumerate()) == 0


def test_a_training_that_fails_says_so_and_the_panel_goes_on(panel):
    dials(panel).rate.value = 0.1
    broken = panel._given = START.with_(trainable=("no_such_group",))
    assert panel.recipe.trainable == broken.trainable
    panel.start()
    assert panel.wait(60)
    assert "Did not work" in dials(panel).line.value and "no_such_group" in dials(panel).line.value
    panel._given = START
    panel.start()
    assert panel.wait(120) and panel._trials[-1].status == "done"


def test_the_same_panel_reads_the_same_in_every_run(panel):
    assert repr(panel) == "TryRecipe(metric='AUC', runs=0)"


def test_a_cell_shows_the_widget_and_a_table_where_there_is_none(panel):
    bundle, _ = DisplayFormatter().format(panel)
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "0.600" in bundle["text/html"] and "run in Jupyter" in bundle["text/html"]


def test_the_model_that_was_given_is_not_changed(panel, model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    panel.start()
    panel.wait(120)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_more_than_two_classes_are_judged_by_accuracy(model):
    pixels = torch.randint(0, 256, (60, 3, 32, 32), dtype=torch.uint8)
    images = tlnb.ImageData.from_tensors(pixels, torch.arange(60) % 3, ["a", "b", "c"])
    three = tlnb.create_model("resnet10t", images, weights="random")
    panel = TryRecipe(three, images, START.with_(epochs=1), device="cpu")
    panel.start()
    assert panel.wait(60)
    assert panel.metric == "accuracy" and f"{panel.run.history[-1].valid_accuracy:.3f}" in panel._repr_html_()
