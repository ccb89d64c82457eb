"""What can be asked of image data, and that nothing changes it."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest
import torch
from safetensors import safe_open

from tlnb.core.errors import DataError
from tlnb.data import ImageData


def make(counts=(60, 40), channels=1, side=8, **options) -> ImageData:
    labels = np.repeat(np.arange(len(counts)), counts)
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (len(labels), channels, side, side), dtype=torch.uint8, generator=generator)
    names = tuple(f"class {n}" for n in range(len(counts)))
    return ImageData.from_tensors(pixels, labels, names, **options)


def test_it_holds_what_it_was_given():
    images = make()
    assert len(images) == 100
    assert (images.images.dtype, tuple(images.images.shape)) == (torch.uint8, (100, 1, 8, 8))
    assert (images.labels.dtype, images.size, images.problems, images.files) == (torch.int64, 8, (), ())
    assert repr(images) == "ImageData(tensors: 100 images of 1 x 8 x 8, 2 classes, 60 train, 15 valid, 25 test)"


def test_a_part_has_the_rows_of_the_whole():
    images = make(columns={"row": np.arange(100)})
    part = images.valid
    assert torch.equal(part.images, images.images[part.indices])
    assert torch.equal(part.labels, images.labels[part.indices])
    assert part.columns["row"].tolist() == part.indices.tolist()
    assert part.per_class == {"class 0": 9, "class 1": 6}
    assert repr(part) == "Subset(15 images: 9 class 0, 6 class 1)"


def test_it_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make().size = 9


def test_groups_may_be_a_column_or_values():
    scene = np.tile(np.arange(20), 5)
    for images in (make(groups=scene), make(groups="scene", columns={"scene": scene})):
        homes = [set(scene[part.indices]) for part in (images.train, images.valid, images.test)]
        assert not (homes[0] & homes[1] or homes[0] & homes[2] or homes[1] & homes[2])


def test_another_split_shares_the_pixels_and_can_be_taken_back():
    images = make(groups="scene", columns={"scene": np.tile(np.arange(20), 5)})
    other = images.resplit(seed=1)
    assert other.images is images.images or other.images.data_ptr() == images.images.data_ptr()
    assert not torch.equal(other.test.indices, images.test.indices)
    assert torch.equal(other.resplit(seed=0).test.indices, images.test.indices)
    assert len(images.resplit(groups=None, test=0.4, valid=0.1).test) == 40
    assert other.key == images.key


def test_resplit_names_what_it_does_not_know():
    with pytest.raises(DataError, match=r"not 'sed'\. Did you mean .seed"):
        make().resplit(sed=1)
    with pytest.raises(DataError, match="groups='patient' is no column"):
        make().resplit(groups="patient")
    with pytest.raises(DataError, match="3 groups for 100 images"):
        make().resplit(groups=[1, 2, 3])


def test_few_keeps_so_many_of_each_class_and_leaves_validation_and_test():
    images = make()
    few = images.few(5, seed=3)
    assert few.train.per_class == {"class 0": 5, "class 1": 5}
    assert set(few.train.indices.tolist()) <= set(images.train.indices.tolist())
    assert torch.equal(few.valid.indices, images.valid.indices)
    assert torch.equal(few.test.indices, images.test.indices)
    assert len(images.train) == 60


def test_fewer_are_a_part_of_more_and_seeds_differ():
    images = make()
    five, ten = (set(images.few(n, seed=3).train.indices.tolist()) for n in (5, 10))
    assert five < ten
    assert five != set(images.few(5, seed=4).train.indices.tolist())


@pytest.mark.parametrize("per_class", [0, 25])
def test_few_says_how_many_there_are(per_class):
    with pytest.raises(DataError, match="smallest class has 24 training images: pass 1 to 24"):
        make().few(per_class)


def test_class_weights_balance_the_training_images():
    images = make((90, 10))
    weights = images.class_weights()
    counts = torch.bincount(images.train.labels)
    assert weights.dtype == torch.float32
    assert weights.mean().item() == pytest.approx(1)
    assert (weights * counts)[0].item() == pytest.approx((weights * counts)[1].item())


def test_the_summary_counts_and_shows_itself_twice():
    summary = make().summary()
    assert summary.counts == {"class 0": (36, 9, 15), "class 1": (24, 6, 10)}
    assert str(summary).splitlines()[1:5] == [
        "class    train  valid  test  all",
        "class 0     36      9    15   60",
        "class 1     24      6    10   40",
        "all         60     15    25  100",
    ]
    assert re.search(r"<td[^>]*>36</td>", summary._repr_html_())


def test_names_of_classes_are_text_never_html():
    images = ImageData.from_tensors(torch.zeros(20, 1, 4, 4, dtype=torch.uint8), [0, 1] * 10, ("<b>", "a&b"))
    shown = images.summary()._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown


def test_a_sheet_shows_each_class_and_is_a_picture():
    images = make((50, 40, 10), channels=3)
    sheet = images.show(n=6, split="valid")
    titles = [axes.get_title() for axes in sheet.axes if axes.get_title()]
    assert titles == ["class 0"] * 2 + ["class 1"] * 2 + ["class 2"] * 2
    assert sheet.png().startswith(b"\x89PNG")


def test_a_sheet_of_nothing_or_of_an_unknown_part_is_refused():
    with pytest.raises(DataError, match="no images in this part"):
        make(test=0).show(split="test")
    with pytest.raises(DataError, match=r"no split 'vald'.*Did you mean .valid"):
        make().show(split="vald")


def test_other_sizes_are_resized_from_the_tensors():
    ramp = torch.arange(16, dtype=torch.uint8).mul(16).view(1, 1, 1, 16).expand(20, 3, 16, 16)
    images = ImageData.from_tensors(ramp, [0, 1] * 10, ("a", "b"))
    half = images.pixels(8, 4)
    assert tuple(half.shape) == (20, 3, 4, 4)
    assert half[0, 0, 0].tolist() == pytest.approx([72, 104, 136, 168], abs=2)
    assert images.pixels(16, 16) is images.images


def test_what_is_saved_is_what_a_script_needs(tmp_path):
    images = make(channels=3)
    path = images.save(tmp_path / "data.safetensors", resize=10, crop=9, interpolation="bilinear")
    pixels = images.pixels(10, 9, "bilinear")
    with safe_open(path, "pt") as file:
        assert sorted(file.keys()) == [
            f"{part}_{kind}" for part in ("test", "train", "valid") for kind in ("images", "labels")
        ]
        for part in ("train", "valid", "test"):
            rows = getattr(images, part).indices
            assert torch.equal(file.get_tensor(f"{part}_images"), pixels[rows])
            assert torch.equal(file.get_tensor(f"{part}_labels"), images.labels[rows])
        assert json.loads(file.metadata()["classes"]) == list(images.classes)
    assert [file.name for file in tmp_path.iterdir()] == ["data.safetensors"]


def test_writing_into_ones_own_tensors_afterwards_changes_nothing():
    pixels, labels = torch.zeros(20, 1, 4, 4, dtype=torch.uint8), torch.tensor([0, 1] * 10)
    images = ImageData.from_tensors(pixels, labels, ("a", "b"))
    pixels += 1
    labels[:] = 0
    assert images.images.sum() == 0
    assert images.labels.sum() == 10


def test_the_key_follows_pixels_and_labels():
    pixels, labels = torch.zeros(20, 1, 4, 4, dtype=torch.uint8), [0, 1] * 10
    key = ImageData.from_tensors(pixels, labels, ("a", "b")).key
    assert ImageData.from_tensors(pixels.clone(), labels, ("a", "b"), seed=5).key == key
    changed = pixels.clone()
    changed[7, 0, 0, 0] = 1
    assert ImageData.from_tensors(changed, labels, ("a", "b")).key != key
    assert ImageData.from_tensors(pixels, labels[::-1], ("a", "b")).key != key


@pytest.mark.parametrize(
    ("pixels", "labels", "message"),
    [
        (torch.zeros(4, 3, 8, 8), [0, 1, 0, 1], "float32"),
        (torch.zeros(4, 8, 8, 3, dtype=torch.uint8), [0, 1, 0, 1], r"\(4, 8, 8, 3\): pass uint8"),
        (torch.zeros(4, 3, 8, 9, dtype=torch.uint8), [0, 1, 0, 1], r"\(4, 3, 8, 9\)"),
        (torch.zeros(4, 3, 8, 8, dtype=torch.uint8), [0, 1, 0], "pass 4 integers"),
        (torch.zeros(4, 3, 8, 8, dtype=torch.uint8), [0.0, 1.0, 0.0, 1.0], "float32"),
        (torch.zeros(4, 3, 8, 8, dtype=torch.uint8), [0, 1, 2, 1], "labels go from 0 to 2, for 2 classes"),
    ],
)
def test_tensors_that_are_no_images_are_refused(pixels, labels, message):
    with pytest.raises(DataError, match=message):
        ImageData.from_tensors(pixels, labels, ("a", "b"))


def test_a_column_of_another_length_is_refused():
    with pytest.raises(DataError, match="column 'row' has 3 values for 100 images"):
        make(columns={"row": [1, 2, 3]})
