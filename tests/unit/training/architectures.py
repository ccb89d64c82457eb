"""Networks that the tests of freezing run over: fifty real architectures, small inputs, random weights.

Some are narrower or shallower than their authors', so that the tests are over in minutes; rates of dropout and
stochastic depth are set where a family has them, as both are part of what freezing must still. By default the tests
run over `SAMPLE`; with the environment variable TLNB_LONG=1 over all.

Left out: EfficientFormer, SwiftFormer and distilled DeiT, which have two classifiers (tlnb refuses them and says so);
ConViT, which keeps a table of positions as a buffer and makes it at first use.
"""

import copy
import os
from functools import lru_cache

import pytest
import timm
import torch
from torch import nn
from torchvision.models import AlexNet

import tlnb
from tlnb.backbones.heads import random_state

NARROW = (16, 32, 64, 128)
# name -> side of the smallest comfortable input in pixels, and how it differs from its authors' network
ARCHITECTURES = {
    # residual
    "timm/resnet18": (64, {"channels": NARROW, "drop_block_rate": 0.1, "drop_path_rate": 0.2}),
    "timm/seresnext26t_32x4d": (64, {"layers": (1, 1, 1, 1), "channels": (32, 64, 128, 256)}),
    "timm/ecaresnet26t": (64, {"layers": (1, 1, 1, 1)}),
    "timm/wide_resnet50_2": (64, {"layers": (1, 1, 1, 1), "channels": NARROW}),
    "timm/skresnet18": (64, {"channels": (32, 64, 128, 256)}),
    "timm/res2net50_14w_8s": (64, {"layers": (1, 1, 1, 1)}),
    "timm/resnest14d": (64, {"channels": (32, 64, 128, 256)}),
    "torchvision/resnet18": (64, {}),
    # pre-activation, group normalisation, none at all
    "timm/resnetv2_18": (64, {"channels": NARROW, "drop_path_rate": 0.2}),
    "timm/resnetv2_50x1_bit": (64, {"channels": (128, 128, 256, 256)}),
    "timm/nf_resnet26": (64, {"depths": (1, 1, 1, 1), "channels": (64, 128, 256, 512), "drop_path_rate": 0.2}),
    "timm/eca_nfnet_l0": (64, {"drop_path_rate": 0.2}),
    # plain, and with branches
    "torchvision/alexnet": (64, {}),
    "timm/vgg11": (64, {}),
    "timm/vgg11_bn": (64, {}),
    "torchvision/squeezenet1_1": (64, {}),
    "torchvision/googlenet": (64, {}),
    "timm/inception_v3": (75, {}),
    "timm/inception_v4": (75, {}),
    "timm/inception_resnet_v2": (75, {}),
    "timm/legacy_xception": (71, {}),
    "timm/densenet121": (64, {"growth_rate": 8, "block_config": (2, 2, 2, 2), "drop_rate": 0.2}),
    "timm/dla46_c": (64, {}),
    "timm/hrnet_w18_small": (64, {}),
    "timm/cspresnet50": (64, {}),
    "timm/cs3darknet_focus_s": (64, {"drop_path_rate": 0.2}),
    "timm/ese_vovnet19b_slim": (64, {}),
    "timm/dpn48b": (64, {}),
    "timm/repvgg_a0": (64, {}),
    "timm/regnety_002": (64, {"drop_path_rate": 0.2}),
    # for telephones
    "timm/mobilenetv1_100": (64, {}),
    "timm/mobilenetv2_035": (64, {}),
    "timm/mobilenetv3_small_050": (64, {}),
    "timm/mobilenetv4_conv_small_035": (64, {}),
    "torchvision/mnasnet0_5": (64, {}),
    "timm/ghostnet_050": (64, {}),
    "torchvision/shufflenet_v2_x0_5": (64, {}),
    "timm/tf_efficientnet_lite0": (64, {"drop_rate": 0.2, "drop_path_rate": 0.2}),
    "timm/efficientnet_b0": (64, {"drop_rate": 0.2, "drop_path_rate": 0.2}),
    "timm/tf_efficientnetv2_b0": (64, {"drop_rate": 0.2, "drop_path_rate": 0.2}),
    # layer normalisation, attention, and mixtures of these with convolutions
    "timm/convnext_atto": (64, {"dims": NARROW, "depths": (1, 1, 2, 1), "drop_path_rate": 0.3}),
    "timm/convnextv2_atto": (64, {"dims": NARROW, "depths": (1, 1, 2, 1), "drop_path_rate": 0.3}),
    "timm/poolformer_s12": (64, {"drop_path_rate": 0.2}),
    "timm/mixer_s32_224": (64, {"img_size": 64}),
    "timm/vit_tiny_patch16_224": (
        64,
        {"img_size": 64, "depth": 3, "pos_drop_rate": 0.1, "attn_drop_rate": 0.1, "proj_drop_rate": 0.1},
    ),
    "timm/deit3_small_patch16_224": (64, {"img_size": 64, "depth": 3, "drop_path_rate": 0.2}),
    "timm/swin_tiny_patch4_window7_224": (
        64,
        {"img_size": 64, "embed_dim": 24, "num_heads": (1, 2, 4, 8), "depths": (1, 1, 2, 1), "drop_path_rate": 0.3},
    ),
    # keeps a table of its biases in evaluation mode; on 64 pixels its last stage would attend to a single place
    "timm/levit_128s": (128, {"img_size": 128, "distilled": False}),
    "timm/coatnet_pico_rw_224": (
        64,
        {"img_size": 64, "embed_dim": NARROW, "depths": (1, 1, 1, 1), "drop_path_rate": 0.2},
    ),
    "timm/maxvit_tiny_tf_224": (
        64,
        {"img_size": 64, "embed_dim": (32, 32, 64, 64), "depths": (1, 1, 2, 1), "drop_path_rate": 0.2},
    ),
}
# One of each kind that freezing treats differently: what normalises, what is random, what comes before the head.
SAMPLE = (
    "timm/resnet18",
    "timm/resnetv2_50x1_bit",
    "timm/nf_resnet26",
    "timm/vgg11_bn",
    "torchvision/squeezenet1_1",
    "torchvision/shufflenet_v2_x0_5",
    "timm/densenet121",
    "timm/mobilenetv3_small_050",
    "timm/tf_efficientnet_lite0",
    "timm/convnextv2_atto",
    "timm/vit_tiny_patch16_224",
    "timm/coatnet_pico_rw_224",
)
NAMES = tuple(ARCHITECTURES) if os.environ.get("TLNB_LONG") == "1" else SAMPLE
# By module: all tests of one network, then all of the next, so that one at a time is in memory.
over_architectures = pytest.mark.parametrize("name", NAMES, scope="module")


