"""Layer groups: each parameter once, from input to head, under names that stay."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

from tlnb.backbones import LayerGroup, create_model, head_module, layer_groups
from tlnb.backbones.structure import weightless_copy

ARCHITECTURES = [
    "tf_efficientnet_lite0",
    "timm/resnet18",
    "timm/resnet50",
    "timm/resnext50_32x4d",
    "timm/seresnet50",
    "timm/resnetv2_50x1_bit",
    "timm/vgg11",
    "timm/vgg16_bn",
    "timm/vgg19_bn",
    "timm/inception_v3",
    "timm/inception_v4",
    "timm/mobilenetv2_100",
    "timm/mobilenetv3_small_100",
    "timm/mobilenetv4_conv_small",
    "timm/efficientnet_b0",
    "timm/densenet121",
    "timm/convnext_atto",
    "timm/regnetx_002",
    "timm/ghostnet_100",
    "timm/dla34",
    "timm/hrnet_w18_small",
    "timm/xception41",
    "timm/nfnet_l0",
    "timm/rdnet_tiny",
    "timm/repvit_m1",
    "timm/repvgg_a0",
    "timm/vit_tiny_patch16_224",
    "torchvision/alexnet",
    "torchvision/resnet18",
    "torchvision/resnet50",
    "torchvision/vgg11",
    "torchvision/vgg16_bn",
    "torchvision/inception_v3",
    "torchvision/googlenet",
    "torchvision/mobilenet_v2",
    "torchvision/mobilenet_v3_small",
    "torchvision/efficientnet_b0",
    "torchvision/efficientnet_v2_s",
    "torchvision/densenet121",
    "torchvision/convnext_tiny",
    "torchvision/regnet_y_400mf",
    "torchvision/squeezenet1_0",
    "torchvision/squeezenet1_1",
    "torchvision/shufflenet_v2_x0_5",
    "torchvision/mnasnet0_5",
    "torchvision/swin_t",
    "torchvision/vit_b_32",
]

Made = tuple[nn.Module, tuple[LayerGroup, ...]]


@cache
def made(name: str) -> Made:
    """Build the real architecture; on the meta device, where it has all its shapes but takes no time."""
    if name == "torchvision/regnet_y_400mf":  # computes its widths with tensors that must have values
        model = create_model(name, 5, weights="random")
    else:
        with torch.device("meta"):
            model = create_model(name, 5, weights="random")
    return model, layer_groups(model)


@pytest.fixture(params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> Made:
    return made(request.param)


def test_every_parameter_is_in_exactly_one_group(architecture: Made) -> None:
    model, groups = architecture
    grouped = [name for group in groups for name in group.parameters]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {name for name, _ in model.named_parameters()}


def test_the_last_group_is_the_classifier_and_nothing_else(architecture: Made) -> None:
    model, groups = architecture
    head = groups[-1]
    classifier = {id(parameter) for parameter in head_module(model).parameters()}
    assert head.name == "head"
    assert {id(model.get_parameter(name)) for name in head.parameters} == classifier


def test_names_are_stem_and_stages_without_gaps_and_neither_few_nor_many(architecture: Made) -> None:
    _, groups = architecture
    names = [group.name for group in groups]
    assert 3 <= len(names) <= 12
    assert names == ["stem", *(f"stage{i}" for i in range(1, len(names) - 1)), "head"]


def test_groups_run_one_after_the_other_from_input_to_head(architecture: Made) -> None:
    model, groups = architecture
    twin = weightless_copy(model).eval()
    ran: dict[str, int] = {}
    for name, module in twin.named_modules():
        if next(module.parameters(recurse=False), None) is not None:

            def note(module: nn.Module, inputs: Any, output: Any, name: str = name) -> None:
                ran.setdefault(name, len(ran))

            module.register_forward_hook(note)
    size = model.tlnb_card.input_size
    with torch.no_grad():
        twin(torch.empty(1, 3, size, size, device="meta"))
    first = [
        min(ran[module] for module in {name.rpartition(".")[0] for name in group.parameters} if module in ran)
        for group in groups
    ]
    assert first == sorted(set(first))


def test_no_group_is_made_of_normalisation_alone(architecture: Made) -> None:
    model, groups = architecture
    for group in groups:
        assert any(model.get_parameter(name).ndim > 1 for name in group.parameters), group


def test_the_same_architecture_gives_the_same_groups(architecture: Made) -> None:
    model, groups = architecture
    assert layer_groups(copy.deepcopy(model)) == groups


def test_groups_of_resnet_are_its_own_layers_in_both_libraries() -> None:
    for library in ("timm", "torchvision"):
        groups = {g.name: g.parameters for g in layer_groups(create_model(f"{library}/resnet18", 2, "random"))}
        assert list(groups) == ["stem", "stage1", "stage2", "stage3", "stage4", "head"]
        assert groups["stem"] == ("conv1.weight", "bn1.weight", "bn1.bias")
        for i in range(1, 5):
            assert all(name.startswith(f"layer{i}.") for name in groups[f"stage{i}"])
        assert groups["head"] == ("fc.weight", "fc.bias")


def test_what_comes_after_pooling_belongs_to_the_last_stage() -> None:
    timms = layer_groups(create_model("timm/mobilenetv3_small_100", 2, "random"))
    assert {"conv_head.weight", "conv_head.bias"} <= set(timms[-2].parameters)
    torchvisions = layer_groups(create_model("torchvision/mobilenet_v3_small", 2, "random"))
    assert {"classifier.0.weight", "classifier.0.bias"} <= set(torchvisions[-2].parameters)


def test_finding_groups_changes_nothing_and_runs_no_hook_of_the_model() -> None:
    model = create_model("torchvision/squeezenet1_1", 2, "random")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    calls: list[int] = []
    model.features.register_forward_hook(lambda *_: calls.append(1))
    model.classifier.eval()
    layer_groups(model)
    assert calls == []
    assert model.training
    assert not model.classifier.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def plain_network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * 7 * 7, 32), nn.ReLU(), nn.Linear(32, 10),
    )  # fmt: skip


def test_a_plain_network_of_ones_own_is_parted_where_its_maps_shrink() -> None:
    groups = {group.name: group.parameters for group in layer_groups(plain_network())}
    assert groups == {
        "stem": ("0.weight", "0.bias", "1.weight", "1.bias"),
        "stage1": ("4.weight", "4.bias"),
        "stage2": ("7.weight", "7.bias", "10.weight", "10.bias"),
        "head": ("12.weight", "12.bias"),
    }


def test_groups_follow_the_order_of_execution_not_that_of_definition() -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.late = nn.Conv2d(8, 16, 3, stride=2)
            self.middle = nn.Conv2d(8, 8, 3, stride=2)
            self.early = nn.Conv2d(3, 8, 3)
            self.fc = nn.Linear(16, 2)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.fc(self.late(self.middle(self.early(images))).mean((2, 3)))

    groups = [group.parameters[0] for group in layer_groups(Backwards())]
    assert groups == ["early.weight", "middle.weight", "late.weight", "fc.weight"]


def test_a_wrapper_around_a_network_is_looked_into() -> None:
    class Wrapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = create_model("torchvision/resnet18", 2, "random")
            self.encoder.fc = nn.Identity()
            self.fc = nn.Linear(512, 3)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.fc(self.encoder(images))

    assert [group.name for group in layer_groups(Wrapped())] == [
        "stem", "stage1", "stage2", "stage3", "stage4", "head",
    ]  # fmt: skip


def test_a_head_alone_is_one_group() -> None:
    assert [group.name for group in layer_groups(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))] == ["head"]
