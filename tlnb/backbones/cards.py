"""What a model carries with it: name, classes, the preprocessing its weights expect, where they came from."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from tlnb.core.tables import Table

log = logging.getLogger("tlnb")

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

Source = Literal["hub", "cache", "package", "file", "random", "unknown"]


@dataclass(frozen=True)
class Preprocessing:
    """How pixels must be prepared for the weights; other numbers cost accuracy without any error.

    Attributes
    ----------
    crop : float
        Side of the centre crop as a share of the resized shorter side, in (0, 1].
    interpolation : str
        ``"bicubic"``, ``"bilinear"``...
    mean, std : tuple of float
        Of each colour channel, for pixels scaled to [0, 1].

    Examples
    --------
    >>> preprocessing = Preprocessing(crop=0.875, interpolation="bicubic", mean=(0.5,) * 3, std=(0.5,) * 3)
    >>> preprocessing.resize_for(224)
    256
    >>> preprocessing.normalise(torch.zeros(1, 1, 2, 2, dtype=torch.uint8))[0, :, 0, 0]
    tensor([-1., -1., -1.])
    """

    crop: float
    interpolation: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __post_init__(self) -> None:
        if not 0 < self.crop <= 1:
            raise ValueError(f"crop={self.crop!r}: the crop ratio must be above 0 and at most 1, such as 0.875.")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError(f"mean={self.mean!r}, std={self.std!r}: give three of each, every std above 0.")

    def resize_for(self, size: int) -> int:
        """Return the shorter side, in pixels, to resize an image to before its centre crop of side `size`."""
        return round(size / self.crop)

    def normalise(self, batch: Tensor) -> Tensor:
        """Turn stored pixels into the network's input.

        Parameters
        ----------
        batch : Tensor
            uint8 of shape (N, C, H, W), C = 1 (grey) or 3, on any device.

        Returns
        -------
        Tensor
            float32 of shape (N, 3, H, W) in channels_last memory format, on the same device: a new tensor.
            Grey is repeated to three channels. The numbers are ``(batch / 255 - mean) / std``.

        Raises
        ------
        ValueError
            If the batch is not uint8 of that shape: floats may be scaled already, and would be scaled twice.
        """
        if batch.dtype != torch.uint8 or batch.ndim != 4 or batch.shape[1] not in (1, 3):
            raise ValueError(
                f"normalise takes uint8 pixels of shape (N, 1 or 3, H, W), but got {batch.dtype} "
                f"of shape {tuple(batch.shape)}."
            )
        scale = torch.tensor([1 / (255 * s) for s in self.std], device=batch.device)
        shift = torch.tensor([-m / s for m, s in zip(self.mean, self.std, strict=True)], device=batch.device)
        # Channels last from here on: grey is expanded and scaled in one pass, in the layout to return.
        pixels = batch.permute(0, 2, 3, 1).float()  # (N, H, W, C)
        pixels = torch.addcmul(shift, pixels, scale)  # (N, H, W, 3)
        return pixels.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class WeightsOrigin:
    """Where weights came from.

    Attributes
    ----------
    source : {"hub", "cache", "package", "file", "random", "unknown"}
        ``"hub"``: the server confirmed or sent the file just now; ``"cache"``: a file it sent earlier;
        ``"package"``: an installed Python package; ``"file"``: a path that the caller gave.
    location : str
        Repository and file, address, package or path; the seed for random weights.
    sha256 : str
        64 hexadecimal digits, of the file as read; empty where there is no file.
    licence : str
        As the weights' publisher states it; empty where nothing is stated.
    accuracy : str
        On ImageNet with the head that the weights came with, as their publisher states it; empty where nothing
        is stated.
    """

    source: Source
    location: str
    sha256: str = ""
    licence: str = ""
    accuracy: str = ""


@dataclass(frozen=True, repr=False)
class ModelCard(Table):
    """What is known of a model.

    Attributes
    ----------
    name : str
        As the library knows it, tag included: ``"resnet18.a1_in1k"``.
    library : str
        ``"timm"``, ``"torchvision"``, or ``""`` for a model of your own.
    classes : tuple of str
        In the order of the logits.
    preprocessing : Preprocessing
        What the weights were trained with.
    weights : WeightsOrigin
        Where the weights came from.
    input_size : int
        Side in pixels that the weights were trained at.
    new_head : bool
        Whether the head is as drawn at random, and so still to be trained.
    """

    name: str
    library: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    weights: WeightsOrigin
    input_size: int
    new_head: bool = True

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows, as text."""
        few = self.classes if len(self.classes) <= 6 else (*self.classes[:3], "…", self.classes[-1])
        p, w = self.preprocessing, self.weights
        rows = [
            ["model", f"{self.library}/{self.name}" if self.library else self.name],
            ["classes", f"{len(self.classes)} ({', '.join(few)})"],
            ["input", f"{self.input_size} px, crop {p.crop:g}, {p.interpolation}"],
            ["mean", ", ".join(f"{m:g}" for m in p.mean)],
            ["std", ", ".join(f"{s:g}" for s in p.std)],
            ["weights", f"{w.source}: {w.location}"],
            ["sha-256", w.sha256 or "none"],
            ["licence", w.licence or "not stated"],
            ["accuracy", w.accuracy or "not stated"],
        ]
        return ["", ""], rows


def model_card(model: nn.Module) -> ModelCard:
    """Return what is known of a model.

    Parameters
    ----------
    model : nn.Module
        One that `create_model` made, or any classifier: then the card is derived. A timm model says itself
        what preprocessing it expects; for others ImageNet's mean and standard deviation are assumed, with a
        warning in the log.

    Raises
    ------
    ModelError
        If the model has no head that could be counted.

    Examples
    --------
    >>> from tlnb.backbones import create_model
    >>> model_card(create_model("test_resnet", ["cat", "dog"], weights="random")).classes
    ('cat', 'dog')
    """
    card = getattr(model, "tlnb_card", None)
    if isinstance(card, ModelCard):
        return card
    from tlnb.backbones.heads import class_count, head_module

    classes = tuple(str(i) for i in range(class_count(head_module(model))))
    weights = WeightsOrigin("unknown", "a model that create_model did not make")
    cfg = getattr(model, "pretrained_cfg", None)
    if cfg and cfg.get("mean"):
        name = cfg.get("architecture") or type(model).__name__
        size = cfg["input_size"][-1]
        return ModelCard(name, "timm", classes, timm_preprocessing(cfg), weights, size, new_head=False)
    log.warning(
        "%s was not made by create_model: assuming ImageNet's mean and standard deviation. "
        "Set model.tlnb_card to a ModelCard if its weights expect others.",
        type(model).__name__,
    )
    preprocessing = Preprocessing(0.875, "bilinear", IMAGENET_MEAN, IMAGENET_STD)
    return ModelCard(type(model).__name__, "", classes, preprocessing, weights, 224, new_head=False)


def timm_preprocessing(cfg: dict) -> Preprocessing:
    """Read the preprocessing out of timm's `pretrained_cfg`."""
    interpolation = cfg.get("interpolation") or "bicubic"
    if interpolation == "random":  # a training augmentation: timm evaluates such weights with bilinear
        interpolation = "bilinear"
    return Preprocessing(cfg.get("crop_pct") or 0.875, interpolation, tuple(cfg["mean"]), tuple(cfg["std"]))
