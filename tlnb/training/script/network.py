"""The lines of a script that make the network: as its library does, with the weights that the model began from."""

from __future__ import annotations

import inspect

from torch import nn

from tlnb.backbones import ModelCard, small_cnn
from tlnb.backbones.borrowed import BORROWED
from tlnb.backbones.packaged import Packaged

_AUXILIARY_HEADS = {"inception_v3": ("AuxLogits",), "googlenet": ("aux1", "aux2")}


def pretrained_network(card: ModelCard, packaged: Packaged | None) -> list[str]:
    """Write how the network is made with its published weights, which a package may hold."""
    if packaged is not None:
        return [
            *untrained_network(card),
            f"weights = torch.load({packaged.module}.{packaged.finder}.get_model_file_path(), weights_only=True)",
            "model.load_state_dict(dict(zip(model.state_dict(), weights.values())))  # other names, in the same order",
        ]
    if card.name == BORROWED:
        borrowed = f'torchvision.models.get_model("mobilenet_v2", weights="IMAGENET1K_V1"){_rounded(card)}'
        return [
            f"weights = {borrowed}.state_dict()",
            *untrained_network(card),
            "model.load_state_dict(dict(zip(model.state_dict(), weights.values())))  # other names, in the same order",
        ]
    if card.library == "timm":
        return [f'model = timm.create_model("{card.name}", pretrained=True)']
    architecture, _, tag = card.name.partition(".")
    lines = [f'model = torchvision.models.get_model("{architecture}", weights="{tag or "DEFAULT"}"){_rounded(card)}']
    if architecture in _AUXILIARY_HEADS:
        dropped = " = ".join(f"model.{name}" for name in _AUXILIARY_HEADS[architecture])
        lines += [
            "model.aux_logits = False",
            f"{dropped} = None  # heads for the 1000 classes it was trained on",
        ]
    return lines


def untrained_network(card: ModelCard) -> list[str]:
    """Write how the architecture is made with weights that it draws."""
    architecture = card.name.partition(".")[0]
    if card.library == "timm":
        return [f'model = timm.create_model("{architecture if card.name == BORROWED else card.name}")']
    if card.library == "tlnb":
        source = inspect.getsource(small_cnn.layers).rstrip().splitlines()
        return ["", "", *source, "", "", "model = nn.Sequential(layers(1000))"]
    auxiliary = ", aux_logits=False, init_weights=True" if architecture in _AUXILIARY_HEADS else ""
    return [f'model = torchvision.models.get_model("{architecture}", weights=None{auxiliary})']


def new_head(head: nn.Module) -> str:
    """Write a head like this one."""
    if isinstance(head, nn.Conv2d):
        return f"Conv2d({head.in_channels}, {head.out_channels}, kernel_size={head.kernel_size})"
    return f"Linear({head.in_features}, {head.out_features})"


def _rounded(card: ModelCard) -> str:
    """Round torchvision's own file as the copy that comes with tlnb is."""
    return ".half().float()" if card.weights.source == "package" else ""
