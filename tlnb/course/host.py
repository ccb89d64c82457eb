"""The machine, for a page that asks every few seconds: device, memory, cache. torch is never imported here.

Where no GPU shows, or torch was built without one, the device is the CPU for certain. Else torch itself is asked, once,
in a process of its own; until it has answered, `tried` is false and the device is what the driver suggests.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tlnb.core.cache.bound import cache_limit
from tlnb.core.cache.inventory import stored_entries, stored_files
from tlnb.core.cache.sets import stored_sets
from tlnb.core.files import cache_dir
from tlnb.core.remembered import Remembered
from tlnb.course.doctor.computing import has_nvidia, usable_cores
from tlnb.course.doctor.machine import memory, nearest
from tlnb.course.doctor.trial import trying_torch
from tlnb.course.environment import processor

_LONG = 1e9  # seconds; the device does not change while a process lives
_HALF_A_MINUTE = 30.0
_OTHER_GPUS = ("kfd", "dxg", "nvhost-gpu")  # AMD's, any in WSL, NVIDIA's Jetson


def device_state() -> dict[str, Any]:
    """Return what computes here, and the memory of the machine or container, as plain data.

    Returns
    -------
    dict
        device (``"cpu"``, ``"cuda"``, ``"mps"``), name, cores, memory and free_memory in bytes (None where nobody
        tells), and tried: whether the device is certain.

    Examples
    --------
    >>> device_state()["cores"] >= 1
    True
    """
    total, free = memory() or (None, None)
    return {**_device(), "cores": usable_cores(), "memory": total, "free_memory": free}


def cache_state() -> dict[str, Any]:
    """Return where the cache is, how full it is and may be, and what its disk has free, in bytes.

    Returns
    -------
    dict
        folder, bytes of all that is ours there, bytes of arrays, which the limit is for, limit (None where there is
        none) and free_disk. None for what cannot be told (yet).
    """
    place = cache_dir()
    free = None
    with suppress(OSError):
        free = shutil.disk_usage(nearest(place)).free
    held = _cache_of(place)() or {"bytes": None, "arrays": None, "limit": None}
    return {"folder": str(place), **held, "free_disk": free}


def _device() -> dict[str, Any]:
    cpu = {"device": "cpu", "name": _processor(), "tried": True}
    if not may_have_gpu():
        return cpu
    found = _torch_says()
    if found is None:
        return {**_driver_says(), "tried": False}
    if found.get("kind") and "failed" not in found:
        return {"device": found["kind"], "name": found["name"], "tried": True}
    return cpu


@cache
def may_have_gpu() -> bool:
    """Say whether torch could find a GPU: something of one shows, and torch is not of the build that has none."""
    with suppress(PackageNotFoundError):
        if version("torch").endswith("+cpu"):
            return False
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return apple or has_nvidia() or any(Path("/dev", name).exists() for name in _OTHER_GPUS)


@cache
def _driver_says() -> dict[str, Any]:
    with suppress(OSError, subprocess.SubprocessError):
        asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        said = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout.splitlines()
        if said and said[0].strip():
            return {"device": "cuda", "name": said[0].strip()}
    return {"device": "cpu", "name": _processor()}


def _ask_torch() -> dict[str, Any]:
    with trying_torch() as trial:
        return trial().of("GPU")


_torch_says = Remembered(_ask_torch, _LONG)
_processor = cache(processor)


@cache
def _cache_of(place: Path) -> Remembered[dict[str, int | None]]:
    return Remembered(partial(_held, place), _HALF_A_MINUTE, patience=2.0)


def _held(place: Path) -> dict[str, int | None]:
    arrays = sum(row.bytes for row in stored_entries(place))
    others = sum(row.bytes for row in (*stored_files(place), *stored_sets(place)))
    return {"bytes": arrays + others, "arrays": arrays, "limit": cache_limit(place)}
