"""What torch says when it is tried. This runs in a process of its own, which may be killed by what it tries.

Each step that is done is written to standard output at once, as a line of JSON: where a processor lacks an instruction,
or a driver hangs, what was found before that is known all the same.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

STEPS = ("torch", "CPU", "GPU", "torchvision")


def main() -> None:
    """Try each step, and write what came of it."""
    steps: tuple[Callable[[], dict[str, Any]], ...] = (_torch, _cpu, _gpu, _torchvision)
    for name, step in zip(STEPS, steps, strict=True):
        try:
            found = step()
        except Exception as error:
            found = {"error": _first_line(error), "missing": getattr(error, "name", "") == name}
        sys.stdout.write(f"{json.dumps({'step': name, **found})}\n")
        sys.stdout.flush()
        if name == "torch" and "error" in found:
            return


def _torch() -> dict[str, Any]:
    import torch

    return {
        "version": str(torch.__version__),
        "cuda": torch.version.cuda,
        "hip": getattr(torch.version, "hip", None),
        "threads": torch.get_num_threads(),
    }


def _cpu() -> dict[str, Any]:
    _compute("cpu")
    return {}


def _gpu() -> dict[str, Any]:
    """Find a GPU and compute on it; where there is none, say what torch wondered about."""
    import torch

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        cuda = torch.cuda.is_available()
    found: dict[str, Any]
    if cuda:
        about = torch.cuda.get_device_properties(0)
        found = {"kind": "cuda", "name": about.name, "bytes": about.total_memory, "count": torch.cuda.device_count()}
    elif torch.backends.mps.is_available():
        found = {"kind": "mps", "name": "Apple's GPU"}
    else:
        return {"kind": None, "why": _first_line(said[0].message) if said else ""}
    try:
        _compute(found["kind"])
    except Exception as error:  # torch has many kinds of errors for a GPU that it cannot use
        found["failed"] = _first_line(error)
    return found


def _torchvision() -> dict[str, Any]:
    """Use what torchvision compiles against torch: it fails where the two do not belong together."""
    import torch
    import torchvision

    boxes = torch.tensor([[0.0, 0.0, 8.0, 8.0], [0.0, 0.0, 8.0, 7.0], [9.0, 9.0, 16.0, 16.0]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5)
    if kept.tolist() != [0, 2]:
        raise ArithmeticError(f"it computes wrongly: of three boxes it keeps {kept.tolist()}, not 0 and 2")
    return {"version": str(torchvision.__version__)}


def _compute(device: str) -> None:
    """Compute a small convolution of known result, the first step of every lesson."""
    import torch

    pixels = torch.ones(1, 3, 8, 8, device=device)
    result = torch.nn.functional.conv2d(pixels, torch.ones(2, 3, 3, 3, device=device)).sum().item()
    if result != 2 * 6 * 6 * 27:
        raise ArithmeticError(f"it computes wrongly: {result} instead of {2 * 6 * 6 * 27}")


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
