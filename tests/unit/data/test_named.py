"""The sets that come with packages: ELPV's solar cells, and a few photographs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

import tlnb
from tlnb.core.errors import DataError
from tlnb.data import load_data

pytest.importorskip("elpv_dataset")


@pytest.fixture(scope="module")
def cells(cache):
    return load_data("elpv", size=32, progress=False)


def test_elpv_is_all_there(cells):
    assert tuple(cells.images.shape) == (2624, 1, 32, 32)
    assert cells.problems == ()
    assert cells.classes == ("functional", "defective")
    assert len(cells.card.sha256) == 64
    assert cells.card.licence == "CC BY-NC-SA 4.0"
    assert cells.card.bytes == sum(file.stat().st_size for file in cells.files)


def test_a_cell_is_defective_from_a_probability_of_a_half(cells):
    probability = torch.from_numpy(cells.columns["probability"])
    assert torch.equal(cells.labels, (probability >= 0.5).long())
    assert cells.labels.sum().item() == 821


def test_the_pixels_are_those_of_the_package(cells):
    from elpv_dataset.utils import load_dataset
    from PIL import Image

    pictures, probability, module = load_dataset()
    assert np.array_equal(cells.columns["probability"], probability)
    assert np.array_equal(cells.columns["module_type"], module)
    for row in (0, 1000, 2623):
        expected = np.asarray(Image.fromarray(pictures[row]).resize((32, 32), Image.Resampling.BICUBIC))
        assert np.array_equal(cells.images[row, 0].numpy(), expected)


def test_blocks_are_sixty_neighbours_of_one_module_type(cells):
    block, module = cells.columns["block"], cells.columns["module_type"]
    assert np.bincount(block).max() == 60
    assert set(np.diff(block)) == {0, 1}
    for number in range(block.max() + 1):
        assert len(set(module[block == number])) == 1
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    assert all(later - earlier == 60 or module[later] != module[later - 1] for earlier, later in pairwise(starts))


def test_blocks_are_not_parted_unless_asked(cells):
    def shared(images):
        train, test = (set(part.columns["block"].tolist()) for part in (images.train, images.test))
        return len(train & test)

    assert shared(cells) == 0
    random = cells.resplit(groups=None)
    assert shared(random) > 20
    assert torch.equal(random.resplit(groups="auto").test.indices, cells.test.indices)


@pytest.mark.parametrize("seed", range(5))
def test_parts_are_alike_in_size_and_in_defects(cells, seed):
    images = cells.resplit(seed=seed)
    assert len(images.test) / 2624 == pytest.approx(0.25, abs=0.02)
    assert len(images.valid) / 2624 == pytest.approx(0.15, abs=0.02)
    for part in (images.train, images.valid, images.test):
        assert part.labels.float().mean().item() == pytest.approx(821 / 2624, abs=0.03)


def test_the_other_task_is_the_type_of_module(cells):
    images = load_data("elpv", size=32, task="module", progress=False)
    assert images.classes == ("mono", "poly")
    assert torch.equal(images.labels, torch.from_numpy(cells.columns["module_type"] == "poly").long())
    assert torch.equal(images.images, cells.images)
    assert images.key != cells.key


def test_an_unknown_task_is_refused():
    with pytest.raises(DataError, match="unknown task 'crack' for elpv: pass defect or module"):
        load_data("elpv", task="crack")


def test_a_sheet_of_cells_names_whose_they_are(cells):
    sheet = cells.show(n=4)
    assert "CC BY-NC-SA 4.0" in sheet.get_supxlabel()
    assert "Deitsch" in str(cells.card)
    assert "CC BY-NC-SA 4.0" in str(cells.summary())


def test_without_the_package_the_command_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name in ("elpv", "photos"):
        with pytest.raises(DataError, match=r'pip install "tlnb\[data\]"'):
            load_data(name)


def test_photographs_are_one_a_class_and_all_to_look_at():
    images = tlnb.load_data("photos", size=64, progress=False)
    assert {"chelsea", "coffee"} <= set(images.classes)
    assert len(images) == len(images.train) == len(images.classes)
    assert images.images.shape[1] == 3
    assert "CC0" in images.card.attribution


def test_a_folder_called_like_a_set_is_told_apart(image_folder, monkeypatch, caplog):
    image_folder.rename(image_folder.parent / "photos")
    monkeypatch.chdir(image_folder.parent)
    assert load_data("photos", size=8, progress=False).card.name == "photos"
    assert 'write "./photos" for the folder' in caplog.text
    assert load_data("./photos", size=8, progress=False).classes == ("blue", "green", "red")
