"""What a method measures in each step: before any weight, the same in parts, and kept where a training goes on."""

from __future__ import annotations

import math

import pytest
from resumed import stopped_and_resumed
from striped import network, stripes

import tlnb
from tlnb.methods import ADDA, CORAL, DANN, MMD, MeanTeacher, SelfTraining, Tent
from tlnb.training import Recipe, Started, StepDone

RECIPE = Recipe(trainable="all", epochs=2, batch_size=12, optimizer="sgd", learning_rate=0.01)
METHODS = [DANN, ADDA, MMD, CORAL, MeanTeacher, SelfTraining]


@pytest.fixture(scope="module")
def images():
    return stripes(0)


@pytest.fixture(scope="module")
def others():
    return stripes(1, contrast=0.3, light=60)


@pytest.fixture
def model():
    return network()


def run(model, images, method, recipe=RECIPE, **options):
    return tlnb.fit(model, images, recipe, method=method, progress=False, device="cpu", **options)


def test_the_loss_of_a_classifier_is_measured_whatever_its_weight(model, images, others):
    plain, light = (run(model, images, DANN(others, domain_weight=weight)).method for weight in (1.0, 0.01))
    assert plain.measured == pytest.approx(plain.losses)
    assert [0.01 * value for value in light.measured] == pytest.approx(light.losses)
    assert light.measured[0] == pytest.approx(plain.measured[0]) and abs(plain.measured[0] - math.log(2)) < 0.3


def test_what_grows_in_over_a_run_is_measured_from_the_first_step(model, images, others):
    found = run(model, images, MMD(others, estimate="biased", schedule=True)).method
    assert found.losses[0] == 0 and found.measured[0] > 1e-4


def test_tent_measures_the_entropy_without_the_diversity(model, images):
    found = run(model, images, Tent(diversity=1.0), RECIPE.with_(parameters="norms", epochs=1)).method
    assert all(0 < value <= math.log(2) + 1e-6 for value in found.measured)
    assert found.measured[0] > found.losses[0]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_every_method_says_what_it_measures_and_tells_it_with_each_step(model, images, others, method):
    heard = []
    found = run(model, images, method(others), on_event=heard.append)
    told = [event.measured for event in heard if isinstance(event, StepDone)]
    assert tuple(told) == found.method.measured and len(told) == len(found.losses)
    assert all(map(math.isfinite, told)) and method.measures


def test_a_training_that_goes_on_knows_what_was_measured_before(model, images, others, tmp_path):
    begins = []

    def begun(event):
        if isinstance(event, Started):
            begins.append(event.measured)

    whole = run(model, images, DANN(others)).method.measured
    again = stopped_and_resumed(model, images, RECIPE, tmp_path, method=DANN(others))
    assert again.method.measured == whole
    run(model, images, DANN(others), checkpoint=tmp_path / "run", resume=True, on_event=begun)
    assert begins[0][: len(whole) // 2] == whole[: len(whole) // 2]
