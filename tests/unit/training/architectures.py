"""Networks that the tests of freezing run over: ten families and more, small inputs, random weights."""

import torch
from timm.models.vgg import VGG
from torch import nn

import tlnb

# name -> side of the smallest comfortable input, in pixels
ARCHITECTURES = {
    "timm/resnet18": 64,
    "timm/seresnext26t_32x4d": 64,
    "timm/vgg11": 64,
    "timm/vgg11_bn": 64,
    "timm/inception_v3": 107,
    "timm/mobilenetv2_035": 64,
    "timm/mobilenetv3_small_050": 64,
    "timm/tf_efficientnet_lite0": 64,
    "timm/densenet121": 64,
    "timm/convnext_atto": 64,
    "timm/regnety_002": 64,
    "torchvision/resnet18": 64,
    "torchvision/shufflenet_v2_x0_5": 64,
}


def make(name, classes=3, seed=0):
    if "vgg" in name:  # at full width its 130 million weights would make the tests wait
        norm = nn.BatchNorm2d if name.endswith("_bn") else None
        widths = [8, "M", 16, "M", 32, 32, "M", 32, 32, "M", 32, 32, "M"]
        torch.manual_seed(seed)
        return VGG(widths, num_classes=classes, norm_layer=norm, mlp_ratio=0.125)
    return tlnb.create_model(name, classes, weights="random", seed=seed)


def batch(name, n=4, seed=0):
    side = ARCHITECTURES[name]
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 3, side, side, generator=generator), torch.arange(n) % 3
