"""The surface has the optima that it says, and a descent follows the schedule's own rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tlnb
from tlnb.evaluation import surface
from tlnb.training import Recipe

STILL = Recipe(learning_rate=0.05, schedule="constant", epochs=30)


@given(st.floats(-4, 4))
def test_the_slope_is_that_of_the_loss(x):
    step = 1e-5
    measured = (surface.loss(x + step) - surface.loss(x - step)) / (2 * step)
    assert surface.slope(x) == pytest.approx(float(measured), abs=1e-4)


def test_zero_is_the_deepest_of_all_places():
    places = np.linspace(-6, 6, 12_001)
    assert places[np.argmin(surface.loss(places))] == pytest.approx(0, abs=1e-3)
    assert float(surface.loss(0.0)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_without_noise_it_ends_in_a_valley_and_does_not_come_out_of_it_again(seed):
    went = surface.descend(STILL, seed, noise=0.0)
    assert abs(surface.slope(went.end)) < 1e-3
    assert surface.loss(went.end) <= min(surface.loss(went.end + way) for way in (-0.05, 0.05))
    assert abs(went.end) <= abs(went.places[0]) + 0.3


def test_from_the_largest_rate_on_steps_in_the_deepest_valley_grow():
    for share, grows in ((0.95, False), (1.05, True)):
        x = 1e-3
        for _ in range(10):
            x -= share * surface.LARGEST_RATE * surface.slope(x)
        assert (abs(x) > 1e-3) is grows


def test_equal_seeds_give_equal_starts_and_equal_descents():
    first, again, other = (surface.descend(STILL, seed) for seed in (3, 3, 4))
    assert np.array_equal(first.places, again.places)
    assert first.places[0] != other.places[0]
    assert surface.descend(STILL.with_(schedule="cosine"), 3).places[0] == first.places[0]


@pytest.mark.parametrize("schedule", ["cosine", "triangular", "restarts", "one_cycle", "step"])
def test_its_rates_are_those_of_the_real_optimiser(schedule):
    model = tlnb.create_model("resnet10t", 2, weights="random")
    recipe = Recipe(learning_rate=0.1, schedule=schedule, epochs=4, batch_size=12)
    curves = recipe.rates(model, 40)
    went = surface.descend(recipe, 0, steps_per_epoch=curves.steps_per_epoch)
    assert went.rates == pytest.approx(curves.rates[:, -1])
