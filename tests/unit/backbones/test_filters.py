"""Filters and histograms show the weights that are there, in scales that two networks share."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import tlnb
from tlnb.backbones import first_filters, weight_histograms
from tlnb.core.errors import ModelError


@pytest.fixture
def model() -> nn.Module:
    return tlnb.create_model("torchvision/resnet18", 3, weights="random")


def test_filters_are_pictures_whose_grey_is_a_weight_of_zero(model: nn.Module) -> None:
    weight = model.conv1.weight.data
    weight[0] = 0
    weight[1, 0, 2, 3] = weight.abs().max() * 2
    pictures = first_filters(model)
    assert pictures.shape == (64, 7, 7, 3) and pictures.dtype == np.uint8
    assert (pictures[0] == 128).all() and pictures[1, 2, 3, 0] == 255
    back = (pictures.astype(float) - 127.5) / 127.5 * float(weight.abs().max())
    assert np.allclose(back, weight.permute(0, 2, 3, 1).numpy(), atol=float(weight.abs().max()) / 120)


def test_two_networks_compare_in_one_scale(model: nn.Module) -> None:
    after = copy.deepcopy(model)
    after.conv1.weight.data /= 2
    assert np.array_equal(first_filters(after), first_filters(model))
    contrast = [
        np.abs(pictures.astype(float) - 127.5).max()
        for pictures in (first_filters(after, like=model), first_filters(model))
    ]
    assert contrast[0] == pytest.approx(contrast[1] / 2, abs=1)
    assert first_filters(model, like=after).max() == 255  # cut off


def test_only_as_many_filters_as_are_wanted_and_the_scale_is_that_of_all(model: nn.Module) -> None:
    assert np.array_equal(first_filters(model, 5), first_filters(model)[:5])
    with pytest.raises(ValueError, match="most=0: at least one filter"):
        first_filters(model, 0)


def test_filters_over_other_than_three_channels_are_grey() -> None:
    for channels in (1, 6):
        pictures = first_filters(nn.Sequential(nn.Conv2d(channels, 4, 3)))
        assert pictures.shape == (4, 3, 3, 3) and (pictures == pictures[..., :1]).all()


def test_a_network_without_convolutions_has_no_filters() -> None:
    with pytest.raises(ModelError, match="Sequential has no convolution over images"):
        first_filters(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)))


def test_histograms_count_every_weight_and_no_vector(model: nn.Module) -> None:
    found, by_name = weight_histograms(model, bins=20), dict(model.named_parameters())
    for group in tlnb.layer_groups(model):
        weights = [by_name[name] for name in group.parameters if by_name[name].ndim > 1]
        assert found.counts[group.name].sum() == sum(weight.numel() for weight in weights)
    assert found.others is None and len(found.edges) == 21 and found.edges[0] == -found.edges[-1]


def test_before_and_after_share_their_bins_and_heads_may_differ(model: nn.Module) -> None:
    after = tlnb.create_model("torchvision/resnet18", 7, weights="random")
    after.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("fc.")}, strict=False)
    after.layer4[0].conv1.weight.data *= 3
    found = weight_histograms(model, after)
    assert found.others is not None and found.others.keys() == found.counts.keys()
    assert np.array_equal(found.counts["stage1"], found.others["stage1"])
    assert not np.array_equal(found.counts["stage4"], found.others["stage4"])
    before, later = found.deviations["stage4"]
    assert later > before and len(repr(found).splitlines()) == 7
    assert found.others["head"].sum() == 7 * 512


def test_outliers_do_not_stretch_the_bins(model: nn.Module) -> None:
    reach = weight_histograms(model).edges[-1]
    model.conv1.weight.data[0, 0, 0, 0] = 1000.0
    found = weight_histograms(model)
    assert found.edges[-1] < 2 * reach and found.counts["stem"].sum() == 64 * 3 * 49


def test_models_that_do_not_compare_are_refused(model: nn.Module) -> None:
    with pytest.raises(ModelError, match=r"layer groups stem, .* of one architecture"):
        weight_histograms(model, tlnb.create_model("tf_efficientnet_lite0", 2, weights="random"))
    with pytest.raises(ValueError, match="bins=1: at least two"):
        weight_histograms(model, bins=1)
    model.fc.weight.data[0, 0] = torch.nan
    with pytest.raises(ModelError, match="infinite or not numbers"):
        weight_histograms(model)
