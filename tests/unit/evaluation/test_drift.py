from __future__ import annotations

import copy

import pytest
import torch

import tlnb
from tlnb.core.errors import ModelError
from tlnb.evaluation import feature_drift

PIXELS = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model():
    return tlnb.create_model("resnet10t", 2, weights="random")


def test_only_what_comes_after_a_change_drifts(model):
    after = copy.deepcopy(model)
    after.layer3[0].bn2.weight.data += 1  # drawn as zero, so that the block begins as nothing
    groups = [group.name for group in tlnb.layer_groups(model)[:-1]]
    drift = feature_drift(model, after, PIXELS, groups)
    changed = [name for name, distance in drift.items() if distance > 0]
    assert changed and changed == groups[-len(changed) :] and len(changed) < len(groups)


def test_statistics_that_move_are_drift_without_any_weight_changing(model):
    after = copy.deepcopy(model).train()
    with torch.no_grad():
        after(torch.randn(8, 3, 32, 32) + 3)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), after.parameters(), strict=True))
    assert feature_drift(model, after, PIXELS, ["stage1"])["stage1"] > 0.01


def test_models_of_two_shapes_have_no_drift_between_them(model):
    with pytest.raises(ModelError, match="one architecture"):
        feature_drift(model, tlnb.create_model("test_resnet", 2, weights="random"), PIXELS, ["stage1"])
