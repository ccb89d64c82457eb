"""The C library's allocator, told to keep large buffers: it decides half the speed of a forward pass on a CPU."""

from __future__ import annotations

import ctypes
import functools
import os
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


@functools.cache
def raise_allocator_thresholds() -> str:
    """Keep large buffers in the process between steps instead of returning them to the system each time.

    glibc maps every block over 128 kB anew and unmaps it when freed; a forward pass then spends its time in page
    faults. Raising ``M_MMAP_THRESHOLD`` to 1 GiB and ``M_TRIM_THRESHOLD`` to 2 GiB ends that, for the whole process.

    Returns
    -------
    str
        What was done, for the run's record: ``"raised"``, or why not.
    """
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return "not glibc: left alone"
    if "malloc" in os.environ.get("LD_PRELOAD", ""):
        return "another allocator is preloaded: left alone"
    if any(name in os.environ for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")):
        return "set in the environment: left alone"
    libc = ctypes.CDLL(None)
    done = libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30) and libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    return "raised" if done else "refused by the C library"


def return_memory() -> None:
    """Give the free part of the heap back to the system, at the end of a pass that needed much of it.

    With the thresholds raised it would stay with the process, and the next pass would pile its own buffers on top.
    """
    if raise_allocator_thresholds() == "raised":
        ctypes.CDLL(None).malloc_trim(0)
