"""scikit-learn's digits, divided by the forms they were written on."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from tlnb.core.errors import DataError
from tlnb.data import digits, load_data
from tlnb.data.catalogue import CATALOGUE, NamedSet


@pytest.fixture(scope="module", autouse=True)
def listed():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CATALOGUE, "digits", NamedSet(**digits.ENTRY))
        yield


@pytest.fixture(scope="module")
def images(cache):
    return load_data("digits", size=8, progress=False)


def test_they_are_those_of_scikit_learn(images):
    from sklearn.datasets import load_digits

    original = load_digits()
    assert np.array_equal(images.images[:, 0].numpy(), np.rint(original.images * 255 / 16))
    assert np.array_equal(images.labels.numpy(), original.target)


def test_they_are_grey_and_as_large_as_asked_for():
    images = load_data("digits", size=32, progress=False)
    assert tuple(images.images.shape) == (1797, 1, 32, 32)
    assert images.images.float().mean() == pytest.approx(78, abs=2)


def test_a_form_begins_where_its_text_begins(images):
    """The text starts with the digits in order, two or three times over, and comes nowhere else."""
    text = "".join(str(label) for label in images.labels.tolist())
    starts = np.array([found.start() for found in re.finditer("(?=012345678901234)", text)])
    first = starts[np.diff(starts, prepend=-99) > 10]
    form = images.columns["form"]
    assert np.flatnonzero(np.diff(form, prepend=-1)).tolist() == first.tolist()
    assert form.max() == 13


def test_forms_are_not_parted_unless_asked(images):
    def shared(divided):
        return set(divided.train.columns["form"].tolist()) & set(divided.test.columns["form"].tolist())

    assert not shared(images)
    assert len(shared(images.resplit(groups=None))) == 14


@pytest.mark.parametrize("seed", range(5))
def test_every_part_has_every_digit(images, seed):
    divided = images.resplit(seed=seed)
    for part, share in ((divided.test, 0.25), (divided.valid, 0.15)):
        assert min(part.per_class.values()) > 0
        assert len(part) / 1797 == pytest.approx(share, abs=0.05)


def test_a_random_division_scores_too_well(images):
    """Nearest neighbours in pixels: the same hand helps."""

    def score(divided):
        train, test = (part.images.flatten(1).float() for part in (divided.train, divided.test))
        nearest = torch.cdist(test, train).argmin(1)
        return (divided.train.labels[nearest] == divided.test.labels).float().mean().item()

    by_form, random = (
        np.mean([score(images.resplit(seed=seed, groups=groups)) for seed in range(10)]) for groups in ("form", None)
    )
    assert random > by_form + 0.005


def test_the_card_says_whose_they_are(images):
    assert "Alpaydin" in images.card.attribution
    assert images.card == CATALOGUE["digits"].card()


def test_another_file_is_refused(tmp_path, monkeypatch):
    changed = tmp_path / "digits.csv.gz"
    changed.write_bytes(b"no digits")
    monkeypatch.setattr(digits, "_file", lambda: changed)
    with pytest.raises(DataError, match="force-reinstall --no-deps scikit-learn"):
        load_data("digits", size=8)
    with pytest.raises(DataError, match="not the file that scikit-learn was published with"):
        digits.digits_card(None, 9, "0" * 64)
