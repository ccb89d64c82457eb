"""The microscopy image in tiles: each pixel in one part, boxes around masks, pieces where tiles cut."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tlnb.core.errors import DataError
from tlnb.data.nuclei import load_nuclei, tiles

PARTS = ("train", "valid", "test")


@pytest.fixture(scope="module")
def whole():
    """Read the image, and the number of the nucleus at each pixel: (512, 512) each."""
    return [np.asarray(Image.open(tiles.FOLDER / name)) for name in ("image.png", "nuclei.png")]


@pytest.fixture(scope="module", params=[128, 64, 32])
def nuclei(request):
    return load_nuclei(tile=request.param)


def joined(pictures):
    """Lay square tiles side by side again. (N, t, t) -> (512, 512)."""
    across = 512 // pictures.shape[-1]
    return np.block(
        [[np.asarray(pictures[row * across + column]) for column in range(across)] for row in range(across)]
    )


def test_there_are_125_nuclei_in_the_image(whole):
    _, numbers = whole
    assert len(np.unique(numbers)) == 126
    assert 0.15 < (numbers > 0).mean() < 0.25


def test_the_files_are_those_of_stardist(whole):
    spec = importlib.util.find_spec("stardist")
    if spec is None or spec.origin is None:
        pytest.skip("stardist is not installed")
    folder = Path(spec.origin).parent / "data" / "images"
    for picture, name in zip(whole, ("img2d.tif", "mask2d.tif"), strict=True):
        assert np.array_equal(picture, np.asarray(Image.open(folder / name)))


def test_the_tiles_are_the_image(nuclei, whole):
    image, numbers = whole
    for channel in range(3):
        assert np.array_equal(joined(nuclei.images[:, channel]), image)
    assert np.array_equal(joined(nuclei.masks), numbers > 0)


def test_nuclei_are_brighter_than_what_is_around_them(nuclei):
    inside = nuclei.masks.bool()
    assert nuclei.images[:, 0][inside].float().mean() > 2 * nuclei.images[:, 0][~inside].float().mean()


def test_masks_are_the_nuclei_that_the_image_has_there(nuclei, whole):
    _, numbers = whole
    for place, target in enumerate(nuclei.targets):
        across = 512 // nuclei.masks.shape[-1]
        row, column = divmod(place, across)
        side = nuclei.masks.shape[-1]
        piece = numbers[row * side : (row + 1) * side, column * side : (column + 1) * side]
        for number, mask, share in zip(target["nucleus"], target["masks"], target["share"], strict=True):
            assert np.array_equal(mask.bool().numpy(), piece == number.item())
            assert share.item() == pytest.approx((piece == number.item()).sum() / (numbers == number.item()).sum())


def test_each_nucleus_is_an_object_and_small_pieces_are_in_the_mask_alone(nuclei):
    objects = torch.cat([target["nucleus"] for target in nuclei.targets])
    assert len(objects.unique()) == 125
    for target, mask in zip(nuclei.targets, nuclei.masks, strict=True):
        together = target["masks"].sum(0) if len(target["masks"]) else torch.zeros_like(mask)
        assert together.max() <= 1
        assert (together <= mask).all()
        assert (target["area"] >= 20).all()


def test_boxes_hold_their_masks_and_no_more(nuclei):
    from torchvision.ops import masks_to_boxes

    for target in nuclei.targets:
        assert target["boxes"].shape == (len(target["labels"]), 4)
        if len(target["boxes"]):
            last_pixels = masks_to_boxes(target["masks"])
            expected = last_pixels + torch.tensor([0.0, 0.0, 1.0, 1.0])
            assert torch.equal(target["boxes"], expected)
            assert (target["boxes"][:, 2:] > target["boxes"][:, :2]).all()


def test_types_are_those_that_torchvision_takes(nuclei):
    image, target = nuclei.train[0]
    assert (image.dtype, nuclei.masks.dtype) == (torch.uint8, torch.uint8)
    types = {name: value.dtype for name, value in target.items()}
    assert types["boxes"] is torch.float32 and types["area"] is torch.float32
    assert types["masks"] is torch.uint8
    assert types["labels"] is types["iscrowd"] is types["image_id"] is torch.int64


@pytest.mark.slow
def test_a_detection_model_of_torchvision_takes_it():
    from torchvision.models.detection import maskrcnn_resnet50_fpn

    part = load_nuclei().train
    torch.manual_seed(0)
    model = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=2, min_size=128, max_size=128)
    images, targets = zip(*(part[place] for place in range(2)), strict=True)
    losses = model([image / 255 for image in images], list(targets))
    assert {"loss_mask", "loss_box_reg"} <= set(losses)
    assert all(torch.isfinite(loss) for loss in losses.values())


@pytest.mark.parametrize("fold", range(4))
def test_every_tile_is_in_one_part_and_every_band_is_tested_once(fold):
    nuclei = load_nuclei(fold=fold)
    assert sorted(np.concatenate([nuclei.part(name).indices for name in PARTS]).tolist()) == list(range(16))
    bands = {name: set(nuclei.columns["band"][nuclei.part(name).indices].tolist()) for name in PARTS}
    assert bands["test"] == {fold}
    assert [len(bands[name]) for name in PARTS] == [2, 1, 1]


@pytest.mark.parametrize("fold", range(4))
def test_few_nuclei_are_both_learnt_from_and_tested_on(fold):
    nuclei = load_nuclei(fold=fold)
    train, test = (
        set(torch.cat([target["nucleus"] for target in part.targets]).tolist()) for part in (nuclei.train, nuclei.test)
    )
    assert len(train & test) <= 5
    assert len(test) > 30


def test_the_card_says_that_one_image_proves_little(nuclei):
    assert "One image proves little" in nuclei.card.notes
    assert "Caicedo" in nuclei.card.attribution
    assert "Uwe Schmidt, Martin Weigert" in (tiles.FOLDER / "NOTICE.md").read_text(encoding="utf-8")


def test_it_shows_tiles_beside_their_objects():
    nuclei = load_nuclei()
    drawn = nuclei.show(n=3, split="test")
    shown = [axes for axes in drawn.axes if axes.images]
    assert len(shown) == 6
    marks = [len(axes.lines) for axes in shown]
    objects = [len(target["labels"]) for target in nuclei.test.targets]
    assert marks[::2] == [0, 0, 0] and all(count in objects for count in marks[1::2])
    assert "BSD-3-Clause" in drawn.get_supxlabel()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"tile": 100}, "tile=100: pass 128, 64 or 32"), ({"fold": 4}, "fold=4: pass 0, 1, 2 or 3")],
)
def test_tiles_and_folds_that_do_not_fit_are_refused(wrong, told):
    with pytest.raises(DataError, match=told):
        load_nuclei(**wrong)


def test_changed_and_missing_files_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(tiles, "FOLDER", tmp_path)
    with pytest.raises(DataError, match=r"cannot be read .*install tlnb again"):
        load_nuclei()
    (tmp_path / "image.png").write_bytes(b"another image")
    with pytest.raises(DataError, match="not the file that tlnb came with"):
        load_nuclei()
