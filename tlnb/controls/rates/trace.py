"""The rates of a whole run as a page draws them: read from the optimiser, at few enough steps to send."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlnb.training import RateCurves

MOST_STEPS = 20_000  # of a run that is read step by step while somebody waits
_POINTS = 500


@dataclass(frozen=True, eq=False)
class Trace:
    """Every group's rate at some steps of a run.

    Attributes
    ----------
    of : str
        What it belongs to, see `key`.
    steps : ndarray
        int64 (n,), counted from 0.
    rates : ndarray
        float32 (n, groups); 0 while a group is frozen.
    """

    of: str
    steps: np.ndarray
    rates: np.ndarray

    def message(self) -> tuple[dict[str, Any], list[bytes]]:
        """Return it as a message and its buffer."""
        return {"kind": "trace", "of": self.of, "steps": self.steps.tolist()}, [self.rates.astype("<f4").tobytes()]


def trace_of(curves: RateCurves, of: str) -> Trace:
    """Pick steps evenly, with the last one before and the first one after each thaw.

    Examples
    --------
    >>> curves = RateCurves(("stem", "head"), 2, np.array([[0.0, 1.0], [0.1, 0.5]]), None)
    >>> trace_of(curves, "it").steps.tolist()
    [0, 1]
    """
    steps = np.linspace(0, len(curves) - 1, min(len(curves), _POINTS)).round().astype(int)
    thaws = np.flatnonzero((np.diff(curves.rates > 0, axis=0)).any(axis=1))
    steps = np.unique(np.concatenate([steps, thaws, thaws + 1]))
    return Trace(of, steps, curves.rates[steps].astype(np.float32))


def key(*fields: object) -> str:
    """Return a short name for what a trace is of; equal fields have equal names."""
    return hashlib.sha256(repr(fields).encode()).hexdigest()[:12]
