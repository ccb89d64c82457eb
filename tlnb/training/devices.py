"""Devices and mixed precision, through Lightning Fabric.

Fabric keeps its state in an object; Accelerate keeps it in process-wide singletons, so that two trainings in one
notebook kernel would share device and precision.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_FABRIC_PRECISION = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}


def resolve_precision(precision: str, device: torch.device) -> str:
    """Return "fp32", "bf16" or "fp16" for a recipe's precision on a device."""
    if precision != "auto":
        return precision
    if device.type != "cuda":
        return "fp32"
    return "bf16" if torch.cuda.is_bf16_supported() else "fp16"


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Return a block in which products are computed as a training in "fp32", "bf16" or "fp16" computes them."""
    dtype = torch.float16 if precision == "fp16" else torch.bfloat16
    return torch.autocast(device.type, dtype, enabled=precision != "fp32")


def computed_in(precision: str, model: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return what computes a model's logits of images in "fp32" or "bf16"."""

    def compute(images: torch.Tensor) -> torch.Tensor:
        with autocast(precision, images.device):
            logits: torch.Tensor = model(images)
            return logits

    return compute


def make_fabric(device: torch.device, precision: str) -> Fabric:
    """Return a Fabric for one device."""
    for name in ("lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    from lightning_fabric import Fabric

    devices = [device.index or 0] if device.type == "cuda" else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Fabric(accelerator=device.type, devices=devices, precision=_FABRIC_PRECISION[precision])
