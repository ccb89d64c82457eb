"""Trainings that are killed at random moments and gone on with, until they end; a script, and the tests' helper.

    python tests/unit/training/kill_runs.py --kills 50

Each training runs in a process of its own, forked from a server that has torch loaded already. It is killed by SIGKILL:
nothing in it can tidy up. Some of the moments are drawn while a checkpoint is being written.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PLAIN = {"trainable": "all", "epochs": 3, "batch_size": 8, "optimizer": "sgd", "seed": 1}
GRADUAL = {**PLAIN, "trainable": "head", "thaw": [(1, 1), (1.5, 2), (2.5, "all")], "optimizer": "adamw"}
RECIPES = {"plain": PLAIN, "gradual thaw": GRADUAL}


def train(folder: str | None, recipe: dict[str, Any], told: str) -> None:
    """Train, resuming where there is something to resume, and write down the losses at the end."""
    import torch

    import tlnb

    torch.set_num_threads(1)
    pixels = torch.randint(0, 256, (64, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images = tlnb.ImageData.from_tensors(pixels, torch.arange(64) % 2, ["even", "odd"])
    model = tlnb.create_model("resnet10t", images, weights="random")
    Path(told).with_suffix(".began").touch()
    kept = {"checkpoint": folder, "checkpoint_seconds": 0.0, "resume": True} if folder else {}
    run = tlnb.fit(model, images, tlnb.Recipe(**recipe), progress=False, device="cpu", **kept)
    weights = sum(float(tensor.double().sum()) for tensor in run.model.state_dict().values())
    result = {"losses": run.losses, "history": [r.valid_loss for r in run.history], "metrics": run.metrics}
    Path(told).write_text(json.dumps({**result, "weights": weights}))


def server() -> Any:
    """Return a way to start processes that have torch loaded and have not computed anything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["torch", "timm", "tlnb.training", "tlnb.backbones.create", "tlnb.data", "safetensors.torch"]
    )
    return context


def start(context: Any, folder: Path | None, recipe: dict[str, Any], told: Path) -> Any:
    """Start a training and wait until its first step is near."""
    began = told.with_suffix(".began")
    began.unlink(missing_ok=True)
    process = context.Process(target=train, args=(str(folder) if folder else None, recipe, str(told)))
    process.start()
    while not began.exists() and process.is_alive():
        time.sleep(0.002)
    return process


def kill_and_resume(context: Any, recipe: dict[str, Any], kills: int, seed: int, folder: Path) -> dict[str, Any]:
    """Train again and again, each time killed once or twice and gone on with to the end, until so many were killed.

    Returns
    -------
    dict
        How many were killed, how many of these in the middle of a checkpoint, at how many different steps; how many
        trainings ended, and how many of them with the losses of the one that nobody disturbed.
    """
    draw = random.Random(seed)
    told = folder / "whole.json"
    process = start(context, None, recipe, told)
    began = time.monotonic()
    process.join()
    whole, seconds = json.loads(told.read_text()), time.monotonic() - began
    counts = {"killed": 0, "while writing": 0, "ended": 0, "same": 0}
    steps = set()
    while counts["killed"] < kills:
        runs, told = folder / f"runs{counts['ended']}", folder / f"run{counts['ended']}.json"
        left = draw.choice((1, 1, 2))
        while not told.exists():
            process = start(context, runs, recipe, told)
            if left and counts["killed"] < kills:
                writing = _wait(process, runs, draw, seconds)
                if process.is_alive():
                    os.kill(process.pid, signal.SIGKILL)
                    process.join()
                    left -= 1
                    counts["killed"] += 1
                    counts["while writing"] += writing
                    steps.add(max((json.loads(f.read_text())["step"] for f in runs.glob("*.json")), default=-1))
            process.join()
        counts["ended"] += 1
        counts["same"] += json.loads(told.read_text()) == whole
        shutil.rmtree(runs)
    return {**counts, "at steps": sorted(steps), "of": len(whole["losses"])}


def _wait(process: Any, runs: Path, draw: random.Random, seconds: float) -> bool:
    """Wait for a random moment, or, every second time, for one while a checkpoint is written; say which it was."""
    until = time.monotonic() + draw.uniform(0, 1.5 * seconds)  # checkpoints make it longer
    while time.monotonic() < until and process.is_alive():
        time.sleep(0.001)
    if draw.random() < 0.5:
        return False
    limit = time.monotonic() + 2 * seconds
    while process.is_alive() and time.monotonic() < limit:
        if any(runs.glob(".*.part")):
            return True
    return False


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Kill trainings at random moments, and go on with them.")
    parser.add_argument("--kills", type=int, default=50, help="for each recipe")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for name, recipe in RECIPES.items():
        with tempfile.TemporaryDirectory() as folder:
            counts = kill_and_resume(server(), recipe, given.kills, given.seed, Path(folder))
            sys.stdout.write(f"{name}: {counts}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
