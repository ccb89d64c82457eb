"""One hand at a time on torch's global random generators.

Dropout, stochastic depth, new layers and torchvision's transforms all draw from them and take no generator of one's
own. Whoever swaps or seeds their state for a while holds `RANDOM_LOCK` meanwhile: two trainings in two threads then
take turns, step by step, and each gives the losses that it gives alone.
"""

from __future__ import annotations

import os
import threading

# Re-entrant: what holds it may call what takes it. It cannot keep out code that draws without taking it.
RANDOM_LOCK = threading.RLock()

if hasattr(os, "register_at_fork"):
    # A child has only the thread that forked: the lock of another one would stay locked in it for ever.
    os.register_at_fork(
        before=RANDOM_LOCK.acquire, after_in_parent=RANDOM_LOCK.release, after_in_child=RANDOM_LOCK.release
    )
