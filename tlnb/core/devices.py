"""Which device to compute on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlnb.core.errors import DeviceError

if TYPE_CHECKING:
    import torch


def resolve_device(device: str) -> torch.device:
    """Return the device to train on.

    Parameters
    ----------
    device : str
        ``"auto"`` (a CUDA GPU, else Apple's, else the CPU), or a torch device such as ``"cuda:1"``.

    Raises
    ------
    DeviceError
        If the device is unknown, or this machine or this build of torch does not have it.
    """
    import torch

    if device == "auto":
        return torch.device(
            "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        )
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise DeviceError(f'device={device!r} is unknown. Use "auto", "cpu", "cuda", "cuda:1" or "mps".') from error
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(found.type, False) or (found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count()):
        raise DeviceError(
            f"device={device!r} is not here; this machine has {', '.join(k for k, v in there.items() if v)}. "
            'Use "auto", or install the build of torch that supports it.'
        )
    return found
