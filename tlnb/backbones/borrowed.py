"""timm's MobileNetV2 with the weights that torchvision published: the same network under other names.

Both pad alike, with the same epsilon in batch normalisation and the same ReLU6, and give the same logits. They
differ in training alone: before its head torchvision drops out a fifth of the features, timm none.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tlnb.backbones.libraries import TimmModel, TorchvisionModel
from tlnb.backbones.states import read_state

BORROWED = "mobilenetv2_100.tv_in1k"
_LENDER = "mobilenet_v2.IMAGENET1K_V1"
_STAGES = (1, 2, 3, 4, 3, 3, 1)  # blocks in each of timm's stages; torchvision counts them through
_ENDS = {
    "features.0.0": "conv_stem",
    "features.0.1": "bn1",
    "features.18.0": "conv_head",
    "features.18.1": "bn2",
    "classifier.1": "classifier",
}
_FIRST_BLOCK = {"conv.0.0": "conv_dw", "conv.0.1": "bn1", "conv.1": "conv_pw", "conv.2": "bn2"}
_BLOCK = {
    "conv.0.0": "conv_pw",
    "conv.0.1": "bn1",
    "conv.1.0": "conv_dw",
    "conv.1.1": "bn2",
    "conv.2": "conv_pwl",
    "conv.3": "bn3",
}


class BorrowedModel(TimmModel):
    """timm's ``mobilenetv2_100`` under a tag as timm gives to torchvision's weights, though not to these."""

    @property
    def _lender(self) -> TorchvisionModel:
        return TorchvisionModel(_LENDER)

    @cached_property
    def cfg(self) -> dict[str, Any]:
        """What timm would call `pretrained_cfg`."""
        preprocessing = self._lender.preprocessing
        return TimmModel(self.architecture).cfg | {
            "tag": BORROWED.partition(".")[2],
            "url": self._lender.address,
            "hf_hub_id": None,
            "crop_pct": preprocessing.crop,
            "interpolation": preprocessing.interpolation,
            "mean": preprocessing.mean,
            "std": preprocessing.std,
            "license": "bsd-3-clause",
            "origin_url": "https://github.com/pytorch/vision",
        }

    @property
    def accuracy(self) -> str:
        """As published with the weights."""
        return self._lender.accuracy

    def build(self, **options: Any) -> nn.Module:
        """Build the network, at random, with 1000 classes."""
        import timm

        return timm.create_model(self.architecture, pretrained_cfg=self.cfg, num_classes=1000, **options)

    def renamed(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the tensors of torchvision's model timm's names; those of timm's keep theirs."""
        return to_timm(state) if "features.0.0.weight" in state else state

    def load(self, path: Path) -> nn.Module:
        """Build the network with the weights of a file that torchvision published."""
        model = self.build()
        model.load_state_dict(self.renamed(read_state(path)))
        return model


def to_timm(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of torchvision's ``mobilenet_v2`` to those of timm's ``mobilenetv2_100``, name by name.

    Parameters
    ----------
    state : dict of Tensor
        Of torchvision's model.

    Raises
    ------
    KeyError
        If a tensor is not of that model.

    Examples
    --------
    >>> import torch
    >>> list(to_timm({"features.3.conv.1.0.weight": torch.zeros(1)}))
    ['blocks.1.1.conv_dw.weight']
    """
    modules = dict(_ENDS)
    places = chain.from_iterable([(stage, i) for i in range(count)] for stage, count in enumerate(_STAGES))
    for number, (stage, i) in enumerate(places, start=1):
        for theirs, ours in (_FIRST_BLOCK if number == 1 else _BLOCK).items():
            modules[f"features.{number}.{theirs}"] = f"blocks.{stage}.{i}.{ours}"
    split = {key: key.rpartition(".") for key in state}
    return {f"{modules[module]}.{kind}": state[key] for key, (module, _, kind) in split.items()}
