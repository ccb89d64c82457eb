"""What really ran, noted by the functions that ran it: models, data sets, methods, transforms, splitters.

A lesson that says it uses progressive unfreezing must have trained with it; a test holds the syllabus's names
against these notes. Prose does not count.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

KINDS = ("model", "data", "method", "transform", "splitter")

_lock = threading.Lock()
_noted: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}


def note(kind: str, *names: str) -> None:
    """Note that something was used, once more.

    Parameters
    ----------
    kind : {"model", "data", "method", "transform", "splitter"}
        What sort of thing it is.
    *names : str
        What it is called, in the syllabus's words where it has one.

    Raises
    ------
    ValueError
        If the kind is unknown.
    """
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r} is not one of {', '.join(KINDS)}.")
    with _lock:
        for name in names:
            _noted[kind][name] = _noted[kind].get(name, 0) + 1


def snapshot() -> dict[str, dict[str, int]]:
    """Return how often each thing was used in this process: kind to name to count."""
    with _lock:
        return {kind: dict(names) for kind, names in _noted.items()}


def used_since(before: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
    """Return what was used since a snapshot, names in the order of their first use; kinds without any are left out.

    Examples
    --------
    >>> before = snapshot()
    >>> note("method", "freezing")
    >>> used_since(before)
    {'method': ['freezing']}
    """
    now = snapshot()
    newer = {
        kind: [name for name, count in names.items() if count > before.get(kind, {}).get(name, 0)]
        for kind, names in now.items()
    }
    return {kind: names for kind, names in newer.items() if names}
