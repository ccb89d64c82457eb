"""Self-training: what is labelled when, by whom, and what comes of it."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from resumed import stopped_and_resumed
from shortcut import small_network, with_a_shortcut
from torch import nn

import tlnb
from tlnb.methods import SelfTraining
from tlnb.methods.self_training import surest
from tlnb.training import Recipe, Steering

RECIPE = Recipe(trainable="all", epochs=4, batch_size=12, optimizer="sgd", learning_rate=0.05)


def quiet_fit(model, images, recipe=RECIPE, **options):
    return tlnb.fit(model, images, recipe, progress=False, device="cpu", **options)


def stripes(seed, light=0, n=120, side=16):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    wave = (torch.arange(side) // 2 % 2 * 2 - 1).float()
    drawn = torch.stack([wave.expand(side, side), wave.expand(side, side).T])[labels][:, None]
    pixels = 128 + light + 30 * drawn + 25 * torch.randn(n, 3, side, side, generator=generator)
    images = pixels.clamp(0, 255).to(torch.uint8)
    return tlnb.ImageData.from_tensors(images, labels, ["columns", "rows"], test=0.25, valid=0.1)


@pytest.fixture(scope="module")
def pair():
    return stripes(0), stripes(1, light=40)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    first = (nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.2))
    return nn.Sequential(*first, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))


@given(st.lists(st.tuples(st.floats(0.2, 1), st.integers(0, 3)), min_size=1, max_size=40), st.floats(0.05, 1))
def test_of_each_class_the_surest_are_taken_and_no_less_sure_one_before_a_surer(rows, share):
    surety, classes = torch.tensor([row[0] for row in rows]), torch.tensor([row[1] for row in rows])
    kept = surest(surety, classes, share)
    for one in classes.unique():
        own = classes == one
        count = int(own.sum())
        assert int(kept[own].sum()) == max(1, math.ceil(round(count * share, 6)))
        left = surety[own & ~kept]
        assert not len(left) or surety[own & kept].min() >= left.max()


def test_it_begins_with_the_source_alone_and_takes_more_in_each_round(pair, network):
    source, target = pair
    run = quiet_fit(network, source, method=SelfTraining(target, rounds=3, share=0.9))
    module, steps = run.method.module, len(run.losses)
    assert module.begins == [round(steps * at / 4) for at in (1, 2, 3)]
    losses = run.method.losses
    assert set(losses[: module.begins[0]]) == {0.0} and all(losses[module.begins[0] :])
    counts = module.counts.tolist()
    assert counts == sorted(counts) and 0.3 <= counts[0] / len(target.train) <= 0.35
    assert counts[-1] == int((module.labelled >= 0).sum()) >= 0.9 * len(target.train)


def test_its_labels_are_what_the_network_says_in_evaluation_mode(pair, network):
    """With a rate of nothing from the start, they are those of the network as it was given."""
    source, target = pair
    recipe = RECIPE.with_(epochs=1, learning_rate=1e-12, fixed_statistics=True)
    run = quiet_fit(network, source, recipe, method=SelfTraining(target, rounds=1, share=1.0))
    said = [run.predict(target.images[place].permute(1, 2, 0).numpy()) for place in target.train.indices[:10]]
    wanted = [target.classes.index(one.label) for one in said]
    assert run.method.module.labelled[:10].tolist() == wanted


def test_by_threshold_all_that_is_sure_enough_is_taken_and_nothing_else(pair, network):
    source, target = pair
    nothing = quiet_fit(network, source, method=SelfTraining(target, choose="by threshold", threshold=1.0))
    assert not any(nothing.method.losses) and not nothing.method.module.counts.any()
    everything = quiet_fit(network, source, method=SelfTraining(target, choose="by threshold", threshold=0.3))
    assert set(everything.method.module.counts.tolist()) == {len(target.train)}


def test_labels_of_the_target_are_never_read_and_its_other_images_not_used(pair, network):
    source, target = pair
    unreadable = dataclasses.replace(target)
    object.__setattr__(unreadable, "labels", None)
    runs = [quiet_fit(network, source, method=SelfTraining(one)) for one in (target, unreadable)]
    assert runs[0].losses == runs[1].losses and runs[0].method.losses == runs[1].method.losses


def test_while_there_are_no_labels_the_training_is_the_plain_one(pair, network):
    source, target = pair
    plain = quiet_fit(network, source)
    run = quiet_fit(network, source, method=SelfTraining(target, rounds=1))
    begin = run.method.module.begins[0]
    assert run.losses[:begin] == plain.losses[:begin]


def test_a_training_that_was_stopped_in_a_round_goes_on_with_its_labels(pair, network, tmp_path):
    source, target = pair
    whole = quiet_fit(network, source, method=SelfTraining(target, rounds=2))
    rest = stopped_and_resumed(network, source, RECIPE, tmp_path, 2, method=SelfTraining(target, rounds=2))
    assert rest.losses == whole.losses and rest.method.losses == whole.method.losses
    assert torch.equal(rest.method.module.labelled, whole.method.module.labelled)


def test_its_weight_is_steered(pair, network):
    source, target = pair
    steering = Steering()
    steering.set("weight", 0.0)
    run = quiet_fit(network, source, method=SelfTraining(target), steering=steering)
    assert not any(run.method.losses) and run.method.module.counts.all()
    assert "self-training" in run.used["method"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_where_the_shift_is_small_it_helps_and_where_labels_are_guesses_it_does_not(seed):
    """A brighter domain is read better; one without the shortcut stays at chance, with the source's statistics."""
    recipe = RECIPE.with_(epochs=20, batch_size=16, seed=seed)
    source, target = stripes(seed), stripes(50 + seed, light=70)
    alone = quiet_fit(small_network(seed), source, recipe).evaluate(target, "test")["accuracy"]
    trained = quiet_fit(small_network(seed), source, recipe, method=SelfTraining(target))
    assert trained.evaluate(target, "test")["accuracy"] >= alone
    source, target = with_a_shortcut(seed)
    method = SelfTraining(target, own_statistics=False)
    blind = quiet_fit(small_network(seed), source, recipe.with_(batch_size=32), method=method)
    assert blind.metrics["accuracy"] > 0.9 and blind.evaluate(target, "test")["accuracy"] < 0.75


@pytest.mark.slow
def test_with_the_targets_own_statistics_it_labels_where_the_sources_mislead():
    source, target = with_a_shortcut(2)
    recipe = RECIPE.with_(epochs=20, batch_size=32, seed=2)
    right = {}
    for own in (True, False):
        method = SelfTraining(target, own_statistics=own)
        run = quiet_fit(small_network(2), source, recipe, method=method)
        labelled = run.method.module.labelled
        right[own] = float((labelled == target.train.labels)[labelled >= 0].float().mean())
    assert right[True] > 0.9 > 0.75 > right[False]
