"""A linear classifier that is trained in one domain and tested in another."""

import dataclasses

import numpy as np
import pytest
import torch

import tlnb
from tlnb.core.errors import TlnbError
from tlnb.evaluation import Experiment, Transfer, TransferTrial
from tlnb.methods import FeatureAlignment

N = 240


def images(classes=2, seed=0):
    """Return black images: the features say all."""
    labels = torch.arange(N) % classes
    pixels = torch.zeros(N, 1, 8, 8, dtype=torch.uint8)
    return tlnb.ImageData.from_tensors(pixels, labels, [f"class {c}" for c in range(classes)], seed=seed)


def noise(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def trial(source, target, labels_of_target=None, classes=2):
    ours = images(classes)
    theirs = ours if labels_of_target is None else relabelled(ours, labels_of_target)
    return TransferTrial(source, target, lambda seed: (ours.resplit(seed=seed), theirs.resplit(seed=seed)))


def relabelled(some, labels):
    return tlnb.ImageData.from_tensors(some.images, labels, some.classes)


def told(classes=2, strength=2.0, seed=0):
    """Return rows (N, 6) whose first columns tell the class."""
    rows = noise(N, 6, seed=seed)
    rows[torch.arange(N), torch.arange(N) % classes] += strength
    return rows


def test_statistics_of_its_own_mend_a_target_of_other_units():
    run = trial({"last": told(seed=1)}, {"last": told(seed=2) * 5 - 20})
    as_it_is = run(Transfer(["last"]), 0)
    apart = run(Transfer(["last"], FeatureAlignment()), 0)
    assert as_it_is["accuracy"].value + 0.15 < apart["accuracy"].value > 0.85


def test_correlations_mend_a_target_that_is_turned_where_statistics_do_not():
    stretch = torch.diag(torch.tensor([4.0, 1.0, 1.0, 1.0, 1.0, 1.0]))
    turn = torch.linalg.qr(noise(6, 6, seed=5)).Q
    ours, theirs = told(seed=1) @ stretch, told(seed=2) @ stretch
    theirs = theirs @ (torch.eye(6) + 0.8 * (turn - torch.eye(6)))
    run = trial({"last": ours}, {"last": theirs})
    apart, coral = (
        np.mean([run(Transfer(["last"], how), seed)["auc"].value for seed in range(4)])
        for how in (FeatureAlignment(), FeatureAlignment(correlations=True, ridge=0.01))
    )
    assert coral > apart - 0.02


def test_several_layers_say_more_together_than_one_and_their_units_do_not_matter():
    ours, theirs = ({n: told(strength=1.0, seed=first + n) for n in range(4)} for first in (10, 20))
    run = trial(name(ours), name(theirs))
    one, all_of_them = (
        np.mean([run(Transfer(layers), seed)["auc"].value for seed in range(3)]) for layers in (["0"], list("0123"))
    )
    assert all_of_them > one + 0.05
    ours[1], theirs[1] = ours[1] * 1000, theirs[1] * 1000
    larger = trial(name(ours), name(theirs))(Transfer(list("0123")), 0)["auc"].value
    assert larger == pytest.approx(run(Transfer(list("0123")), 0)["auc"].value, abs=0.01)


def name(features):
    return {str(number): rows for number, rows in features.items()}


def test_labels_of_the_target_change_nothing_but_the_score():
    ours, theirs = {"last": told(seed=1)}, {"last": told(seed=2) + 1}
    wrong = images().labels.clone()
    rows = images().test.indices  # of test images alone: the split is drawn by labels
    wrong[rows] = 1 - wrong[rows]
    source = images()
    for condition in (Transfer(["last"], FeatureAlignment(keep=0.7)), Transfer(["last"], rounds=3)):
        honest = TransferTrial(ours, theirs, lambda seed: (source, source))(condition, 0)
        target = dataclasses.replace(source, labels=wrong)
        swapped = TransferTrial(ours, theirs, lambda seed, target=target: (source, target))(condition, 0)
        assert honest["accuracy"].value == pytest.approx(1 - swapped["accuracy"].value)
        assert np.array_equal(honest["accuracy"].logits, swapped["accuracy"].logits)
        hidden = dataclasses.replace(source, labels=1 - source.labels)
        unseen = TransferTrial(ours, theirs, lambda seed, hidden=hidden: (source, hidden))(condition, 0)
        assert np.array_equal(honest["accuracy"].logits, unseen["accuracy"].logits)


def test_the_oracle_learns_from_the_targets_labels():
    swapped = 1 - images().labels
    run = trial({"last": told(seed=1)}, {"last": told(seed=2)}, swapped)
    assert run(Transfer(["last"]), 0)["auc"].value < 0.2
    assert run(Transfer(["last"], oracle=True), 0)["auc"].value > 0.8


def test_self_training_follows_the_targets_own_clusters():
    ours, theirs = told(strength=6.0, seed=1), told(strength=6.0, seed=2)
    theirs = theirs + torch.tensor([2.0, -1.0, 0.0, 0.0, 0.0, 0.0])
    run = trial({"last": ours}, {"last": theirs})
    before, after = (run(Transfer(["last"], rounds=rounds), 0)["accuracy"].value for rounds in (0, 5))
    assert after >= before and after > 0.95


def test_more_than_two_classes_have_an_accuracy_alone():
    scores = trial({"last": told(4, 3.0, 1)}, {"last": told(4, 3.0, 2)}, classes=4)(Transfer(["last"]), 0)
    assert list(scores) == ["accuracy"] and scores["accuracy"].value > 0.7
    assert scores["accuracy"].logits.shape == (60, 4)


def test_equal_seeds_give_equal_scores_and_an_experiment_pairs_them():
    run = trial({"last": told(seed=1)}, {"last": told(seed=2)})
    ways = {"source": Transfer(["last"]), "rounds": Transfer(["last"], rounds=2)}
    one, two = (Experiment(ways, run).run(seeds=2, progress=False).scores("auc") for _ in range(2))
    assert one == two


def test_a_layer_without_features_is_told():
    with pytest.raises(TlnbError, match='Did you mean "last"'):
        trial({"last": told()}, {"last": told()})(Transfer(["lst"]), 0)
