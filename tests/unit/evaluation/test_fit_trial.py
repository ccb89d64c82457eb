"""An experiment whose trial says what it does trains heads together, to the evidence that one by one gives."""

import gc
import weakref

import pytest
import torch

import tlnb
from tlnb.core.errors import TlnbError
from tlnb.evaluation import Experiment, FitTrial, scored, target_scores
from tlnb.methods import DANN, Tent
from tlnb.training import Recipe
from tlnb.training.heads import fitting

RATES = {"slow": 1e-3, "fast": 0.05}


@pytest.fixture(scope="module")
def images():
    torch.manual_seed(0)
    labels = torch.arange(60) % 2
    pixels = torch.randint(0, 200, (60, 3, 32, 32)) + labels[:, None, None, None] * 30
    return tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", "light"], test=0.3)


@pytest.fixture(scope="module")
def model(images):
    return tlnb.create_model("resnet10t", images, weights="random")


@pytest.fixture
def recipes():
    return {name: Recipe(epochs=2, batch_size=8, optimizer="sgd", learning_rate=rate) for name, rate in RATES.items()}


def test_its_evidence_is_that_of_a_trial_that_trains_itself(model, images, recipes, monkeypatch):
    together = []
    genuine = fitting.train_together
    monkeypatch.setattr(
        fitting, "train_together", lambda jobs, *rest: [together.append(len(jobs)), genuine(jobs, *rest)]
    )

    def by_hand(recipe, seed):
        run = tlnb.fit(model, images.resplit(seed=seed), recipe.with_(seed=seed), progress=False)
        return {name: scored(name, run.outputs) for name in ("accuracy", "auc")}

    evidence = Experiment(recipes, FitTrial(model, images)).run(3, progress=False)
    assert together == [6]
    alone = Experiment(recipes, by_hand).run(3, progress=False)
    for metric in ("accuracy", "auc"):
        for name in recipes:
            assert evidence.scores(metric)[name] == pytest.approx(alone.scores(metric)[name], abs=1e-6)
    assert evidence.noise("auc", "slow", "fast").by_seed == pytest.approx(alone.noise("auc", "slow", "fast").by_seed)


def test_what_trains_more_than_the_head_is_one_of_its_conditions(model, images, recipes):
    both = {"head": recipes["slow"], "last stage": recipes["slow"].with_(trainable=1)}
    trial = FitTrial(
        model,
        images,
        lambda run, part: {"seconds": run.cost.seconds, "accuracy": run.evaluate(part, "test")["accuracy"]},
        split=lambda data, seed: data.resplit(seed=seed, test=0.2),
    )
    evidence = Experiment(both, trial).run(2, progress=False)
    assert evidence.metrics == ("seconds", "accuracy")
    part = images.resplit(seed=1, test=0.2)
    run = tlnb.fit(model, part, both["last stage"].with_(seed=1), progress=False)
    assert evidence.scores("accuracy")["last stage"][1] == pytest.approx(run.metrics["accuracy"])


def test_it_can_be_called_like_any_trial(model, images, recipes):
    numbers = FitTrial(model, images)(recipes["fast"], 1)
    assert set(numbers) == {"accuracy", "auc"}


def test_a_failure_names_the_trial(model, images, recipes, caplog):
    def fail(run, part):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Experiment(recipes, FitTrial(model, images, fail)).run(2, progress=False)
    assert "'slow' failed with seed 0" in caplog.text


def dimmed(images):
    return tlnb.ImageData.from_tensors(images.images // 2, images.labels, images.classes, test=0.3)


def test_a_pair_is_a_recipe_with_a_method_and_order_and_numbers_are_those_by_hand(model, images, recipes):
    target, body = dimmed(images), recipes["slow"].with_(trainable=1)
    conditions = {
        "DANN": (body, DANN(target, hidden=16)),
        "head": recipes["fast"],
        "source alone": (body, None),
        "weaker": (body, DANN(target, hidden=16, reversal_weight=0.1)),
    }

    def measured(run, part):
        return {"distance: loss": run.evaluate(part, "test")["loss"], **target_scores(run.model, target)}

    def by_hand(condition, seed):
        recipe, method = condition if isinstance(condition, tuple) else (condition, None)
        part = images.resplit(seed=seed)
        return measured(tlnb.fit(model, part, recipe.with_(seed=seed), method=method, progress=False), part)

    evidence = Experiment(conditions, FitTrial(model, images, measured)).run(3, progress=False)
    alone = Experiment(conditions, by_hand).run(3, progress=False)
    assert evidence.conditions == tuple(conditions) and evidence.metrics == ("distance: loss", "accuracy", "auc")
    for metric in evidence.metrics:
        for name in conditions:
            assert evidence.scores(metric)[name] == pytest.approx(alone.scores(metric)[name], abs=1e-6)
    losses = evidence.scores("distance: loss")
    assert len({losses["DANN"], losses["source alone"], losses["weaker"]}) == 3  # the methods took part
    noise = [one.noise("auc", "DANN", "head") for one in (evidence, alone)]  # the target's test images, of all seeds
    assert noise[0].shared == pytest.approx(noise[1].shared) and noise[0].shared > 0


def test_a_run_is_let_go_of_before_the_next_one_trains(model, images, recipes):
    target, body = dimmed(images), recipes["slow"].with_(trainable=1, epochs=1)
    held = []

    def measured(run, part):
        gc.collect()
        there = sum(one() is not None for one in held)
        held.append(weakref.ref(run.model))
        if run.method is not None:
            held.append(weakref.ref(run.method.module))
        return {"distance: alive": float(there)}

    conditions = {"plain": body, "DANN": (body, DANN(target)), "head": recipes["slow"], "Tent": (body, Tent())}
    evidence = Experiment(conditions, FitTrial(model, images, measured)).run(2, progress=False)
    assert set(evidence.scores("distance: alive").values()) == {(0.0, 0.0)}


def test_what_is_no_condition_is_told_before_anything_trains(model, images, recipes):
    target = dimmed(images)
    for wrong in (DANN(target), (DANN(target), recipes["slow"]), "slow", (recipes["slow"], None, None)):
        trained = []
        trial = FitTrial(model, images, lambda run, part, trained=trained: trained.append(run) or {"accuracy": 1.0})
        with pytest.raises(TlnbError, match="neither a Recipe nor a pair"):
            Experiment({"good": recipes["slow"], "wrong": wrong}, trial).run(1, progress=False)
        assert not trained
