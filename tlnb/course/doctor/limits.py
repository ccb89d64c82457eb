"""What a container may use of its machine: Docker, Binder and JupyterHub give less than the machine has.

Linux says so in control groups, of which there are two versions. Elsewhere, and outside of containers, nothing is
limited.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_NONE = 1 << 60  # bytes; the first version writes "no limit" as a number near 2 ** 63

# Of each version: its folder for memory, and there the limit, what is used, and in memory.stat what can be given back.
_MEMORY = (
    ("", "memory.max", "memory.current", "inactive_file"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


@dataclass(frozen=True)
class MemoryLimit:
    """How many bytes this process and its group may hold, and how many of them are left."""

    total: int
    available: int


def memory_limit(root: Path = Path("/")) -> MemoryLimit | None:
    """Return the tightest limits on memory that hold for this process; None where there are none.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` are.
    """
    found = []
    for controller, limit, usage, reclaimable in _MEMORY:
        for folder in _groups(root, controller):
            with suppress(OSError, ValueError):  # ValueError: "max"
                total = int((folder / limit).read_text())
                used = int((folder / usage).read_text()) - _statistic(folder / "memory.stat", reclaimable)
                if total < _NONE:
                    found.append(MemoryLimit(total, max(0, total - used)))
    if not found:
        return None
    return MemoryLimit(min(one.total for one in found), min(one.available for one in found))


def core_limit(root: Path = Path("/")) -> float | None:
    """Return how many cores this process may keep busy, by the tightest limit; None where there is none.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` are.
    """
    found = []
    for folder in _groups(root, ""):
        with suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text().split()
            found.append(int(quota) / int(period))
    for folder in _groups(root, "cpu"):
        with suppress(OSError, ValueError):
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
            if int(quota) > 0:
                found.append(int(quota) / int(period))
    return min(found, default=None)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Give the folders of this process's group and of all that it is in, the outermost first."""
    base = root / "sys/fs/cgroup" / controller
    yield base
    with suppress(OSError, ValueError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            if controller in names.split(","):
                parts = [part for part in path.split("/") if part not in ("", "..")]
                for depth in range(len(parts)):
                    yield base.joinpath(*parts[: depth + 1])


def _statistic(file: Path, name: str) -> int:
    with suppress(OSError, ValueError):
        for line in file.read_text().splitlines():
            if line.startswith(f"{name} "):
                return int(line.split()[1])
    return 0
