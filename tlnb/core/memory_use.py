"""The most memory that was held while something ran: tensors on a GPU, or the whole process in main memory.

Nothing is reset for the process, since others may watch the same peak. On Linux no package is needed.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class MemoryUse:
    """The most memory held at once.

    Attributes
    ----------
    bytes : int
        The peak.
    before : int
        What was held when watching began: Python, torch and the data, on a CPU.
    of : str
        Whose memory this is.
    at_least : bool
        Whether it may have been more for a moment: seen between steps only, as the process once held more before.
    """

    bytes: int
    before: int
    of: str
    at_least: bool


class MemoryWatch:
    """Watches from now on; `sample` it where memory is likely to be full.

    On a CPU the system notes the highest peak of the process's life. If that rises while we watch, it is the peak that
    we want; if not, an earlier one was higher, and the largest sample is all that can be said.

    Parameters
    ----------
    device : torch.device
        Where the work is done. CUDA's count of the peak starts anew.

    Examples
    --------
    >>> import torch
    >>> watch = MemoryWatch(torch.device("cpu"))
    >>> ballast = bytearray(1 << 26)
    >>> watch.sample()
    >>> use = watch.use()
    >>> use is None or use.bytes > 1 << 26
    True
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._highest_before = peak_resident_bytes() if device.type != "cuda" else None
        if device.type == "cuda":
            import torch

            torch.cuda.reset_peak_memory_stats(device)
        self._before = self._most = self._now()

    def sample(self) -> None:
        """Look at what is held now."""
        now = self._now()
        if now is not None:
            self._most = max(now, self._most or 0)

    def use(self) -> MemoryUse | None:
        """Return the peak since watching began; None where the system does not tell."""
        self.sample()
        if self.device.type == "cuda":
            import torch

            peak = torch.cuda.max_memory_allocated(self.device)
            return MemoryUse(peak, self._before or 0, f"tensors on {self.device}", at_least=False)
        highest, before = peak_resident_bytes(), self._highest_before
        if highest is not None and before is not None and highest > before:
            return MemoryUse(max(highest, self._most or 0), self._before or 0, "the whole process", at_least=False)
        if self._most is not None:
            return MemoryUse(self._most, self._before or 0, "the whole process", at_least=True)
        return None

    def _now(self) -> int | None:
        if self.device.type == "cuda":
            import torch

            return torch.cuda.memory_allocated(self.device)
        return resident_bytes()


def resident_bytes() -> int | None:
    """Return the bytes of main memory that this process holds; None where neither the system nor psutil tells."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    about = _by_psutil()
    return about.rss if about else None


def peak_resident_bytes() -> int | None:
    """Return the most bytes of main memory that this process ever held; None where nobody tells."""
    with suppress(OSError, ValueError, IndexError):  # not ru_maxrss: that begins with the peak of the parent
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return getattr(_by_psutil(), "peak_wset", None)


def _by_psutil() -> Any:
    try:
        import psutil
    except ImportError:
        return None
    return psutil.Process().memory_info()
