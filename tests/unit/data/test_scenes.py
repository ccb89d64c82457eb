"""Scenes: every pixel's truth is known, parts share nothing, and equal seeds paint equal scenes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tlnb.core.errors import DataError
from tlnb.core.used import snapshot, used_since
from tlnb.data import backgrounds
from tlnb.data.emoji import STYLES, read_table
from tlnb.data.scenes import DOMAINS, Domain, load_scenes, making
from tlnb.data.scenes.division import Supply, divide
from tlnb.data.scenes.painting import LARGEST, LEAST_SEEN, SMALLEST, Materials, paint

PARTS = ("train", "valid", "test")
FEW = {"train": 24, "valid": 6, "test": 12, "size": 96}


@pytest.fixture(scope="module")
def scenes():
    return load_scenes(**FEW, objects=(1, 8))


@pytest.fixture(scope="module")
def things(scenes):
    """All targets with the number map of their scene."""
    return [(scenes.part(part).numbers[row], scenes.part(part).target(row)) for part in PARTS for row in range(6)]


def of(part, column):
    return set(part.objects[column].tolist())


def test_shapes_and_types_are_those_of_torchvisions_detection(scenes):
    image, target = scenes.train[3]
    count = len(target["labels"])
    assert image.shape == (3, 96, 96) and image.dtype == torch.uint8
    assert target["boxes"].shape == (count, 4) and target["boxes"].dtype == torch.float32
    assert target["labels"].dtype == torch.int64 and target["labels"].min() >= 1
    assert target["masks"].shape == (count, 96, 96) and target["masks"].dtype == torch.uint8
    assert target["image_id"] == 3 and not target["iscrowd"].any()


def test_boxes_are_tight_around_what_is_seen(things):
    for _, target in things:
        for (left, top, right, bottom), mask in zip(target["boxes"].int().tolist(), target["masks"], strict=True):
            rows, columns = torch.nonzero(mask, as_tuple=True)
            assert [left, top] == [columns.min(), rows.min()]
            assert [right, bottom] == [columns.max() + 1, rows.max() + 1]


def test_no_pixel_shows_two_objects_and_every_shown_object_is_described(things):
    for numbers, target in things:
        assert torch.equal(target["masks"].sum(0), (numbers > 0).long())
        assert len(target["labels"]) == numbers.max()
        assert target["area"].tolist() == [int((numbers == n + 1).sum()) for n in range(len(target["labels"]))]


def test_a_third_of_every_object_can_be_seen(scenes):
    for part in PARTS:
        share = scenes.part(part).objects["share"]
        assert share.min() >= LEAST_SEEN and share.max() <= 1
    assert (scenes.train.objects["share"] < 0.95).any(), "nothing is hidden, so nothing was tested"


def test_the_label_map_says_what_the_targets_say(scenes):
    labels = scenes.train.masks
    assert labels.shape == (24, 96, 96) and labels.dtype == torch.uint8
    for row, target in enumerate(scenes.train.targets):
        expected = (target["masks"].long() * target["labels"][:, None, None]).sum(0)
        assert torch.equal(labels[row].long(), expected)


def test_a_mask_is_where_the_drawing_covers_at_least_half_of_a_pixel():
    black, white = Image.new("RGB", (80, 60)), np.full((1, 4, 64, 64), 255, np.uint8)
    white[..., :8] = 0  # a border without ink
    materials = Materials([black], {"square": white}, Supply((np.array([0]),), ("square",)))
    for number in range(20):
        painted = paint(materials, 96, (1, 1), DOMAINS["day"], (0, 0, number))
        bright, shown = painted.image.max(0), painted.numbers > 0
        assert shown.any() and bright[shown].min() > 60 and bright[~shown].max() < 0.6 * bright.max()


def test_scale_and_turn_vary_within_their_bounds():
    black, white = Image.new("RGB", (80, 60)), np.full((1, 4, 64, 64), 255, np.uint8)
    materials = Materials([black], {"square": white}, Supply((np.array([0]),), ("square",)))
    sides = np.array(
        [np.sqrt(paint(materials, 200, (1, 1), DOMAINS["day"], (0, 0, number)).objects[0][3]) for number in range(60)]
    )
    assert 0.95 * 200 * SMALLEST < sides.min() < 1.3 * 200 * SMALLEST
    assert 0.8 * 200 * LARGEST < sides.max() < 1.05 * 200 * LARGEST


def test_parts_share_no_photograph_and_no_drawing_family(scenes):
    families = {part: {STYLES[name].family for name in of(scenes.part(part), "style")} for part in PARTS}
    assert families == {"train": {"noto"}, "valid": {"twemoji"}, "test": {"fluent"}}
    for part in PARTS:
        assert set(scenes.part(part).photographs) <= set(backgrounds.OF_PART[part])


def test_divided_by_emoji_no_part_shows_what_another_shows():
    scenes = load_scenes(**FEW, divide_by="emoji", classes=["food-fruit", "animal-bird"], domain=Domain("twemoji"))
    shown = [of(scenes.part(part), "emoji") for part in PARTS]
    assert all(shown) and not (shown[0] & shown[1] or shown[0] & shown[2] or shown[1] & shown[2])
    assert of(scenes.test, "style") == of(scenes.train, "style") == {"twemoji"}


@given(st.lists(st.integers(3, 40), min_size=1, max_size=5), st.integers(0, 9), st.sampled_from([1, 2, 3]))
def test_each_emoji_goes_to_one_part_and_each_part_gets_one(sizes, seed, parts):
    ends = np.cumsum([0, *sizes])
    emoji = [np.arange(start, end) for start, end in pairwise(ends)]
    names = [str(number) for number in range(len(sizes))]
    shared = divide(emoji, names, ("noto",), "emoji", seed, PARTS[:parts])
    for number, rows in enumerate(emoji):
        given_out = np.concatenate([supply.emoji[number] for supply in shared.values()])
        assert sorted(given_out.tolist()) == rows.tolist()
        assert all(len(supply.emoji[number]) for supply in shared.values())


def test_labels_are_of_the_class_that_the_emoji_is_in(scenes):
    table = read_table()
    for label, row in zip(scenes.train.objects["label"], scenes.train.objects["emoji"], strict=True):
        assert table.subcategories[row] == scenes.classes[label - 1]


def test_groups_and_single_emoji_are_classes_too():
    scenes = load_scenes(train=10, valid=0, test=2, size=64, classes=["Food & Drink", "dog"])
    table = read_table()
    shown = [
        (table.groups[row] if label == 1 else table.names[row])
        for label, row in zip(scenes.train.objects["label"], scenes.train.objects["emoji"], strict=True)
    ]
    assert set(shown) == {"Food & Drink", "dog"}


def test_equal_seeds_paint_equal_scenes_whatever_the_cache_holds(scenes, fresh_cache):
    again = load_scenes(**FEW, objects=(1, 8))
    for part in PARTS:
        assert torch.equal(scenes.part(part).images, again.part(part).images)
        assert torch.equal(scenes.part(part).numbers, again.part(part).numbers)
    assert not torch.equal(again.train.images, load_scenes(**FEW, objects=(1, 8), seed=1).train.images)


def test_more_scenes_begin_with_the_fewer(scenes):
    more = load_scenes(**(FEW | {"train": 30}), objects=(1, 8))
    assert torch.equal(more.train.images[:24], scenes.train.images)
    assert torch.equal(more.test.images, scenes.test.images)


def test_a_second_load_paints_nothing(scenes, monkeypatch):
    monkeypatch.setattr(making, "paint", None)
    assert len(load_scenes(**FEW, objects=(1, 8))) == len(scenes)


def test_night_shows_the_same_things_in_less_light(scenes):
    night = load_scenes(**FEW, objects=(1, 8), domain="night")
    assert torch.equal(night.train.numbers, scenes.train.numbers)
    ratio = night.train.images.float().mean((0, 2, 3)) / scenes.train.images.float().mean((0, 2, 3))
    assert (ratio < 0.4).all() and ratio[2] > ratio[0]


def test_noise_grows_with_its_strength():
    few = {"train": 4, "valid": 0, "test": 0, "size": 96}
    clean = load_scenes(**few).train.images.float()
    deviations = [
        float((load_scenes(**few, domain=Domain(noise=noise)).train.images - clean).std()) for noise in (0.2, 0.5, 1.0)
    ]
    assert 2 < deviations[0] < deviations[1] < deviations[2] < 40


def test_a_torchvision_detector_trains_on_them(scenes):
    from torchvision.models.detection import ssdlite320_mobilenet_v3_large

    model = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=1 + len(scenes.classes))
    images, targets = zip(*(scenes.train[row] for row in range(4)), strict=True)
    losses = model([image / 255 for image in images], list(targets))
    assert all(loss.isfinite() for loss in losses.values())


def test_a_scene_can_be_had_from_the_end_and_none_beyond_it(scenes):
    assert scenes.test[-1][1]["image_id"] == 11
    with pytest.raises(IndexError):
        scenes.test[12]


def test_the_card_says_synthetic_and_whose_drawings_and_photographs_these_are(scenes):
    assert "Synthetic" in scenes.card.title
    for owner in ("Noto", "Twemoji", "Fluent", "NASA", "vultilion", "danielbuechele"):
        assert owner in scenes.card.attribution
    assert "OpenMoji" in load_scenes(train=1, valid=0, test=1, size=32, domain="ink").card.attribution


def test_parts_that_are_not_wanted_are_empty():
    scenes = load_scenes(train=3, valid=0, test=0, size=32)
    assert (len(scenes.valid), len(scenes.test)) == (0, 0) and scenes.valid.masks.shape == (0, 32, 32)
    with pytest.raises(DataError, match="no scenes in this part"):
        scenes.show(split="valid")


def test_show_draws_each_scene_beside_itself(scenes):
    figure = scenes.show(3)
    assert len(figure.axes) == 8 and figure.png().startswith(b"\x89PNG")


def test_what_was_used_is_noted():
    before = snapshot()
    load_scenes(train=1, valid=0, test=0, size=32)
    assert used_since(before)["data"] == ["scenes"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"train": 0}, "train=0"),
        ({"test": -1}, "test=-1"),
        ({"size": 16}, "size=16"),
        ({"size": 96.0}, "size=96.0"),
        ({"seed": True}, "seed=True"),
        ({"objects": 3}, "the fewest and the most"),
        ({"objects": (3, 2)}, "in this order"),
        ({"objects": (1, 40)}, "from 1 to 12"),
        ({"classes": []}, "one or more different"),
        ({"classes": ["food-frut"]}, "food-fruit"),
        ({"classes": ["food-fruit", "Food & Drink"]}, "in two classes"),
        ({"domain": "nught"}, "night"),
        ({"divide_by": "families"}, "family"),
        ({"domain": Domain("noto")}, "divide_by='emoji'"),
        ({"classes": ["dog"], "divide_by": "emoji"}, "too few"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong, said):
    with pytest.raises(DataError, match=said):
        load_scenes(**(FEW | wrong))


@pytest.mark.parametrize("wrong", [{"lighting": 1.2}, {"noise": -0.1}, {"noise": float("nan")}, {"styles": "notto"}])
def test_a_domain_says_what_is_wrong_with_it(wrong):
    with pytest.raises(DataError):
        Domain(**wrong)