def make(name, classes=3, seed=0):
    return copy.deepcopy(_built(name, classes, seed))


@lru_cache(maxsize=2)
def _built(name, classes, seed):
    library, _, architecture = name.partition("/")
    options = ARCHITECTURES[name][1]
    if architecture == "alexnet":  # as VGG: most of its 57 million weights are between two hidden layers
        with random_state(seed):
            model = AlexNet(num_classes=classes)
            model.classifier[1], model.classifier[4] = nn.Linear(256 * 6 * 6, 64), nn.Linear(64, 64)
            model.classifier[6] = nn.Linear(64, classes)
            return model
    if architecture.startswith("vgg"):  # at full width its 130 million weights would make the tests wait
        norm = nn.BatchNorm2d if name.endswith("_bn") else None
        widths = [8, "M", 16, "M", 32, 32, "M", 32, 32, "M", 32, 32, "M"]
        with random_state(seed):
            return timm.models.vgg.VGG(widths, num_classes=classes, norm_layer=norm, mlp_ratio=0.125)
    if library == "timm" and options:
        with random_state(seed):
            return timm.create_model(architecture, num_classes=classes, **options)
    return tlnb.create_model(name, classes, weights="random", seed=seed)


def side(name):
    return ARCHITECTURES[name][0]


def batch(name, n=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 3, side(name), side(name), generator=generator), torch.arange(n) % 3


def snapshot(model):
    """Every parameter and every buffer, those that a state dict leaves out too."""
    return {key: value.detach().clone() for key, value in [*model.named_parameters(), *model.named_buffers()]}


def changed(before, model):
    """Names of what is not, bit for bit, as it was."""
    return {key for key, value in snapshot(model).items() if not torch.equal(value, before[key])}


def keys_of(model, plan, groups):
    """Parameters of some groups, and the buffers of modules that hold nothing but those groups."""
    own = {key for group in groups for key, _ in plan.parameters(group)}
    for prefix, module in model.named_modules():
        inside = {f"{prefix}.{key}" if prefix else key for key, _ in module.named_parameters()}
        if inside and inside <= own:
            own |= {f"{prefix}.{key}" if prefix else key for key, _ in module.named_buffers()}
    return own
