"""The figures that the project's spine is held to; how to read them is in README.md beside this file.

python -m benchmarks.first_light [import|probe|throughput|lesson] ...     (all of them without a name)
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any


def measure_import() -> dict[str, Any]:
    """Seconds of ``import tlnb`` in a fresh interpreter, less those of an empty one; alternating, medians of 11."""

    def seconds(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    pairs = [(seconds("pass"), seconds("import tlnb")) for _ in range(11)]
    return {"import_seconds": statistics.median(b - a for a, b in pairs)}


def measure_probe(seeds: int = 5) -> dict[str, Any]:
    """AUC of logistic regression on frozen Lite0 features of ELPV at 160 px, 25 % for testing, by splitter."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    import tlnb
    from tlnb.core.metrics import roc_auc
    from tlnb.evaluation import mean_interval

    images = tlnb.load_data("elpv", size=160, valid=0.0)
    labels = images.labels.numpy()

    def score(train: Any, test: Any) -> float:
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, max_iter=500))
        classifier.fit(features[train], labels[train])
        return roc_auc(labels[test], classifier.decision_function(features[test]))

    def folds(seed: int) -> float:
        splitter = StratifiedGroupKFold(4, shuffle=True, random_state=seed)
        return score(*next(splitter.split(features, labels, images.columns["block"])))

    def ours(seed: int, groups: Any) -> float:
        split = images.resplit(seed=seed, groups=groups)
        return score(split.train.indices, split.test.indices)

    found: dict[str, Any] = {}
    for crop in (0.875, 1.0):
        model = tlnb.create_model("tf_efficientnet_lite0", images, crop=crop)
        pre = tlnb.model_card(model).preprocessing
        pixels = images.pixels(pre.resize_for(160), 160, pre.interpolation)
        features = tlnb.extract_features(model, pixels).numpy()
        for n in (seeds, 20):
            key = f"crop {crop:g}, {n} seeds"
            found[f"random split, {key}"] = str(mean_interval([ours(s, None) for s in range(n)]))
            found[f"blocks, tlnb's splitter, {key}"] = str(mean_interval([ours(s, "auto") for s in range(n)]))
            found[f"blocks, StratifiedGroupKFold(4), {key}"] = str(mean_interval([folds(s) for s in range(n)]))
    return found


def measure_throughput(size: int = 160, batch: int = 32, steps: int = 24) -> dict[str, Any]:
    """Full fine-tuning: steps of `tlnb.train` and of a careful loop in turn, in one process; ratio of their medians."""
    import tlnb
    from tlnb.core.allocator import raise_allocator_thresholds

    raise_allocator_thresholds()  # it holds for the process, so for both
    images = tlnb.load_data("elpv", size=size, valid=0.0, test=0.0)
    recipe = tlnb.Recipe.preset("full", epochs=2, batch_size=batch)
    model = tlnb.create_model("tf_efficientnet_lite0", images)
    ours = (event.loss for event in tlnb.train(model, images, recipe, device="cpu") if event.kind == "step")
    theirs = careful_loop(model, images, recipe)
    seconds: dict[str, list[float]] = {"tlnb": [], "loop": []}
    losses: dict[str, list[float]] = {"tlnb": [], "loop": []}
    contenders: list[tuple[str, Iterator[float]]] = [("tlnb", ours), ("loop", theirs)]
    for step in range(steps):
        for name, losing in contenders if step % 2 else contenders[::-1]:
            start = time.perf_counter()
            losses[name].append(next(losing))
            if step >= 3:  # the first steps prepare and warm up
                seconds[name].append(time.perf_counter() - start)
    apart = max(abs(a - b) for a, b in zip(losses["tlnb"][:5], losses["loop"][:5], strict=True))
    assert apart < 1e-2, f"the two loops do not compute the same: losses differ by {apart}"
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    return {
        "tlnb images/s": batch / medians["tlnb"],
        "loop images/s": batch / medians["loop"],
        "ratio": medians["loop"] / medians["tlnb"],
        "largest difference of the first five losses": apart,
    }


def careful_loop(model: Any, images: Any, recipe: Any) -> Iterator[float]:
    """Yield the losses of the recipe's first epoch in a loop written by hand; see `benchmarks.careful`."""
    import copy

    import torch

    import tlnb
    from benchmarks.careful import Normaliser, careful_steps, parameter_groups

    pre = tlnb.model_card(model).preprocessing
    pixels = images.pixels(pre.resize_for(images.size), images.size, pre.interpolation)
    model = copy.deepcopy(model).train().to(memory_format=torch.channels_last)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model.get_classifier().reset_parameters()
    groups = parameter_groups(
        model,
        model.get_classifier(),
        learning_rate=recipe.learning_rate,
        rate_ratio=recipe.rate_ratio,
        weight_decay=recipe.weight_decay,
    )
    optimizer = torch.optim.AdamW(groups, betas=(recipe.momentum, 0.999))
    train, normalise = images.train.indices, Normaliser(pre.mean, pre.std)
    warmup = round(recipe.warmup_epochs * -(-len(train) // recipe.batch_size))
    factor = lambda step: min(1.0, 0.01 + 0.99 * step / warmup)  # noqa: E731, the part of the schedule seen here
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    generator = torch.Generator().manual_seed(recipe.seed * 100_003)
    order = train[torch.randperm(len(train), generator=generator)].split(recipe.batch_size)
    batches = ((normalise(pixels[chosen]), images.labels[chosen]) for chosen in order)
    yield from careful_steps(model, batches, optimizer, scheduler)


def measure_lesson() -> dict[str, Any]:
    """Seconds and peak memory of lesson 0.0 quick on the CPU: with an empty cache, then with stored images."""
    import os
    import tempfile
    from pathlib import Path

    from tlnb.course.lessons import find_lessons
    from tlnb.course.runner import run_lessons

    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLNB_CACHE"] = str(Path(folder) / "cache")
        for name in ("cold", "stored images"):
            (result,) = run_lessons(find_lessons(["0.0"]), Path(folder) / name.split()[0], device="cpu").lessons
            found[f"{name}: seconds"] = result.seconds
            found[f"{name}: peak GB"] = result.peak_bytes / 1e9
    return found


MEASURES: dict[str, Callable[[], dict[str, Any]]] = {
    "import": measure_import,
    "probe": measure_probe,
    "throughput": measure_throughput,
    "lesson": measure_lesson,
}


def main(names: list[str]) -> None:
    """Measure what is asked for and print it as JSON, with the environment."""
    import torch

    found = {name: MEASURES[name]() for name in names or MEASURES}
    machine = {"python": platform.python_version(), "torch": torch.__version__, "threads": torch.get_num_threads()}
    print(json.dumps({**found, "environment": machine}, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
