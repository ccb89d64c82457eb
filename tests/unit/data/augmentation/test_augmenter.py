"""Augmentation of batches: each image's own draws, repeatable, and nothing else touched."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tlnb.core.errors import DataError, RecipeError
from tlnb.data.augmentation import AUGMENTATIONS, Augmenter

SINGLE = [name for name, step in AUGMENTATIONS.items() if not step.mixes]
MIXING = [name for name, step in AUGMENTATIONS.items() if step.mixes]
LABELS = torch.arange(7)
ALL_AT_ONCE = [(name, 0.5) for name in AUGMENTATIONS]


def augment(images, steps, seed=0, epoch=0, rows=None):
    """Augment with seven classes, each image of its own."""
    rows = range(len(images)) if rows is None else rows
    augmenter = Augmenter(steps, size=images.shape[-1], classes=7)
    return augmenter(
        images, torch.tensor([int(row) % 7 for row in rows], dtype=torch.int64), seed=seed, epoch=epoch, rows=rows
    )


def change(images, steps, epochs=6):
    """Mean absolute difference over several draws of each image."""
    changed = [augment(images, steps, epoch=epoch)[0].float() for epoch in range(epochs)]
    return float((torch.stack(changed) - images.float()).abs().mean())


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_strength_0_changes_nothing(name, photographs):
    changed, labels = augment(photographs, [(name, 0)])
    assert torch.equal(changed, photographs)
    assert torch.equal(labels, LABELS)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_more_strength_changes_more(name, photographs):
    changes = [change(photographs, [(name, strength)]) for strength in (0.0, 0.25, 0.5, 1.0)]
    assert changes == sorted(set(changes)), changes


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_images_keep_shape_and_dtype_in_colour_and_in_grey(name, photographs, grey):
    for images in (photographs, grey):
        changed, _ = augment(images, [(name, 1.0)])
        assert changed.shape == images.shape and changed.dtype == torch.uint8


@pytest.mark.parametrize("name", [name for name, step in AUGMENTATIONS.items() if step.needs_colour])
def test_a_step_that_needs_colour_leaves_one_channel_alone(name, grey):
    assert torch.equal(augment(grey, [(name, 1.0)])[0], grey)


@pytest.mark.parametrize("name", ["jpeg", "rotation", "rand_augment", "elastic", "blur"])
def test_grey_in_three_channels_stays_grey(name, grey):
    changed, _ = augment(grey.expand(-1, 3, -1, -1), [(name, 1.0)])
    assert (changed.amax(1) - changed.amin(1)).max() <= 1


@pytest.mark.parametrize("name", [name for name in SINGLE if name not in ("flip", "vertical_flip", "greyscale")])
def test_equal_images_in_a_batch_are_changed_each_in_its_own_way(name, photographs):
    changed, _ = augment(photographs[:1].repeat(8, 1, 1, 1), [(name, 1.0)])
    assert len({image.numpy().tobytes() for image in changed}) >= 4


@pytest.mark.parametrize("name", ["flip", "vertical_flip", "greyscale"])
def test_a_chance_is_drawn_for_each_image(name, photographs):
    changed, _ = augment(photographs[:1].repeat(200, 1, 1, 1), [(name, 0.5)])
    share = (changed != photographs[:1]).flatten(1).any(1).float().mean()
    assert 0.35 < share < 0.65  # more than four deviations


def test_the_same_seed_and_epoch_give_the_same_images_and_others_do_not(photographs):
    first, _ = augment(photographs, ALL_AT_ONCE)
    assert torch.equal(first, augment(photographs, ALL_AT_ONCE)[0])
    assert not torch.equal(first, augment(photographs, ALL_AT_ONCE, epoch=1)[0])
    assert not torch.equal(first, augment(photographs, ALL_AT_ONCE, seed=1)[0])


@settings(max_examples=15)
@given(
    strengths=st.lists(st.floats(0, 1), min_size=len(SINGLE), max_size=len(SINGLE)),
    chosen=st.lists(st.integers(0, 6), min_size=2, max_size=7, unique=True),
    cut=st.integers(1, 6),
    seed=st.integers(0, 2**40),
    epoch=st.integers(0, 10**6),
)
def test_an_image_is_changed_alike_in_every_batch(photographs, strengths, chosen, cut, seed, epoch):
    rows, steps = torch.tensor(chosen), [*zip(SINGLE, strengths, strict=True)]
    whole, _ = augment(photographs[rows], steps, seed, epoch, rows)
    parts = [augment(photographs[part], steps, seed, epoch, part)[0] for part in (rows[:cut], rows[cut:])]
    assert torch.equal(whole, torch.cat(parts))


def test_a_further_step_leaves_the_draws_of_the_others_alone(photographs):
    flipped, _ = augment(photographs, [("flip", 0.5)])
    assert torch.equal(
        augment(flipped, [("rotation", 0.5)])[0], augment(photographs, [("flip", 0.5), ("rotation", 0.5)])[0]
    )


def test_steps_come_in_the_order_given_and_mixing_last(photographs):
    there, back = [("rotation", 1.0), ("flip", 1.0)], [("flip", 1.0), ("rotation", 1.0)]
    assert not torch.equal(augment(photographs, there)[0], augment(photographs, back)[0])
    first, last = [("mixup", 1.0), ("flip", 0.5)], [("flip", 0.5), ("mixup", 1.0)]
    assert torch.equal(augment(photographs, first)[0], augment(photographs, last)[0])


@pytest.mark.parametrize(
    "rows", [[3, 1, 4, 1, 5, 9, 2], np.array([3, 1, 4, 1, 5, 9, 2]), torch.tensor([3, 1, 4, 1, 5, 9, 2])]
)
def test_rows_may_be_given_in_any_form(rows, photographs):
    expected, _ = augment(photographs, [("rotation", 1.0)], rows=(3, 1, 4, 1, 5, 9, 2))
    assert torch.equal(augment(photographs, [("rotation", 1.0)], rows=rows)[0], expected)


def test_no_global_random_state_moves(photographs):
    torch.manual_seed(3)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    augment(photographs, ALL_AT_ONCE)
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    assert before[2] == random.getstate()


def test_the_state_outside_does_not_matter(photographs):
    results = []
    for outside in (1, 2):
        torch.manual_seed(outside), np.random.seed(outside), random.seed(outside)  # noqa: NPY002
        results.append(augment(photographs, ALL_AT_ONCE)[0])
    assert torch.equal(*results)


def test_the_random_state_is_given_back_after_an_error(photographs, monkeypatch):
    augmenter = Augmenter([("flip", 0.5)], size=64)
    monkeypatch.setattr(torch, "stack", None)
    before = torch.get_rng_state()
    with pytest.raises(TypeError):
        augmenter(photographs, seed=0, epoch=0, rows=range(7))
    assert torch.equal(before, torch.get_rng_state())


def test_the_images_that_came_in_are_not_changed(photographs):
    kept = photographs.clone()
    augment(photographs, [(name, 1.0) for name in AUGMENTATIONS])
    assert torch.equal(photographs, kept)


@pytest.mark.parametrize("name", MIXING)
def test_mixed_labels_say_how_much_of_each_image_is_there(name):
    # Image i is of value 30 i throughout: its mean tells the shares.
    images = (30 * torch.arange(7)).byte().view(7, 1, 1, 1).expand(7, 1, 64, 64)
    changed, targets = augment(images, [(name, 1.0)])
    assert targets.shape == (7, 7) and targets.dtype == torch.float32
    torch.testing.assert_close(targets.sum(1), torch.ones(7))
    told = (targets * 30 * torch.arange(7)).sum(1)
    torch.testing.assert_close(changed.float().mean((1, 2, 3)), told, atol=0.51, rtol=0)
    assert (targets.max(1).values < 1).sum() >= 5


@pytest.mark.parametrize("strength", [1e-6, 0.01, 0.3, 1.0])
def test_mixup_keeps_the_greater_share_of_the_image_itself(strength, photographs):
    _, targets = augment(photographs, [("mixup", strength)])
    assert torch.isfinite(targets).all()
    assert (targets.diagonal() >= 0.5).all()


def test_the_share_that_mixup_tells_is_the_one_it_draws():
    images = torch.zeros(1000, 1, 1, 1, dtype=torch.uint8)
    for strength in (0.2, 1.0):
        _, targets = augment(images, [("mixup", strength)])
        told = float(AUGMENTATIONS["mixup"].reach(strength).split("average ")[1].split(" %")[0])
        other = 100 * (1 - targets[torch.arange(1000), torch.arange(1000) % 7]).mean()
        assert abs(float(other) - told) < 2


def test_one_after_the_other_mixing_takes_mixed_labels(photographs):
    _, targets = augment(photographs, [("mixup", 1.0), ("cutmix", 1.0)])
    torch.testing.assert_close(targets.sum(1), torch.ones(7))
    assert ((targets > 0).sum(1) >= 3).any()


def test_an_image_alone_is_mixed_with_itself(photographs):
    changed, targets = augment(photographs[:1], [("mixup", 1.0), ("cutmix", 1.0)])
    assert torch.equal(changed, photographs[:1])
    assert targets.tolist() == [[1.0, 0, 0, 0, 0, 0, 0]]


def test_an_empty_batch_stays_empty(photographs):
    assert augment(photographs[:0], ALL_AT_ONCE)[0].shape == (0, 3, 64, 64)


@pytest.mark.parametrize("size", [8, 17])
def test_every_step_works_on_small_images(size, photographs):
    small = photographs[:, :, :size, :size]
    for name in AUGMENTATIONS:
        assert augment(small, [(name, 1.0)])[0].shape == small.shape


@pytest.mark.parametrize(
    ("images", "labels", "rows", "says"),
    [
        (torch.zeros(2, 3, 8, 8), None, range(2), "torch.float32"),
        (torch.zeros(3, 8, 8, dtype=torch.uint8), None, range(3), "(N, C, H, W)"),
        (torch.zeros(2, 4, 8, 8, dtype=torch.uint8), None, range(2), "one channel or three"),
        (torch.zeros(2, 3, 8, 9, dtype=torch.uint8), None, range(2), "8 x 9 pixels"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), None, range(3), "3 rows for 2 images"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), None, range(2), "'mixup' mixes labels: give them"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), torch.tensor([0]), range(2), r"int64 (2,)"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), torch.tensor([0, 3]), range(2), "from 0 to 3, and there are 3"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_value(images, labels, rows, says):
    augmenter = Augmenter([("flip", 0.5), ("mixup", 0.5)], size=8, classes=3)
    with pytest.raises(DataError) as error:
        augmenter(images, labels, seed=0, epoch=0, rows=rows)
    assert says in str(error.value)


@pytest.mark.parametrize("name", MIXING)
def test_mixing_without_a_number_of_classes_is_refused(name):
    with pytest.raises(RecipeError, match=f"'{name}' mixes labels: give classes"):
        Augmenter([(name, 0.5)], size=8)
    assert not Augmenter([(name, 0)], size=8).mixes


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_a_gpu_gives_the_same_to_rounding(name, photographs):
    near, near_labels = augment(photographs, [(name, 0.7)])
    augmenter = Augmenter([(name, 0.7)], size=64, classes=7)
    far, far_labels = augmenter(photographs.cuda(), LABELS.cuda(), seed=0, epoch=0, rows=range(7))
    assert far.is_cuda
    assert (far.cpu().float() - near.float()).abs().mean() < 0.5
    torch.testing.assert_close(far_labels.cpu(), near_labels)
