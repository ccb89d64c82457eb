"""Fetched weights that lie inside the cache folder, because ``HF_HOME`` or ``TORCH_HOME`` says so.

They are the hub's and torch's own stores, which other programs share: elsewhere they are none of our business.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from tlnb.core.cache.inventory import Stored, folder_bytes

_HASHED = re.compile(r".+-[0-9a-f]{8,}\.pth?")  # how torch names what it has fetched


def weight_folders() -> tuple[Path, Path]:
    """Say where the hub's client and torch keep what they fetch."""
    from huggingface_hub import constants

    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    torch_home = os.environ.get("TORCH_HOME") or Path(caches) / "torch"
    return Path(constants.HF_HUB_CACHE), Path(torch_home).expanduser() / "hub" / "checkpoints"


def stored_weights(place: Path) -> list[Stored]:
    """List the models whose weights lie inside a cache folder."""
    hub, torch_hub = (folder.absolute() for folder in weight_folders())
    found = []
    if place in hub.parents:
        found += [path for path in hub.glob("models--*--*") if path.is_dir()]
    if place in torch_hub.parents:
        found += [path for path in torch_hub.glob("*-*.pt*") if _HASHED.fullmatch(path.name)]
    there = [path for path in found if not path.is_symlink()]
    return [Stored("weights", path, folder_bytes(path), path.stat().st_mtime) for path in sorted(there)]
