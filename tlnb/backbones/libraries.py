"""How timm and torchvision name, build and publish their models: two small classes with the same methods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tlnb.backbones import hub
from tlnb.backbones.cards import Preprocessing, timm_preprocessing
from tlnb.backbones.states import read_state
from tlnb.core.errors import ModelError

# torchvision's DenseNet files are older than its code, which has no dot in such names: "denselayer1.norm.1".
_DENSE = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")
# torchvision networks whose auxiliary heads, meant for training from scratch, make them return a tuple.
_AUXILIARY = {"inception_v3": ("AuxLogits",), "googlenet": ("aux1", "aux2")}


@dataclass(frozen=True)
class TimmModel:
    """A model of timm, with the configuration of the weights that its tag names."""

    name: str
    library = "timm"

    @cached_property
    def cfg(self) -> dict[str, Any]:
        """What timm calls `pretrained_cfg`."""
        import timm

        cfg = timm.get_pretrained_cfg(self.name)
        return dict(cfg.to_dict()) if cfg else {}

    @property
    def architecture(self) -> str:
        """The name without the tag."""
        return self.name.partition(".")[0]

    @property
    def address(self) -> str:
        """Where the weights are published; empty where they are not."""
        if self.cfg.get("hf_hub_id"):
            return f"{hub.endpoint()}/{self.cfg['hf_hub_id']}"
        return str(self.cfg.get("url") or "")

    @property
    def fixed(self) -> bool:
        """Whether the file behind the address can never change, so that a copy of it is as good."""
        return not self.cfg.get("hf_hub_id")

    @property
    def licence(self) -> str:
        """As stated with the weights."""
        return str(self.cfg.get("license") or "")

    @property
    def preprocessing(self) -> Preprocessing:
        """As stated with the weights."""
        return timm_preprocessing(self.cfg)

    @property
    def accuracy(self) -> str:
        """As published with the weights: timm keeps such numbers elsewhere."""
        return ""

    @property
    def input_size(self) -> int:
        """Side in pixels that the weights were trained at."""
        return int(self.cfg["input_size"][-1])

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes that the pre-trained head tells apart."""
        from timm.data import ImageNetInfo

        if self.cfg["num_classes"] != 1000:
            raise ModelError(f"{self.name} was not trained for ImageNet's 1000 classes. Give classes of your own.")
        return tuple(ImageNetInfo().label_descriptions())

    def build(self, **options: Any) -> nn.Module:
        """Build the network, at random, with as many classes as its weights have.

        With another number timm would load the weights loosely, and leave at random what the file lacks.
        """
        import timm

        classes = self.cfg["num_classes"] if options.get("pretrained") else self.cfg["num_classes"] or 1000
        return timm.create_model(self.name, num_classes=classes, **options)

    def fetch(self, *, local_only: bool) -> Path:
        """Return the path of the weights file."""
        if self.fixed:
            return hub.url_file(self.address, _checkpoints(), local_only=local_only)
        named = self.cfg.get("hf_hub_filename")
        filenames = [named] if named else ["model.safetensors", "pytorch_model.bin"]
        return hub.hub_file(self.cfg["hf_hub_id"], filenames, local_only=local_only)

    def renamed(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the tensors of a file the names of the model's."""
        return state

    def load(self, path: Path) -> nn.Module:
        """Build the network with the weights of a file that timm published."""
        overlay: dict[str, Any]
        if path.suffix == ".npz":  # of another framework: the model knows how to read it
            overlay = {"file": str(path)}
        else:  # read here: older releases of timm would run what a file holds
            overlay = {"state_dict": read_state(path), "custom_load": False}
        model: Any = self.build(pretrained=True, pretrained_cfg_overlay=overlay)
        model.pretrained_cfg.update(state_dict=None, file=None)  # or every copy of the model would hold them
        if not self.cfg["num_classes"]:  # trained without labels: there is no head yet
            model.reset_classifier(1000)
        return model


@dataclass(frozen=True)
class TorchvisionModel:
    """A model of torchvision, with the entry of the weights that its tag names, or of its default ones."""

    name: str
    library = "torchvision"
    fixed = True

    @property
    def architecture(self) -> str:
        """The name without the tag."""
        return self.name.partition(".")[0]

    @cached_property
    def weights(self) -> Any:
        """The weights' entry in torchvision's list."""
        from torchvision.models import get_model_weights

        entries = get_model_weights(self.architecture).__members__
        tag = self.name.partition(".")[2] or "DEFAULT"
        if tag not in entries:
            known = ", ".join(entries)
            raise ModelError(f"torchvision's {self.architecture} has no weights tagged {tag!r}, only {known}.")
        return entries[tag]

    @property
    def address(self) -> str:
        """Where the weights are published."""
        return str(self.weights.url)

    @property
    def licence(self) -> str:
        """As stated with the weights; torchvision states one for few."""
        return str(self.weights.meta.get("license") or "")

    @property
    def accuracy(self) -> str:
        """As published with the weights."""
        metrics = self.weights.meta.get("_metrics", {}).get("ImageNet-1K", {})
        if not {"acc@1", "acc@5"} <= set(metrics):
            return ""
        return f"{metrics['acc@1']:g} % top-1, {metrics['acc@5']:g} % top-5 on ImageNet-1K, as published"

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """As stated with the weights."""
        transform = self.weights.transforms()
        crop = min(1.0, transform.crop_size[0] / transform.resize_size[0])
        return Preprocessing(crop, transform.interpolation.value, tuple(transform.mean), tuple(transform.std))

    @property
    def input_size(self) -> int:
        """Side in pixels that the weights are evaluated at."""
        return int(self.weights.transforms().crop_size[0])

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes that the pre-trained head tells apart."""
        return tuple(self.weights.meta["categories"])

    def build(self) -> nn.Module:
        """Build the network, at random, with 1000 classes and without auxiliary heads."""
        from torchvision.models import get_model

        options = {"aux_logits": False, "init_weights": True} if self.architecture in _AUXILIARY else {}
        return get_model(self.architecture, weights=None, **options)

    def fetch(self, *, local_only: bool) -> Path:
        """Return the path of the weights file."""
        return hub.url_file(self.address, _checkpoints(), local_only=local_only)

    def renamed(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the tensors of a file the names of the model's, in place: it carries version numbers as well."""
        for key in filter(_DENSE.search, list(state)):
            state[_DENSE.sub(r"\1\2", key)] = state.pop(key)
        return state

    def load(self, path: Path) -> nn.Module:
        """Build the network with the weights of a file that torchvision published."""
        from torchvision.models import get_model

        auxiliary = _AUXILIARY.get(self.architecture, ())
        # transform_input: these weights want another scale than their preprocessing gives.
        options = {"transform_input": True, "init_weights": False, "aux_logits": True} if auxiliary else {}
        model = get_model(self.architecture, weights=None, **options)
        model.load_state_dict(self.renamed(read_state(path)))
        for name in auxiliary:
            setattr(model, name, None)
            model.aux_logits = False
        return model


def _checkpoints() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"
