"""Memory of this process, as Linux tells it."""

from __future__ import annotations

import threading
from pathlib import Path


def peak_bytes() -> int | None:
    """Return the most resident memory so far; None where the system does not say."""
    return _status("VmHWM")


class AnonymousPeak:
    """The most resident memory that is not a file's, looked at twenty times a second inside a ``with`` block.

    Pages of mapped files count as resident as well, but go whenever somebody else needs the room.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> AnonymousPeak:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.05):
            self.bytes = max(self.bytes, _status("RssAnon") or 0)


def _status(name: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)
