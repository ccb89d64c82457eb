"""A limit of memory that is enforced while a lesson runs, as on a machine that has no more.

A control group of Linux is what Binder and JupyterHub limit by, and the system ends a process at once that asks for
more. Where none can be made (no leave, another system), the process is watched and ended. Limits of a process itself
will not do: RLIMIT_AS and RLIMIT_DATA count what is reserved, of which torch's libraries alone have a gigabyte that no
page of memory stands behind, and Linux does not enforce RLIMIT_RSS.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_GROUPS = Path("/sys/fs/cgroup")
_SECONDS = 0.02  # between two looks: enough for a few hundred megabytes at most


@dataclass
class Hold:
    """How a process is held to its limit.

    Attributes
    ----------
    limit : int
        Bytes.
    how : {"control group", "watched"}
        Who enforces it: the system, for the process and all that it starts, or a thread of ours, for itself alone.
    exceeded : bool
        Whether the process was ended for it.
    """

    limit: int
    how: str
    exceeded: bool = False

    def __str__(self) -> str:
        return f"it needed more than {self.limit / 1e9:.3g} GB of memory, and was ended"


@contextmanager
def held_to(limit: int, pid: int) -> Iterator[Hold]:
    """Hold a running process to some bytes of memory; it is killed when it needs more.

    Parameters
    ----------
    limit : int
        Bytes that are really held; what is only reserved does not count.
    pid : int
        The process. What it held before counts only where it is watched.

    Yields
    ------
    Hold
        Ask it afterwards whether the process was ended for it.
    """
    group = _new_group(pid)
    with _grouped(group, limit, pid) if group else _watched(limit, pid) as hold:
        yield hold


def _new_group(pid: int) -> Path | None:
    """Make a control group for memory below the one that this process is in, if we may."""
    for folder, limits in (_own_group("memory"), "memory.limit_in_bytes"), (_own_group(""), "memory.max"):
        made = folder / f"tlnb-{pid}" if folder else None
        if made is None:
            continue
        with suppress(OSError):
            made.mkdir()
            if (made / limits).exists():
                return made
            made.rmdir()
    return None


def _own_group(controller: str) -> Path | None:
    """Find the group in version 1 of control groups (the controller's name) or version 2 (no name)."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(","):
                found = _GROUPS / controller / path.lstrip("/")
                return found if found.is_dir() else None
    return None


@contextmanager
def _grouped(group: Path, limit: int, pid: int) -> Iterator[Hold]:
    old = (group / "memory.limit_in_bytes").exists()
    names = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes") if old else ("memory.max", "memory.swap.max")
    events = group / ("memory.oom_control" if old else "memory.events")
    hold = Hold(limit, "control group")
    try:
        (group / names[0]).write_text(str(limit))
        with suppress(OSError):  # a system without swap may have no such file
            (group / names[1]).write_text(str(limit) if old else "0")
        (group / "cgroup.procs").write_text(str(pid))
        yield hold
    finally:
        with suppress(OSError, ValueError):
            counts = dict(line.split() for line in events.read_text().splitlines())
            hold.exceeded = int(counts.get("oom_kill", 0)) > 0
        with suppress(OSError):
            for one in (group / "cgroup.procs").read_text().split():  # a group that holds a process cannot go
                with suppress(OSError):
                    (group.parent / "cgroup.procs").write_text(one)
            group.rmdir()


@contextmanager
def _watched(limit: int, pid: int) -> Iterator[Hold]:
    hold, ended = Hold(limit, "watched"), threading.Event()

    def watch() -> None:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            while not ended.wait(_SECONDS):
                if process.memory_info().rss > limit:
                    hold.exceeded = True
                    process.kill()
                    return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield hold
    finally:
        ended.set()
        watcher.join()
