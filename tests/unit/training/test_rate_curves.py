"""What `Recipe.rates` shows is what the run then trains with."""

import numpy as np
import pytest
import torch

import tlnb
from tlnb.core.errors import RecipeError
from tlnb.training import SCHEDULES, Recipe

GRADUAL = Recipe.preset("gradual", epochs=3, thaw=[(1, 1), (2, "all")], batch_size=12)


@pytest.mark.parametrize("schedule", sorted(set(SCHEDULES) - {"plateau"}))
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_the_curves_are_the_rates_that_train(schedule, optimizer, model, images):
    warmup = 0.0 if schedule == "one_cycle" else 0.5
    recipe = GRADUAL.with_(schedule=schedule, optimizer=optimizer, warmup_epochs=warmup)
    curves = recipe.rates(model, images)
    trains = set()
    for event in tlnb.train(model, images, recipe):
        if event.kind == "started":
            trains = set(event.trainable)
        elif event.kind == "thawed":
            trains |= set(event.groups)
        elif event.kind == "step":
            shown = dict(zip(curves.groups, curves.rates[event.step - 1].tolist(), strict=True))
            assert shown == {name: rate if name in trains else 0.0 for name, rate in event.rates.items()}
    assert len(curves) == event.run.cost.steps and curves.steps_per_epoch * 3 == len(curves)


def test_momentum_is_shown_where_the_schedule_moves_it(model, images):
    assert GRADUAL.rates(model, images).momentum is None
    momentum = GRADUAL.with_(schedule="one_cycle").rates(model, images).momentum
    assert momentum.min() == pytest.approx(0.8, abs=0.02) and momentum.max() == pytest.approx(0.9)


def test_the_model_is_left_as_it_was(model, images):
    model.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    needs = [parameter.requires_grad for parameter in model.parameters()]
    GRADUAL.rates(model, images)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert needs == [parameter.requires_grad for parameter in model.parameters()] and not model.training


def test_a_number_of_images_is_enough(model):
    assert len(GRADUAL.rates(model, 25)) == 3 * 2  # the last one joins the batch before
    assert len(GRADUAL.rates(model, 26)) == 3 * 3


@pytest.mark.parametrize("count", [0, -4, True])
def test_no_images_are_refused(count, model):
    with pytest.raises(RecipeError, match="training images"):
        GRADUAL.rates(model, count)


def test_it_shows_itself_as_a_table_and_a_figure(model):
    curves = Recipe.preset("last_stage").rates(model, 100)
    header, rows = curves.table()
    frozen = [row[0] for row in rows if row[1] == "frozen"]
    assert header[0] == "group" and frozen == list(curves.groups[:-2])
    assert np.count_nonzero(curves.rates) == 2 * len(curves)
    figure = curves.plot()
    assert figure.png().startswith(b"\x89PNG") and {t.get_text() for t in figure.axes[0].texts} == set(
        curves.groups[-2:]
    )
