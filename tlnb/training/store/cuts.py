"""Cuts that were found in this process: the same network is cut at the same place in every run of an experiment."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import torch
from torch import nn

from tlnb.backbones.counting import Multiplications
from tlnb.backbones.fingerprint import settings_of
from tlnb.backbones.split import Capture, Cut, find_cut
from tlnb.core.allocator import return_memory

_MOST = 64
_found: OrderedDict[str, tuple[Cut, int]] = OrderedDict()


def known_cut(model: nn.Module, images: torch.Tensor, groups: tuple[str, ...]) -> tuple[Cut, int]:
    """Return where a network is cut above its frozen groups, and the multiply-adds of one image up to there.

    Found now, or before in this process; see `find_cut`, also for what it raises.
    """
    key = _key(model, images, groups)
    if key not in _found:
        cut = find_cut(model, images, groups)
        with Multiplications() as counted:
            Capture(model, cut.points)(images)
        _found[key] = cut, counted.forward // len(images)
        if images.device.type == "cpu":
            return_memory()  # a heap in small pieces would make the passes that follow ask for more
        while len(_found) > _MOST:
            _found.popitem(last=False)
    return _found[key]


def _key(model: nn.Module, images: torch.Tensor, groups: tuple[str, ...]) -> str:
    """Digest what decides where a network can be cut: its modules with their settings, what is random, its modes."""
    modes = "".join("1" if module.training else "0" for module in model.modules())
    about = [*settings_of(model), modes, str(images.shape[1:]), str(images.device), *groups]
    return hashlib.sha256("\n".join(about).encode()).hexdigest()
