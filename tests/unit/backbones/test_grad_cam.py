"""Class activation maps and covered images, held against calculations by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import tlnb
from tlnb.backbones import class_activation, occluded, occlusion_scores
from tlnb.core.errors import ModelError


class ByHand(nn.Module):
    """Two maps that can be read off the image, their means, and a head of known weights."""

    def __init__(self):
        super().__init__()
        self.conv, self.relu, self.head = nn.Conv2d(3, 2, 1), nn.ReLU(inplace=True), nn.Linear(2, 2)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[0, 0] = self.conv.weight[1, 1] = 1  # the red channel, and the green one
            self.conv.bias.zero_()
            self.head.weight.copy_(torch.tensor([[2.0, -1.0], [-3.0, 5.0]]))
            self.head.bias.zero_()

    def forward(self, images):
        return self.head(self.relu(self.conv(images)).mean((2, 3)))


@pytest.fixture
def image():
    pixels = torch.full((1, 3, 4, 4), 255, dtype=torch.uint8)
    pixels[0, 0, 0, 0] = 200
    pixels[0, 1, :, 2:] = 180
    return pixels


@pytest.mark.parametrize("target", [0, 1])
@pytest.mark.parametrize("layer", ["conv", "relu"])
def test_it_is_the_weighted_sum_of_maps_without_its_negative_part(image, target, layer):
    model = ByHand()
    heat, chances = class_activation(model, image, target, layer)
    maps = tlnb.model_card(model).preprocessing.normalise(image)[:, :2]
    positive = maps.relu()
    # The logit's gradient at each place is its weight over the 16 places; at `conv` only where the map is positive.
    slope = (maps > 0).float() if layer == "conv" else torch.ones_like(maps)
    weights = model.head.weight[target][None, :, None, None] * slope.mean((2, 3), keepdim=True) / 16
    wanted = (weights * (maps if layer == "conv" else positive)).sum(1).relu()
    torch.testing.assert_close(heat, wanted.detach())
    torch.testing.assert_close(chances, model(maps_of(model, image)).softmax(1).detach())


def maps_of(model, image):
    return tlnb.model_card(model).preprocessing.normalise(image)


def test_the_likeliest_class_is_meant_where_none_is_named(image):
    model = ByHand()
    _, chances = class_activation(model, image, layer="conv")
    likeliest = int(chances.argmax())
    assert torch.equal(
        class_activation(model, image, layer="conv")[0], class_activation(model, image, likeliest, "conv")[0]
    )


@pytest.mark.parametrize("name", ["resnet10t", "tf_efficientnet_lite0", "test_vit", "test_convnext"])
def test_any_network_that_gives_maps_has_one_and_stays_as_it_was(name):
    model = tlnb.create_model(name, 3, weights="random").train()
    size = 160 if name == "test_vit" else 64
    before = {key: value.clone() for key, value in model.state_dict().items()}
    heat, _ = class_activation(model, torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8), 2)
    assert heat.shape[0] == 2 and heat.min() >= 0 and heat.isfinite().all()
    assert model.training and all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_a_frozen_network_has_one_too(image):
    model = ByHand().requires_grad_(False)
    assert class_activation(model, image, 0, "conv")[0].max() > 0


def test_a_class_or_layer_that_is_none_is_refused(image):
    with pytest.raises(ModelError, match="no class 2"):
        class_activation(ByHand(), image, 2, "conv")
    with pytest.raises(ModelError, match="no layer"):
        class_activation(ByHand(), image, 0, "convolution")


def test_what_is_covered_has_the_mean_colour_and_the_rest_stays(image):
    masks = torch.zeros(2, 2, 2, dtype=torch.bool)
    masks[1, 0, 1] = True
    found = occluded(image[0], masks)
    assert torch.equal(found[0], image[0])
    green = round(float(image[0, 1].float().mean()))
    assert (found[1, 1, :2, 2:] == green).all() and torch.equal(found[1, :, 2:], image[0, :, 2:])
    with pytest.raises(ModelError, match="pass bool"):
        occluded(image[0], masks.float())


def test_scores_of_covered_images_are_those_of_the_images(image):
    model = ByHand()
    masks = torch.rand(40, 2, 2, generator=torch.Generator().manual_seed(0)) > 0.5
    wanted = model(maps_of(model, occluded(image[0], masks))).softmax(1)
    torch.testing.assert_close(occlusion_scores(model, image[0], masks), wanted.detach())
