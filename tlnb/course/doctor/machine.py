"""How much memory and disk there are."""

from __future__ import annotations

import shutil
from pathlib import Path

from tlnb.course.doctor.finding import Finding, broken, good, in_gigabytes, warning
from tlnb.course.doctor.limits import memory_limit

QUICK_LESSON = 1_500_000_000  # bytes that a lesson may hold in the quick profile
BINDER = 2_000_000_000  # what a session on Binder has, in which every lesson runs

# One set of the course at the lessons' size takes 200 MB. The cache keeps to a fifth of what is free.
_LEAST_DISK = 250_000_000
_SMALL_DISK = 2_000_000_000


def check_memory(root: Path = Path("/")) -> Finding:
    """Say how much memory there is, and how much of it is free.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` are, in which Linux and containers say so.
    """
    found = memory(root)
    if found is None:
        return warning("memory", "this system does not say how much there is", "pip install psutil")
    total, available = found
    needs = f"a quick lesson needs {in_gigabytes(QUICK_LESSON)}"
    says = f"{in_gigabytes(total)}, of which {in_gigabytes(available)} are available"
    if total < QUICK_LESSON:
        return broken("memory", f"{says}: {needs}", "use a larger machine, or run the lessons on Binder or Colab")
    if available < QUICK_LESSON:
        return warning("memory", f"{says}: {needs}", "close other programs, and kernels of other notebooks")
    if total < BINDER:
        mend = "open one notebook at a time, and shut its kernel down before the next"
        return warning("memory", f"{says}: {needs}, JupyterLab comes on top", mend)
    return good("memory", f"{says}; {needs}")


def check_disk() -> Finding:
    """Say how much room the disk of the cache has."""
    from tlnb.core.files import cache_dir

    place = cache_dir()
    free = shutil.disk_usage(nearest(place)).free
    says = f"{in_gigabytes(free)} free beside the cache in {place}"
    mend = "free some, or set TLNB_CACHE to a folder on a larger disk"
    if free < _LEAST_DISK:
        return broken("disk", f"{says}: the images of one lesson need {in_gigabytes(_LEAST_DISK)}", mend)
    if free < _SMALL_DISK:
        return warning("disk", f"{says}: the cache keeps to a fifth of that, and will not hold much", mend)
    return good("disk", says)


def nearest(folder: Path) -> Path:
    """Give the folder itself, or the nearest above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def memory(root: Path = Path("/")) -> tuple[int, int] | None:
    """Return total and available bytes: of the machine, or of the container where that is given less.

    None where nobody tells.
    """
    machine, limit = _of_the_machine(root), memory_limit(root)
    if limit is None:
        return machine
    total, available = machine or (limit.total, limit.available)
    return min(total, limit.total), min(available, limit.available)


def _of_the_machine(root: Path) -> tuple[int, int] | None:
    try:
        lines = (line.split(":") for line in (root / "proc/meminfo").read_text().splitlines() if ":" in line)
        told = {name: int(value.split()[0]) * 1024 for name, value in lines}
        return told["MemTotal"], told["MemAvailable"]
    except (OSError, ValueError, KeyError, IndexError):
        return _by_psutil()


def _by_psutil() -> tuple[int, int] | None:
    try:
        import psutil
    except ImportError:
        return None
    memory = psutil.virtual_memory()
    return int(memory.total), int(memory.available)
