"""The anatomy of networks agrees with what their authors drew: blocks, layers, resolutions and residual connections."""

import time

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn

import tlnb
from tlnb.backbones import Anatomy, anatomy, layer_groups


def built(name: str) -> nn.Module:
    library, _, architecture = name.partition("/")
    with torch.device("meta"):  # shapes are enough
        if library == "torchvision":
            return torchvision.models.get_model(architecture, weights=None)
        return timm.create_model(architecture)


def spans(found: Anatomy) -> list[tuple[str, str]]:
    """Names of the layers that arcs lie between."""
    return [
        (found.layers[arc.source].name if arc.source >= 0 else "images", found.layers[arc.target].name)
        for arc in found.arcs
    ]


@pytest.mark.parametrize(
    ("name", "arcs"),
    [
        ("timm/resnet18", 8),
        ("torchvision/resnet18", 8),
        ("timm/resnet50", 16),
        ("timm/tf_efficientnet_lite0", 9),
        ("timm/mobilenetv2_100", 10),
        ("timm/densenet121", 0),
        ("timm/convnext_atto", 12),
        ("timm/convnextv2_atto", 12),  # its response normalisation adds too, but inside a layer
        ("timm/vit_tiny_patch16_224", 24),
        ("torchvision/swin_t", 24),
        ("torchvision/vgg11", 0),
    ],
)
def test_a_network_has_as_many_residual_connections_as_its_paper_says(name: str, arcs: int) -> None:
    model = built(name)
    found = anatomy(model, 224)
    assert found.reason == "" and len(found.arcs) == arcs
    assert [block.name for block in found.blocks] == [group.name for group in layer_groups(model)]
    assert found.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert all(-1 <= arc.source < arc.target < len(found.layers) for arc in found.arcs)
    assert sorted(layer.name for block in found.blocks for layer in block.layers) == sorted(
        layer.name for layer in found.layers
    )


def test_blocks_have_the_resolutions_of_the_paper() -> None:
    shapes = {block.name: block.shape for block in anatomy(built("timm/tf_efficientnet_lite0"), 160).blocks}
    assert shapes["stem"] == (32, 80, 80) and shapes["stage7"] == (1280, 5, 5) and shapes["head"] is None


def test_the_map_of_a_block_is_the_one_before_pooling() -> None:
    shapes = [block.shape for block in anatomy(built("timm/convnext_atto")).blocks]
    assert shapes == [(40, 56, 56), (40, 56, 56), (80, 28, 28), (160, 14, 14), (320, 7, 7), None]
    assert anatomy(built("torchvision/vgg11")).blocks[-2].shape == (512, 14, 14)  # its hidden linear layers give none


def test_tokens_are_no_map() -> None:
    stem, *rest = anatomy(built("timm/vit_tiny_patch16_224")).blocks
    assert stem.shape == (192, 14, 14) and all(block.shape is None for block in rest)
    assert sum(layer.parameters for layer in stem.layers) < stem.parameters  # a class token, a table of positions


def test_channels_that_come_last_are_turned_to_the_front() -> None:
    found = anatomy(built("torchvision/swin_t"))
    assert [block.shape for block in found.blocks][1:3] == [(96, 56, 56), (192, 28, 28)]
    attention = [layer.name for layer in found.layers].index("features.1.0.attn.qkv")
    assert found.layers[attention].shape is None and attention < 6  # never called itself, but used in its place


def test_layers_are_called_by_plain_words() -> None:
    layers = {layer.name: layer for layer in anatomy(built("timm/mobilenetv2_100")).layers}
    assert layers["conv_stem"].kind == "convolution 3x3"
    assert layers["blocks.0.0.conv_dw"].kind == "depthwise convolution 3x3"
    assert layers["blocks.0.0.bn1"].kind == "batch normalisation"
    assert layers["classifier"].kind == "linear" and layers["classifier"].shape == (1000,)


def test_running_statistics_are_told_where_they_are() -> None:
    assert [block.statistics for block in anatomy(built("timm/resnet18")).blocks] == [True] * 5 + [False]
    assert not any(block.statistics for block in anatomy(built("timm/convnext_atto")).blocks)


