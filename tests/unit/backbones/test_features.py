"""Features are what the head gets, and taking them leaves no trace."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tlnb.backbones import create_model, extract_features, head_module


def pixels(count: int, channels: int = 3, side: int = 64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, channels, side, side), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize(
    "name",
    [
        "test_resnet",
        "torchvision/mobilenet_v2",
        "mobilenetv2_100",
        "torchvision/mobilenet_v3_small",
        "tf_efficientnet_lite0",
    ],
)
def test_the_head_on_features_gives_the_models_logits(name: str) -> None:
    model = create_model(name, 3, weights="random").eval()
    batch = pixels(3)
    features = extract_features(model, batch)
    with torch.inference_mode():
        logits = model(model.tlnb_card.preprocessing.normalise(batch))
        torch.testing.assert_close(head_module(model)(features), logits, rtol=1e-4, atol=1e-5)


def test_features_are_flat_even_where_the_head_is_a_convolution() -> None:
    for name, width in [("torchvision/squeezenet1_1", 512), ("timm/dla34", 512)]:
        features = extract_features(create_model(name, 3, weights="random"), pixels(2))
        assert features.shape == (2, width)
        assert features.dtype == torch.float32


def test_the_size_of_a_batch_makes_no_difference() -> None:
    model = create_model("test_resnet", 2, weights="random")
    torch.testing.assert_close(extract_features(model, pixels(5), batch=2), extract_features(model, pixels(5)))


def test_grey_pixels_serve_as_three_equal_channels() -> None:
    model = create_model("test_resnet", 2, weights="random")
    grey = pixels(2, channels=1)
    torch.testing.assert_close(extract_features(model, grey), extract_features(model, grey.repeat(1, 3, 1, 1)))


def test_no_images_give_no_features_of_the_right_width() -> None:
    model = create_model("test_resnet", 2, weights="random")
    assert extract_features(model, pixels(1)[:0]).shape == (0, extract_features(model, pixels(1)).shape[1])


def test_the_model_is_left_as_it_was_modes_statistics_and_hooks() -> None:
    model = create_model("test_resnet", 2, weights="random").train()
    model.bn1.eval()
    modes = [module.training for module in model.modules()]
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    extract_features(model, pixels(2))
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not head_module(model)._forward_pre_hooks


def test_the_model_is_left_as_it_was_when_a_batch_fails() -> None:
    model = create_model("test_resnet", 2, weights="random").train()
    with pytest.raises(ValueError, match="uint8"):
        extract_features(model, pixels(2).float())
    assert all(module.training for module in model.modules())
    assert not head_module(model)._forward_pre_hooks


def test_features_can_take_part_in_training() -> None:
    features = extract_features(create_model("test_resnet", 2, weights="random"), pixels(2))
    head = nn.Linear(features.shape[1], 2)
    head(features).sum().backward()
    assert head.weight.grad is not None


def test_features_are_computed_once_and_may_be_written_to(fresh_cache, computed) -> None:
    model, batch = create_model("test_resnet", 2, weights="random"), pixels(20)
    first = extract_features(model, batch)
    assert sum(computed) == 20
    first.zero_()
    with torch.no_grad():
        head_module(model).weight.zero_()  # no part of what is extracted
    assert float(extract_features(model, batch).abs().sum()) > 0
    assert sum(computed) == 20
    with torch.no_grad():
        model.conv1[0].weight.mul_(2)
    extract_features(model, batch)
    assert sum(computed) == 40


def test_pixels_of_another_shape_are_others_though_their_bytes_are_equal(fresh_cache) -> None:
    model, batch = create_model("test_resnet", 2, weights="random"), pixels(4, channels=1, side=64)
    tall = batch.reshape(4, 1, 128, 32)
    assert not torch.allclose(extract_features(model, batch), extract_features(model, tall))


def test_features_are_computed_where_the_cache_has_no_room(fresh_cache, monkeypatch, computed) -> None:
    from tlnb.core.cache import rows

    model, batch = create_model("test_resnet", 2, weights="random"), pixels(5)
    stored = extract_features(model, batch)
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "1KB")
    monkeypatch.setattr(rows, "MEMORY_BYTES", 0)
    for _ in range(2):
        torch.testing.assert_close(extract_features(model, batch), stored)
    assert sum(computed) == 15


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="batch=0"):
        extract_features(create_model("test_resnet", 2, weights="random"), pixels(2), batch=0)
