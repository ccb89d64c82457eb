"""How far layer groups moved, against what was done to them."""

import copy

import pytest
import torch

import tlnb
from tlnb.core.errors import ModelError
from tlnb.training import Recipe, layer_movement


def test_what_is_frozen_has_not_moved_and_what_trained_has(model, images):
    run = tlnb.fit(model, images, Recipe.preset("last_stage", epochs=1), progress=False)
    moved = layer_movement(model, run.model).distances
    *frozen, last = moved
    assert all(moved[name] == 0 for name in frozen) and 0 < moved[last] < 1
    assert "head" not in moved


def test_the_distance_is_relative_to_the_length_of_the_whole_group(model):
    after = copy.deepcopy(model)
    names = tlnb.layer_groups(model)[1].parameters
    with torch.no_grad():
        for name in names:
            after.get_parameter(name).mul_(1.25)
        after.conv1[0].weight[0, 0, 0, 0] += 1.0
    moved = layer_movement(model, after).distances
    stem = torch.cat([model.get_parameter(name).flatten() for name in tlnb.layer_groups(model)[0].parameters])
    assert moved["stage1"] == pytest.approx(0.25)
    assert moved["stem"] == pytest.approx(1 / float(stem.detach().norm()), rel=1e-4)


def test_running_statistics_and_the_head_do_not_count(model):
    after = copy.deepcopy(model)
    after.bn1.running_mean.add_(1.0)
    after.fc.weight.data.add_(1.0)
    assert set(layer_movement(model, after).distances.values()) == {0.0}


def test_heads_for_other_classes_and_other_dtypes_compare(model):
    other = tlnb.create_model("resnet10t", 7, weights="random").double()
    assert set(layer_movement(model, other).distances.values()) == {0.0}


def test_other_architectures_are_refused(model):
    with pytest.raises(ModelError, match=r"Only the model (before|after) has the parameter"):
        layer_movement(model, tlnb.create_model("resnet18", 2, weights="random"))
    wider = copy.deepcopy(model)
    wider.conv1[0].weight = torch.nn.Parameter(torch.zeros(24, 3, 3, 5))
    with pytest.raises(ModelError, match=r"\(24, 3, 3, 3\) before and \(24, 3, 3, 5\) after"):
        layer_movement(model, wider)


def test_it_shows_itself_as_a_table_and_as_a_figure(model):
    movement = layer_movement(model, model)
    assert repr(movement).splitlines()[0].split() == ["group", "moved"] and "0.000%" in repr(movement)
    assert movement.plot().png().startswith(b"\x89PNG")