class Residual(nn.Module):
    """Two convolutions, an activation in place, a layer scale and dropout, and whatever stands in the way around."""

    def __init__(self, way: nn.Module, in_place: bool = False) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        self.scale, self.way, self.in_place = nn.Parameter(torch.ones(8, 1, 1)), way, in_place

    def forward(self, maps: Tensor) -> Tensor:
        way = self.way(maps)
        inner = nn.functional.dropout2d(self.two(self.one(maps).relu_()) * self.scale, 0.5, self.training)
        if self.in_place:
            inner += way
            return inner.relu_()
        return torch.relu_(way + inner)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize(
    "way",
    [nn.Identity(), nn.Sequential(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8)), nn.AvgPool2d(1)],
    ids=lambda way: type(way).__name__,
)
def test_an_arc_leaves_where_the_ways_part_whatever_is_on_them(way: nn.Module, in_place: bool) -> None:
    body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), Residual(way, in_place), Residual(nn.Identity()))
    found = anatomy(with_head(body))
    assert spans(found) == [("0.0", "0.2.two"), ("0.2.two", "0.3.two")]


def with_head(body: nn.Module) -> nn.Module:
    return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))


class AddsImages(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.head = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.Linear(3, 2)
        self.register_buffer("grid", torch.zeros(1, 3, 16, 16))

    def forward(self, images: Tensor) -> Tensor:
        maps = self.two(self.one(images + self.grid)) + images
        return self.head(maps.mean((2, 3)))


def test_a_connection_may_leave_at_the_images_and_a_table_of_positions_is_none() -> None:
    assert spans(anatomy(AddsImages(), 16)) == [("images", "two")]


def test_maps_that_are_put_side_by_side_or_multiplied_are_no_residual_connection() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Conv2d(8, 4, 1), nn.Conv2d(8, 4, 1)

        def forward(self, maps: Tensor) -> Tensor:
            return torch.cat([self.one(maps), self.two(maps)], 1) * maps.sigmoid()

    assert anatomy(with_head(nn.Sequential(nn.Conv2d(3, 8, 3), Branches()))).arcs == ()


class LooksAtData(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.norm, self.head = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(8, 2)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.norm(self.body(images))
        return self.head(maps.mean((2, 3)) if float(maps.max()) > 0 else maps.amax((2, 3)))


def test_a_network_that_cannot_be_followed_without_data_still_has_its_blocks() -> None:
    found = anatomy(LooksAtData())
    assert [layer.name for layer in found.layers] == ["body", "norm", "head"]
    assert found.arcs == () and all(layer.shape is None for layer in found.layers)
    assert [block.parameters for block in found.blocks] == [224, 16, 18] and "RuntimeError" in found.reason
    assert anatomy(built("timm/vit_tiny_patch16_224"), 100).reason  # it takes 224 pixels only


def test_a_network_of_grey_images_is_followed() -> None:
    found = anatomy(nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(8 * 26 * 26, 10)), 28)
    assert found.reason == "" and found.layers[0].shape == (8, 26, 26)


def test_four_hundred_layers_take_less_than_two_seconds() -> None:
    deep = nn.Sequential(nn.Conv2d(3, 8, 3), *(Residual(nn.Identity()) for _ in range(200)))
    start = time.thread_time()  # what others compute meanwhile does not count
    found = anatomy(with_head(deep), 64)
    assert time.thread_time() - start < 2
    assert len(found.layers) == 402 and len(found.arcs) == 200


class Gambles(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, 2)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.body(images) if float(torch.rand(1)) < 0.5 else self.body(images.flip(-1))
        return self.head(maps.mean((2, 3)))


def test_neither_the_model_nor_random_numbers_are_touched() -> None:
    for model in (tlnb.create_model("test_resnet", 2, weights="random").train(), Gambles()):
        modes = [module.training for module in model.modules()]
        before, random = {k: v.clone() for k, v in model.state_dict().items()}, torch.get_rng_state()
        assert anatomy(model, 64).reason == ""
        assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
        assert torch.equal(torch.get_rng_state(), random)
        assert [module.training for module in model.modules()] == modes
        assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_it_shows_itself_as_a_table_and_refuses_a_size_that_is_none() -> None:
    model = tlnb.create_model("test_resnet", 2, weights="random")
    assert repr(anatomy(model, 64)).splitlines()[0].split()[:3] == ["block", "layers", "parameters"]
    with pytest.raises(ValueError, match="size=0: images have a side of at least 1 pixel"):
        anatomy(model, 0)
