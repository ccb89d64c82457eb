"""What a place of a map sees: as brute force finds it, by changing the image and looking what answers otherwise."""

from __future__ import annotations

from contextlib import suppress

import pytest
import torch
from torch import nn
from torchvision.models import shufflenet_v2_x0_5

import tlnb
from tlnb.backbones import layer_maps, receptive_fields
from tlnb.backbones.map_forms import as_maps
from tlnb.core.errors import ModelError

SIZE = 48


def changed_places(model: nn.Module, layer: str, size: int) -> torch.Tensor:
    """Boxes of the pixels that each place answers to: every row, then every column, of some images is drawn anew."""
    model = model.double().eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)  # a branch that begins at zero would answer to nothing
    generator = torch.Generator().manual_seed(1)
    images = 10 * torch.randn(3, 3, size, size, generator=generator, dtype=torch.float64)
    kept = []

    def keep(_module, _inputs, given):
        kept.append(given)
        raise StopIteration  # what comes after it takes longer

    hook = model.get_submodule(layer).register_forward_hook(keep)

    def maps(pixels):
        with torch.no_grad(), suppress(StopIteration):
            model(pixels)
        return as_maps(kept.pop())

    before = maps(images)
    seen = []
    for dim in (2, 3):
        answers = []
        for place in range(size):
            other = images.clone()
            other.select(dim, place).copy_(10 * torch.randn(3, 3, size, generator=generator, dtype=torch.float64))
            answers.append((maps(other) != before).any(0).any(0))  # (H, W)
        seen.append(torch.stack(answers))  # (size, H, W)
    hook.remove()
    boxes = []
    for answers in seen:
        first = answers.int().argmax(0)
        last = size - 1 - answers.flip(0).int().argmax(0)
        none = ~answers.any(0)
        boxes += [first.masked_fill(none, 0), last.masked_fill(none, -1)]
    return torch.stack(boxes, -1)


class Branches(nn.Module):
    """Branches of different reach, of which each half of the channels is looked at by itself again."""

    def __init__(self):
        super().__init__()
        self.near, self.far = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 5, padding=2)
        self.apart = nn.Conv2d(8, 8, 3, groups=8, padding=1)
        self.last, self.head = nn.Conv2d(4, 4, 3, dilation=2), nn.Linear(4, 2)

    def forward(self, images):
        both = self.apart(torch.cat([self.near(images), self.far(images)], 1))
        some = nn.functional.pad(both[:, :4], (2, 0, 1, 3))
        return self.head(self.last(some.relu_()).mean((2, 3)))


class Turned(nn.Module):
    """Tokens with their channels last, a shift of the map, and a gate by the mean of all."""

    def __init__(self):
        super().__init__()
        self.patch, self.mix = nn.Conv2d(3, 8, 4, stride=4), nn.Linear(8, 8)
        self.near, self.gate, self.head = nn.Conv2d(8, 8, 3, padding=1), nn.Linear(8, 8), nn.Linear(8, 2)

    def forward(self, images):
        tokens = self.patch(images).flatten(2).transpose(1, 2)
        turned = self.mix(tokens).transpose(1, 2).unflatten(2, (12, 12))
        near = self.near(torch.roll(turned, (1, -2), (2, 3)))
        return self.head(near.mean((2, 3))) * self.gate(near.amax((2, 3))).sigmoid()[:, :2]


def plain():
    layers = [nn.Conv2d(3, 8, (5, 3), stride=2, padding=(2, 0)), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    layers += [
        nn.Conv2d(8, 8, 3, padding=1, groups=4),
        nn.BatchNorm2d(8),
        nn.Hardswish(),
        nn.AvgPool2d(2, ceil_mode=True),
    ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 2))


CASES = {
    "pooling, padding, stride": (plain, ["0", "2", "3", "6", "7"]),
    "branches": (Branches, ["apart", "last"]),
    "tokens and shifts": (Turned, ["mix", "near"]),
    "resnet10t": (lambda: tlnb.create_model("resnet10t", 2, weights="random"), ["maxpool", "layer1", "layer2"]),
    "efficientnet lite": (
        lambda: tlnb.create_model("tf_efficientnet_lite0", 2, weights="random"),
        ["conv_stem", "blocks.1", "blocks.2.0.conv_dw"],
    ),
    "shufflenet": (lambda: shufflenet_v2_x0_5(num_classes=2), ["stage2.1.branch2.5", "stage2.0"]),
}


SLOW = ("resnet10t", "efficientnet lite", "shufflenet")


@pytest.mark.parametrize("case", [pytest.param(c, marks=pytest.mark.slow) if c in SLOW else c for c in CASES])
def test_fields_are_what_brute_force_finds(case):
    make, layers = CASES[case]
    torch.manual_seed(0)
    model = make()
    fields = receptive_fields(model, layers, SIZE)
    for layer in layers:
        assert torch.equal(fields[layer].boxes.long(), changed_places(model, layer, SIZE)), layer


def test_attention_sees_the_whole_image_and_a_patch_itself():
    model = tlnb.create_model("test_vit", 2, weights="random")
    fields = receptive_fields(model, ["patch_embed.proj", "blocks.0"], 160)
    assert fields["patch_embed.proj"].box(1, 2) == (16, 31, 32, 47)
    assert fields["blocks.0"].whole and not fields["patch_embed.proj"].whole


def test_squeeze_and_excitation_sees_the_whole_image():
    model = tlnb.create_model("test_efficientnet", 2, weights="random")
    fields = receptive_fields(model, size=64)
    assert not fields["conv_stem"].whole and fields["stage5"].whole


def test_windows_of_attention_see_their_window():
    model = tlnb.create_model("swin_tiny_patch4_window7_224", 2, weights="random")
    fields = receptive_fields(model, ["layers.0.blocks.0", "layers.0.blocks.1"], 224)
    assert fields["layers.0.blocks.0"].box(0, 0) == (0, 27, 0, 27)
    # The second block's windows are shifted by three tokens of four pixels, and lie over four of the first's.
    assert fields["layers.0.blocks.1"].box(9, 9) == (0, 55, 0, 55)
    assert fields["layers.0.blocks.1"].box(10, 10) == (28, 83, 28, 83)


def test_a_network_that_needs_its_numbers_is_refused_with_the_reason():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

        def forward(self, images):
            maps = self.conv(images)
            return self.head(maps.mean((2, 3)) if maps.sum().item() > 0 else maps.amax((2, 3)))

    assert receptive_fields(Own(), ["conv"], 16)["conv"].sides == (3, 3)  # it is followed up to there
    with pytest.raises(ModelError, match="cannot be found: RuntimeError"):
        receptive_fields(Own(), ["head"], 16)


def test_maps_and_fields_have_one_shape():
    model = tlnb.create_model("mobilenet_v2", 2, weights="random")
    fields = receptive_fields(model, size=64)
    pixels = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    for layer in list(fields)[::9]:
        assert layer_maps(model, pixels, layer).shape[2:] == fields[layer].boxes.shape[:2]
