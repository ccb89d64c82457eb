"""Some of a set's images, by what its columns say."""

import numpy as np
import pytest
import torch

import tlnb
from tlnb.core.errors import DataError
from tlnb.data import only


def lamps(**options):
    """Make forty images of two lamps, in groups of four, each with a grey of its own."""
    pixels = torch.arange(40, dtype=torch.uint8)[:, None, None, None].expand(40, 1, 8, 8).contiguous()
    columns = {"lamp": np.array(["old", "new"])[np.arange(40) // 20], "strip": np.arange(40) // 4}
    return tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"], columns=columns, **options)


def test_each_image_keeps_its_pixels_label_columns_and_part():
    whole = lamps(seed=3)
    old = only(whole, lamp="old")
    assert len(old) == 20
    assert old.images[:, 0, 0, 0].tolist() == list(range(20))
    assert torch.equal(old.labels, whole.labels[:20])
    assert set(old.columns["lamp"].tolist()) == {"old"}
    for part in ("train", "valid", "test"):
        there = getattr(whole.splits, part)
        assert np.array_equal(getattr(old.splits, part), there[there < 20])


def test_parts_of_later_images_are_told_by_their_new_rows():
    whole = lamps(seed=1)
    new = only(whole, lamp="new")
    kept = whole.test.images[whole.test.columns["lamp"] == "new"]
    assert torch.equal(new.test.images, kept)


def test_several_values_and_several_columns_can_be_asked_for():
    assert len(only(lamps(), lamp=["old", "new"])) == 40
    assert len(only(lamps(test=0, valid=0), lamp="old", strip=[0, 1, 7])) == 8


def test_what_is_kept_can_be_divided_anew_without_parting_its_groups():
    old = only(lamps(groups="strip"), lamp="old").resplit(seed=5)
    assert sorted(np.concatenate([old.splits.train, old.splits.valid, old.splits.test]).tolist()) == list(range(20))
    strips = [set(part.columns["strip"].tolist()) for part in (old.train, old.valid, old.test)]
    assert not strips[0] & strips[1] and not strips[0] & strips[2] and not strips[1] & strips[2]


def test_groups_that_were_given_by_value_go_along():
    values = [place // 4 for place in range(40)]
    new = only(lamps(groups=values), lamp="new").resplit(seed=2)
    assert not set(new.train.columns["strip"].tolist()) & set(new.test.columns["strip"].tolist())


def test_a_division_that_the_set_came_with_goes_along():
    whole = tlnb.load_data("emoji", styles=["noto", "twemoji", "openmoji"], task="object", size=16, progress=False)
    noto = only(whole, style="noto")
    again = noto.resplit(seed=1)
    assert len(again.train) == len(noto.train) == len(noto)


def test_two_domains_of_one_set_have_other_keys_so_that_nothing_stored_is_mistaken():
    whole = lamps()
    keys = {whole.key, only(whole, lamp="old").key, only(whole, lamp="new").key}
    assert len(keys) == 3
    assert only(whole, lamp="old").key == only(whole, lamp="old").key


def test_other_sizes_are_those_of_the_whole():
    whole = lamps()
    assert torch.equal(only(whole, lamp="new").pixels(4, 4), whole.pixels(4, 4)[20:])


def test_a_part_of_a_part_is_right():
    twice = only(only(lamps(test=0, valid=0), lamp="new"), strip=[6, 8])
    assert twice.images[:, 0, 0, 0].tolist() == [24, 25, 26, 27, 32, 33, 34, 35]


def test_a_training_takes_it():
    images = only(lamps(), lamp="old")
    model = tlnb.create_model("resnet10t", images, weights="random")
    run = tlnb.fit(model, images, tlnb.Recipe(epochs=1), progress=False)
    assert len(run.outputs.labels) == len(images.test)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"lamps": "old"}, 'Did you mean "lamp"'),
        ({"lamp": "oldd"}, 'Did you mean "old"'),
        ({"strip": 99}, "there is 0, 1, 2"),
        ({"lamp": "old", "strip": 9}, "leaves none of the"),
    ],
)
def test_what_is_not_there_is_told(columns, said):
    with pytest.raises(DataError, match=said):
        only(lamps(), **columns)


def test_the_cells_of_one_kind_are_divided_by_their_blocks():
    pytest.importorskip("elpv_dataset")
    mono = only(tlnb.load_data("elpv", size=16, progress=False), module_type="mono").resplit(seed=4)
    assert len(mono) == 1074
    assert not set(mono.train.columns["block"].tolist()) & set(mono.test.columns["block"].tolist())
