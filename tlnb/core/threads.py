"""How threads wait for each other: briefly, so that a machine which is shared does not stand still.

GNU OpenMP, on which torch computes on Linux, lets a thread that waits for another spin for milliseconds. On a machine
of its own that costs nothing. As soon as a second process computes (another notebook, another learner on the same
hub, a browser), threads spin for one that is not running: a training of two seconds was measured to take 40 to 80.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

SPINS = "5000"  # a few microseconds: as fast as the default of 300,000 on a quiet machine, and enough on a busy one


def wait_briefly(environment: MutableMapping[str, str] = os.environ) -> str:
    """Let OpenMP's threads sleep after a short spin. It is read when torch is loaded, so this must come before.

    Parameters
    ----------
    environment : mutable mapping
        Where to set it: this process's environment, or the one that a kernel will get.

    Returns
    -------
    str
        What was done: ``"brief"``, or why not.

    Examples
    --------
    >>> made = {}
    >>> wait_briefly(made), made
    ('brief', {'GOMP_SPINCOUNT': '5000'})
    >>> wait_briefly({"OMP_WAIT_POLICY": "ACTIVE"})
    'set in the environment: left alone'
    """
    if any(name in environment for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")):
        return "set in the environment: left alone"
    if environment is os.environ and "torch" in sys.modules:
        return "torch is loaded already: left alone"
    environment["GOMP_SPINCOUNT"] = SPINS
    return "brief"
