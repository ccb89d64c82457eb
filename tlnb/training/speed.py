"""The memory format in which a model computes faster on this machine, measured.

It changes seconds and roundings, so a run says which it was.
"""

from __future__ import annotations

import logging
import platform
import statistics
import time

import torch
from torch import nn

from tlnb.backbones import evaluating
from tlnb.core.allocator import return_memory
from tlnb.core.cache import add_notes, read_notes

log = logging.getLogger("tlnb")

FORMATS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
_NOTES = "memory_formats.json"
_remembered: dict[str, str] = {}


def choose_memory_format(model: nn.Module, batch: torch.Tensor) -> str:
    """Return the memory format in which this model computes this batch faster here.

    Measured once for an architecture, size and machine, and kept in the cache folder, so that the same call gives the
    same losses tomorrow.

    Parameters
    ----------
    model : nn.Module
        On the device that it will run on; evaluated only, left as it was.
    batch : torch.Tensor
        Normalised images ``(N, C, H, W)`` on the same device. Eight are enough.

    Returns
    -------
    {"channels_last", "contiguous"}
    """
    if batch.device.type != "cpu":
        # Tensor cores want channels_last; other accelerators gain nothing from it.
        return "channels_last" if batch.device.type == "cuda" else "contiguous"
    key = _machine_key(model, batch)
    known = {**_remembered, **read_notes(_NOTES)}.get(key)
    if known not in FORMATS:
        measured = _measure(model, batch)
        # Another process may have measured meanwhile: all of them keep to what was noted first.
        known = add_notes(_NOTES, {key: measured})[key]
        _remembered[key] = known = known if known in FORMATS else measured  # a cache that cannot be written forgets
    return str(known)


def _measure(model: nn.Module, batch: torch.Tensor) -> str:
    seconds: dict[str, list[float]] = {name: [] for name in FORMATS}
    with evaluating(model):
        for turn in range(3):
            for name, memory_format in FORMATS.items():
                # Outside inference mode: weights laid out inside it could never have a gradient again.
                model.to(memory_format=memory_format)
                images = batch.contiguous(memory_format=memory_format)
                start = time.perf_counter()
                with torch.inference_mode():
                    model(images)
                if turn:  # the first turn warms up
                    seconds[name].append(time.perf_counter() - start)
    return_memory()
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    log.info("memory format, seconds for %d images: %s", len(batch), medians)
    return min(medians, key=medians.__getitem__)


def _machine_key(model: nn.Module, batch: torch.Tensor) -> str:
    card = getattr(model, "tlnb_card", None)
    architecture = card.name if card else f"{type(model).__name__}-{sum(p.numel() for p in model.parameters())}"
    machine = f"{platform.machine()}/{torch.backends.cpu.get_cpu_capability()}/{torch.get_num_threads()}"
    return f"{architecture} {tuple(batch.shape[1:])} torch {torch.__version__} {machine}"
