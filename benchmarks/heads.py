"""Twenty heads at once against one after the other: 5 seeds x 4 learning rates on ELPV, ten epochs each.

python -m benchmarks.heads [REPEATS]

Both take turns in one process, with what the frozen body says of the images stored beforehand. The losses of both must
agree, or there is no number.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

SEEDS, RATES = range(5), (1e-3, 3e-3, 1e-2, 3e-2)


def measure(repeats: int) -> dict[str, Any]:
    """Return median seconds of both ways, and their ratio."""
    import torch

    import tlnb

    images = tlnb.load_data("elpv", size=160)
    model = tlnb.create_model("tf_efficientnet_lite0", images)
    recipes = [tlnb.Recipe(epochs=10, learning_rate=rate, seed=seed) for seed in SEEDS for rate in RATES]
    pairs = [(images.resplit(seed=recipe.seed), recipe) for recipe in recipes]
    tlnb.fit(model, *pairs[0], progress=False)  # stores the features
    seconds: dict[str, list[float]] = {"together": [], "training alone": [], "one by one": []}
    for _ in range(repeats):
        start = time.perf_counter()
        runs = tlnb.fit_many(model, pairs, progress=False)
        first = next(runs)
        seconds["training alone"].append(time.perf_counter() - start)  # runs are made when they are asked for
        together = [first.losses, *(run.losses for run in runs)]
        seconds["together"].append(time.perf_counter() - start)
        start = time.perf_counter()
        alone = [tlnb.fit(model, *pair, progress=False).losses for pair in pairs]
        seconds["one by one"].append(time.perf_counter() - start)
        torch.testing.assert_close(torch.tensor(together), torch.tensor(alone), rtol=1e-2, atol=1e-3)
    found = {name: statistics.median(times) for name, times in seconds.items()}
    return {**found, "ratio": found["one by one"] / found["together"], "torch": torch.__version__}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3), indent=2))
