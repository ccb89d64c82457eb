"""Any classifier of timm or torchvision, with a head for one's own classes."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import timm
import torch
from torch import nn

from tlnb.backbones import create_model, head_module, head_name, model_card
from tlnb.core.errors import ModelError

HEADS = {
    "timm/resnet18": "fc",
    "timm/inception_v3": "fc",
    "timm/vgg11_bn": "head.fc",
    "timm/mobilenetv2_100": "classifier",
    "timm/mobilenetv3_small_100": "classifier",
    "timm/dla34": "fc",
    "timm/resnetv2_50x1_bit": "head.fc",
    "tf_efficientnet_lite0": "classifier",
    "torchvision/resnet18": "fc",
    "torchvision/squeezenet1_1": "classifier.1",
    "torchvision/mobilenet_v2": "classifier.1",
    "torchvision/mobilenet_v3_small": "classifier.3",
    "torchvision/densenet121": "classifier",
    "torchvision/convnext_tiny": "classifier.2",
    "torchvision/inception_v3": "fc",
    "torchvision/googlenet": "fc",
    "torchvision/shufflenet_v2_x0_5": "fc",
    "torchvision/mnasnet0_5": "classifier.1",
    "torchvision/regnet_y_400mf": "fc",
    "torchvision/vit_b_32": "heads.head",
    "small_cnn": "head",
}


@pytest.mark.parametrize("name", HEADS)
def test_a_model_in_training_gives_one_logit_a_class_from_the_head_that_was_replaced(name: str) -> None:
    if name == "torchvision/regnet_y_400mf":  # computes its widths with tensors that must have values
        model = copy.deepcopy(create_model(name, 7, weights="random")).to("meta")
    else:
        with torch.device("meta"):
            model = create_model(name, 7, weights="random")
    size = model.tlnb_card.input_size
    logits = model.train()(torch.empty(2, 3, size, size, device="meta"))
    assert logits.shape == (2, 7)
    assert head_name(model) == HEADS[name]


def test_logits_of_a_small_model_are_numbers() -> None:
    model = create_model("torchvision/squeezenet1_1", 3, weights="random").eval()
    with torch.inference_mode():
        assert torch.isfinite(model(torch.rand(2, 3, 64, 64))).all()


def test_timm_comes_first_and_a_prefix_decides() -> None:
    assert create_model("resnet18", 2, weights="random").tlnb_card.library == "timm"
    assert create_model("torchvision/resnet18", 2, weights="random").tlnb_card.library == "torchvision"
    assert create_model("squeezenet1_1", 2, weights="random").tlnb_card.library == "torchvision"


def test_the_tag_of_the_weights_stays_with_the_name_and_brings_its_preprocessing() -> None:
    plain = create_model("resnet18.tv_in1k", 2, weights="random").tlnb_card
    tagged = create_model("resnet18.a1_in1k", 2, weights="random").tlnb_card
    assert tagged.name == "resnet18.a1_in1k"
    assert plain.preprocessing.interpolation == "bilinear"
    assert tagged.preprocessing.interpolation == "bicubic"


def test_torchvision_tags_bring_their_preprocessing() -> None:
    first = create_model("torchvision/regnet_y_400mf.IMAGENET1K_V1", 2, weights="random").tlnb_card
    second = create_model("torchvision/regnet_y_400mf.IMAGENET1K_V2", 2, weights="random").tlnb_card
    assert (first.preprocessing.resize_for(224), second.preprocessing.resize_for(224)) == (256, 232)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet81", 'Did you mean "resnet18"'),
        ("torchvision/mobilenet_v22", '"mobilenet_v2"'),
        ("xception", "no model is called 'xception'"),
        ("timm/squeezenet1_1", "no model is called"),
        ("keras/resnet50", "only prefixes"),
        ("resnet18.imagenet", "a1_in1k"),
        ("torchvision/resnet18.V9", "IMAGENET1K_V1"),
        ("fasterrcnn_resnet50_fpn", "no model is called"),
        ("small_cn", "small_cnn"),
        ("tlnb/resnet18", "only model of tlnb"),
    ],
)
def test_a_name_that_nobody_knows_is_told_with_what_is_near(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        create_model(name, 2, weights="random")


def test_classes_come_from_names_from_a_number_or_from_images() -> None:
    images = SimpleNamespace(classes=("functional", "defective"))
    for given in (images, ["functional", "defective"]):
        card = create_model("test_resnet", given, weights="random").tlnb_card
        assert card.classes == ("functional", "defective")
    assert create_model("test_resnet", 3, weights="random").tlnb_card.classes == ("0", "1", "2")


@pytest.mark.parametrize("classes", [1, 0, True, "cats", ["one"], ["a", "a"], [1, 2], 2.5])
def test_classes_that_make_no_classifier_are_refused(classes: object) -> None:
    with pytest.raises(ModelError, match="class"):
        create_model("test_resnet", classes, weights="random")


def test_the_imagenet_head_cannot_be_kept_at_random() -> None:
    with pytest.raises(ModelError, match="keeps the pre-trained head"):
        create_model("test_resnet", "imagenet", weights="random")


def test_a_model_with_two_heads_is_refused() -> None:
    with pytest.raises(ModelError, match="several classifiers"):
        create_model("deit_tiny_distilled_patch16_224", 2, weights="random")


def test_the_crop_can_be_overridden_and_nothing_else_changes() -> None:
    usual = create_model("test_resnet", 2, weights="random").tlnb_card.preprocessing
    whole = create_model("test_resnet", 2, weights="random", crop=1.0).tlnb_card.preprocessing
    assert (whole.crop, whole.mean, whole.std) == (1.0, usual.mean, usual.std)
    assert usual.crop < 1


def test_the_card_survives_a_deep_copy() -> None:
    model = create_model("test_resnet", 2, weights="random")
    assert copy.deepcopy(model).tlnb_card == model.tlnb_card == model_card(model)


def test_a_head_finds_itself_in_a_model_of_ones_own() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
    assert head_module(model) is model[4]
    with pytest.raises(ModelError, match="no Linear or Conv2d"):
        head_module(nn.Sequential(nn.ReLU()))


def test_a_timm_model_without_a_head_is_refused() -> None:
    with pytest.raises(ModelError, match="no Linear or Conv2d"):
        head_module(timm.create_model("test_resnet", num_classes=0))
