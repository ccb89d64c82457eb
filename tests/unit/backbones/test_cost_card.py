"""Costs agree with what can be worked out by hand, and with what autograd really keeps."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from tlnb.backbones import cost_card, create_model
from tlnb.backbones.cost import count_activation_bytes, count_macs


def test_operations_of_one_convolution_are_as_on_paper() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Flatten(), nn.Linear(8 * 16 * 16, 5))
    assert count_macs(model, 16) == 16 * 16 * 8 * 3 * 9 + 8 * 16 * 16 * 5


def test_operations_of_known_networks_are_the_published_ones() -> None:
    published = {
        "timm/resnet50": 4.09e9,
        "torchvision/mobilenet_v2": 0.301e9,
        "mobilenetv2_100": 0.301e9,
        "tf_efficientnet_lite0": 0.385e9,
    }
    for name, macs in published.items():
        with torch.device("meta"):
            model = create_model(name, 1000, weights="random")
        assert count_macs(model, 224) == pytest.approx(macs, rel=0.03)


def kept_in_a_real_pass(model: nn.Module, size: int, batch: int) -> int:
    """Count the unique bytes that a training step of a copy keeps, with real tensors."""
    model = copy.deepcopy(model).train()
    weights = {parameter.data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        logits = model(torch.rand(batch, 3, size, size))
    assert logits.requires_grad
    return sum(kept.values())


@pytest.mark.parametrize(
    "name",
    ["test_resnet", "tf_efficientnet_lite0", "torchvision/mobilenet_v2", "mobilenetv2_100", "torchvision/densenet121"],
)
def test_activation_bytes_are_those_of_a_real_training_step(name: str) -> None:
    model = create_model(name, 2, weights="random")
    assert count_activation_bytes(model, 64, 2) == kept_in_a_real_pass(model, 64, 2)


def test_activation_bytes_of_a_frozen_model_are_still_those_of_training_it_all() -> None:
    model = create_model("test_resnet", 2, weights="random")
    expected = count_activation_bytes(model, 64, 2)
    assert count_activation_bytes(model.requires_grad_(False), 64, 2) == expected
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_measuring_leaves_the_model_as_it_was() -> None:
    model = create_model("test_resnet", 2, weights="random").train()
    model.bn1.eval()
    modes = [module.training for module in model.modules()]
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    card = cost_card(model, size=64, batch=4)
    assert card.latency_seconds is not None and card.latency_seconds > 0
    assert card.images_per_second is not None and card.images_per_second > 0
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_card_that_was_not_measured_says_no_speed() -> None:
    card = cost_card(create_model("test_resnet", 2, weights="random"), size=64, measure=False)
    assert card.latency_seconds is card.images_per_second is None
    assert "images/s" not in repr(card)
    assert "multiply-adds" in card._repr_html_()
