"""Augmentation in a script: no tlnb in it, and the same pixels."""

from __future__ import annotations

import pytest
import torch

from tlnb.core.errors import RecipeError
from tlnb.data.augmentation import AUGMENTATIONS, Augmenter, augmentation_source

ROWS = [12, 3, 44, 5, 60, 1, 9]
LISTS = {
    "the usual": [("random_resized_crop", 0.3), ("flip", 0.5), ("rotation", 0.2), ("colour_jitter", 0.5)],
    "everything": [(name, 0.6) for name in AUGMENTATIONS],
    "mixing alone": [("cutmix", 1.0), ("mixup", 0.3)],
    "nothing at work": [("flip", 0)],
    "nothing": [],
}


def script_of(steps, classes=7):
    source = augmentation_source(steps, size=64, classes=classes)
    names: dict = {}
    exec("\n".join([*source.imports, source.code]), names)
    return names["augment"]


@pytest.mark.parametrize(
    "steps", [*LISTS.values(), *([(name, 1.0)] for name in AUGMENTATIONS)], ids=[*LISTS, *AUGMENTATIONS]
)
def test_the_script_gives_the_same_pixels_and_labels(steps, photographs):
    labels = torch.arange(7)
    expected, expected_labels = Augmenter(steps, 64, classes=7)(photographs, labels, seed=3, epoch=2, rows=ROWS)
    before = torch.get_rng_state()
    images, found_labels = script_of(steps)(photographs, labels, 3, 2, ROWS)
    assert torch.equal(images, expected)
    assert torch.equal(found_labels, expected_labels)
    assert torch.equal(before, torch.get_rng_state())


def test_a_script_of_every_step_needs_torch_and_torchvision_alone_and_what_comes_with_them():
    source = augmentation_source(LISTS["everything"], size=64, classes=7)
    assert "tlnb" not in source.code
    modules = {line.split()[1].partition(".")[0] for line in source.imports}
    assert modules == {"io", "math", "PIL", "collections", "functools", "zlib", "torch", "torchvision"}


def test_only_what_is_used_is_imported_and_quoted():
    source = augmentation_source([("flip", 0.5), ("blur", 0)], size=64)
    assert "def gaussian_blur" not in source.code
    assert not {"import math", "import io", "from functools import partial"} & set(source.imports)
    assert len(source.code.splitlines()) < 30


def test_the_source_is_written_line_by_line():
    code = augmentation_source(
        [("random_resized_crop", 0.5), ("rotation", 0.2), ("trivial_augment", 0.5)], size=96
    ).code
    assert '    "random_resized_crop": v2.RandomResizedCrop(size=96, scale=(0.54, 1.0), ratio=(0.866, 1.1547)),' in code
    assert '    "rotation": v2.RandomRotation(degrees=9.0, interpolation=v2.InterpolationMode.BILINEAR),' in code
    assert '    "trivial_augment": v2.RandomApply(transforms=[v2.TrivialAugmentWide()], p=0.5),' in code
    assert "\n\n\n\n" not in code and not code.startswith("\n") and code.endswith("labels\n")


def test_mixing_without_a_number_of_classes_is_refused():
    with pytest.raises(RecipeError, match="'cutmix' mixes labels: give classes"):
        augmentation_source([("cutmix", 0.5)], size=64)
