"""Starts a contender in a process of its own, with the same environment for all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.task import Task

ROOT = Path(__file__).parents[2]
SECONDS = 3600


class ContenderError(Exception):
    """A contender's process failed; the message is the end of what it said."""


def environment(cache: str) -> dict[str, str]:
    """Return the environment variables of every contender: nothing about the allocator, one thread a core.

    ``GOMP_SPINCOUNT`` is what tlnb would set for itself: waiting threads sleep soon, which costs nothing on a quiet
    machine and much less on a busy one.
    """
    left = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "OMP_", "GOMP_"))}
    return {
        **left,
        "OMP_NUM_THREADS": str(os.cpu_count()),
        "GOMP_SPINCOUNT": "5000",
        "HF_HUB_OFFLINE": "1",
        "TLNB_CACHE": cache,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }


def launch(tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Perform tasks of one contender, one after the other, in one new process with an empty cache.

    Parameters
    ----------
    tasks : sequence of dict
        Fields of `Task`; when the process is started is added.

    Raises
    ------
    ContenderError
        If it fails or hangs.
    """
    with tempfile.TemporaryDirectory() as folder:
        todo, done = Path(folder, "tasks.json"), Path(folder, "results.json")
        todo.write_text(json.dumps([Task(**{**task, "started": time.time()}).state_dict() for task in tasks]))
        command = [sys.executable, "-m", "benchmarks.peers.worker", str(todo), str(done)]
        try:
            ended = subprocess.run(
                command,
                env=environment(str(Path(folder, "cache"))),
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise ContenderError(f"not done after {SECONDS} s") from error
        if ended.returncode:
            raise ContenderError("\n".join(ended.stderr.splitlines()[-12:]))
        results: list[dict[str, Any]] = json.loads(done.read_text())
        return results
