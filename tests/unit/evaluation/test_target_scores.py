"""Scores in another domain: of its test images alone, with the model's own preprocessing, and of the same classes."""

import dataclasses

import numpy as np
import pytest
import torch

import tlnb
from tlnb.core.errors import DataError, ModelError
from tlnb.evaluation import target_scores
from tlnb.evaluation.verdicts.resampling import difference_noise


def domain(seed, classes=("dark", "light"), n=48, **shares):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % len(classes)
    pixels = torch.randint(0, 160, (n, 3, 32, 32), generator=generator) + labels[:, None, None, None] * 40
    return tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, list(classes), **shares)


@pytest.fixture(scope="module")
def run():
    source = domain(0)
    recipe = tlnb.Recipe(trainable="all", epochs=2, batch_size=8, learning_rate=1e-3)
    return tlnb.fit(tlnb.create_model("resnet10t", source, weights="random"), source, recipe, progress=False)


def test_they_are_those_of_the_test_images(run):
    target = domain(1)
    before = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
    scores, known = target_scores(run.model, target), run.evaluate(target, "test")
    assert {name: score.value for name, score in scores.items()} == {name: known[name] for name in ("accuracy", "auc")}
    for score in scores.values():
        assert np.array_equal(score.indices, target.test.indices) and np.array_equal(score.labels, target.test.labels)
    assert all(torch.equal(before[name], tensor) for name, tensor in run.model.state_dict().items())
    assert not run.model.training


def test_they_remember_their_images_so_two_models_pair(run):
    target = domain(1)
    other = tlnb.create_model("resnet10t", target, weights="random", seed=5)
    ours, theirs = (target_scores(model, target)["accuracy"] for model in (run.model, other))
    assert difference_noise([ours], [theirs]).shared > 0


def test_more_than_two_classes_have_no_auc():
    target = domain(2, ("a", "b", "c"))
    assert list(target_scores(tlnb.create_model("resnet10t", target, weights="random"), target)) == ["accuracy"]


def test_other_classes_are_refused_and_another_order_of_the_same_ones_too(run):
    with pytest.raises(ModelError, match=r"tells 2 classes apart \(dark, light\), and the target has 3 \(a, b, c\)"):
        target_scores(run.model, domain(1, ("a", "b", "c")))
    with pytest.raises(ModelError, match="both domains need the same classes"):
        target_scores(run.model, domain(1, ("even", "odd")))
    with pytest.raises(ModelError, match="in the order dark, light, and the target in the order light, dark"):
        target_scores(run.model, domain(1, ("light", "dark")))


def test_a_network_of_ones_own_knows_no_names_and_is_believed():
    body = (torch.nn.Conv2d(3, 4, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    network = torch.nn.Sequential(*body, torch.nn.Linear(4, 2))
    assert set(target_scores(network, domain(1))) == {"accuracy", "auc"}
    with pytest.raises(ModelError, match="tells 2 classes apart"):
        target_scores(network, domain(1, ("a", "b", "c")))


def test_a_target_without_test_images_is_refused(run):
    with pytest.raises(DataError, match=r"no test images.*resplit\(test=0.25\)"):
        target_scores(run.model, domain(1, test=0))


def test_labels_of_its_training_images_count_for_nothing(run):
    target = domain(1)
    labels = target.labels.clone()
    labels[target.train.indices] = 1 - labels[target.train.indices]
    changed = dataclasses.replace(target, labels=labels)
    scores = [{name: one.value for name, one in target_scores(run.model, data).items()} for data in (target, changed)]
    assert scores[0] == scores[1]


def test_it_computes_where_it_is_told_and_leaves_the_model_where_it_is(run):
    scores = target_scores(run.model, domain(1), device="cpu")
    assert scores["accuracy"].value == target_scores(run.model, domain(1))["accuracy"].value
    with pytest.raises(tlnb.core.errors.DeviceError):
        target_scores(run.model, domain(1), device="tpu")
