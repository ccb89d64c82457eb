"""One contender in a process of its own: ``python -m benchmarks.peers.worker TASKS.json RESULTS.json``.

Imports nothing that a contender may not need, so that the time and memory of importing are the contender's own.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.peers.memory import AnonymousPeak
from benchmarks.peers.task import Task, read_data
from benchmarks.peers.watch import Watch


def perform(task: Task) -> dict[str, Any]:
    """Train as a task says, and return what was noted."""
    watch = Watch(task.started)
    watch.mark("python")
    contender = importlib.import_module(f"benchmarks.peers.contenders.{task.library}")
    watch.mark("imported")
    with AnonymousPeak() as peak:
        data = read_data(task)
        watch.mark("began")
        contender.train(task, data, watch)
        result = watch.result()
    return {**result, "anonymous_peak_bytes": peak.bytes}


def main(tasks: str, results: str) -> None:
    """Perform the tasks of one file, and write what each gave into the other."""
    todo = [Task(**task) for task in json.loads(Path(tasks).read_text())]
    Path(results).write_text(json.dumps([perform(task) for task in todo]))


if __name__ == "__main__":
    main(*sys.argv[1:])
