"""Devices and mixed precision, through Lightning Fabric.

Fabric keeps its state in an object; Accelerate keeps it in process-wide singletons, so that two trainings in one
notebook kernel would share device and precision.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import torch

from tlnb.core.errors import TlnbError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_FABRIC_PRECISION = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}


def resolve_device(device: str) -> torch.device:
    """Return the device to train on.

    Parameters
    ----------
    device : str
        ``"auto"`` (a CUDA GPU, else Apple's, else the CPU), or a torch device such as ``"cuda:1"``.

    Raises
    ------
    TlnbError
        If the device is unknown, or this machine or this build of torch does not have it.
    """
    if device == "auto":
        return torch.device(
            "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        )
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise TlnbError(f'device={device!r} is unknown. Use "auto", "cpu", "cuda", "cuda:1" or "mps".') from error
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(found.type, False) or (found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count()):
        raise TlnbError(f'device={device!r} is not available here (torch {torch.__version__}). Use "auto" or "cpu".')
    return found


def resolve_precision(precision: str, device: torch.device) -> str:
    """Return "fp32", "bf16" or "fp16" for a recipe's precision on a device."""
    if precision != "auto":
        return precision
    if device.type != "cuda":
        return "fp32"
    return "bf16" if torch.cuda.is_bf16_supported() else "fp16"


def make_fabric(device: torch.device, precision: str) -> Fabric:
    """Return a Fabric for one device."""
    for name in ("lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    from lightning_fabric import Fabric

    devices = [device.index or 0] if device.type == "cuda" else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Fabric(accelerator=device.type, devices=devices, precision=_FABRIC_PRECISION[precision])
