"""Objects cut out of scenes: each image shows its object, and between domains the domain alone moves."""

from __future__ import annotations

import pytest
import torch

import tlnb
from tlnb.core.errors import DataError
from tlnb.data.emoji import read_table
from tlnb.data.scenes import Domain, cut_objects, load_scenes

FEW = {"train": 40, "valid": 20, "test": 20, "size": 96, "objects": (1, 3), "divide_by": "emoji"}


@pytest.fixture(scope="module")
def scenes():
    return load_scenes(**FEW)


@pytest.fixture(scope="module")
def images(scenes):
    return cut_objects(scenes, size=32)


def test_each_object_of_a_scene_gives_one_image_with_its_class(scenes, images):
    for name in ("train", "valid", "test"):
        part, cut = scenes.part(name), images.subset(name)
        assert (cut.labels + 1).tolist() == part.objects["label"].tolist()
        assert set(cut.columns["emoji"]) == set(read_table().names[part.objects["emoji"]])
    assert tuple(images.images.shape[1:]) == (3, 32, 32) and images.images.dtype == torch.uint8


def test_an_image_shows_its_object_in_the_middle(scenes):
    part = scenes.train
    whole = cut_objects(scenes, size=96, margin=0.0)
    row = int(part.objects["share"].argmax())
    scene = int(whole.columns["scene"][row].split()[1])
    number = row - int(part.starts[scene])
    box = part.target(scene)["boxes"][number].int().tolist()
    window = part.images[scene][:, box[1] : box[3], box[0] : box[2]].float()
    assert float((whole.images[row].float().mean((1, 2)) - window.mean((1, 2))).abs().max()) < 30


def test_in_another_domain_labels_and_windows_stay_and_pixels_do_not(images):
    night = cut_objects(load_scenes(**FEW, domain="night"), size=32)
    assert torch.equal(night.labels, images.labels)
    assert (night.columns["scene"] == images.columns["scene"]).all()
    assert night.images.float().mean() < 0.5 * images.images.float().mean()
    assert night.key != images.key


def test_by_degrees_it_grows_darker_and_the_ends_are_the_two_domains(images):
    light = []
    for degree in (0, 0.5, 1):
        moved = cut_objects(load_scenes(**FEW, domain=Domain.between("day", "night", degree)), size=32)
        light.append(float(moved.images.float().mean()))
    assert light[0] > light[1] > light[2]
    assert light[0] == pytest.approx(float(images.images.float().mean()))
    assert Domain.between("day", "night", 1) == load_scenes(**FEW, domain="night").domain


def test_no_scene_is_on_two_sides(images):
    sides = [set(images.subset(name).columns["scene"]) for name in ("train", "valid", "test")]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert images.resplit(seed=3).splits.test.tolist() == images.splits.test.tolist()


def test_equal_arguments_cut_equal_pixels_whatever_the_cache_holds(images, fresh_cache):
    again = cut_objects(load_scenes(**FEW), size=32)
    assert torch.equal(again.images, images.images) and again.key == images.key


def test_a_network_trains_on_them(images):
    model = tlnb.create_model("small_cnn", images, weights="random")
    run = tlnb.fit(model, images, tlnb.Recipe.preset("scratch", epochs=1, batch_size=32), progress=False)
    assert 0 <= run.metrics["accuracy"] <= 1


@pytest.mark.parametrize("wrong", [{"size": 8}, {"margin": -0.1}, {"margin": True}, {"size": 32.5}])
def test_what_makes_no_sense_is_refused(scenes, wrong):
    with pytest.raises(DataError):
        cut_objects(scenes, **wrong)


def test_a_class_without_an_object_is_named():
    with pytest.raises(DataError, match="load more"):
        cut_objects(load_scenes(train=2, valid=1, test=1, size=64, objects=(1, 1)))


@pytest.mark.parametrize("degree", [-0.1, 1.1, True, "half"])
def test_a_degree_is_from_0_to_1(degree):
    with pytest.raises(DataError, match="degree"):
        Domain.between("day", "night", degree)


def test_there_is_no_way_between_two_styles():
    with pytest.raises(DataError, match="same styles"):
        Domain.between("day", "ink", 0.5)
