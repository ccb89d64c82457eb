"""Weights in files: read without running any code that a file may hold."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from tlnb.core.errors import WeightsError


def read_state(path: Path) -> dict[str, Tensor]:
    """Read a state dict from a ``.safetensors`` file, or from what ``torch.save`` wrote.

    Raises
    ------
    WeightsError
        If the file is broken, holds anything but tensors, or no state dict.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # what a broken file raises depends on how it is broken
        raise WeightsError(f"{path} cannot be read as weights: {type(error).__name__}: {error}") from error
    for key in ("state_dict", "model"):  # checkpoints of common training scripts
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{path} holds no state dict: save one with torch.save(model.state_dict(), path).")
    return state
