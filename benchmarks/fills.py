"""What a number that is kept in less precision saves, and what it costs: the fill, the bytes, and the result.

python -m benchmarks.fills [SEEDS]

The last stage of EfficientNet-Lite0 trains on ELPV at 160 px for five epochs, once for each seed and precision; each
fills a cache of its own. Precisions take turns; AUCs are paired by seed.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from typing import Any

PRECISIONS = ("fp32", "fp16", "bf16")


def measure(seeds: int) -> dict[str, Any]:
    """Return images filled a second, bytes, rounding, and differences of AUC from fp32's, by precision."""
    import tlnb
    from tlnb.evaluation import paired_interval

    images = tlnb.load_data("elpv", size=160)
    model = tlnb.create_model("tf_efficientnet_lite0", images)
    runs: dict[str, list[Any]] = {name: [] for name in PRECISIONS}
    for seed in range(seeds):
        part = images.resplit(seed=seed)
        for name in PRECISIONS:
            recipe = tlnb.Recipe(trainable=1, epochs=5, seed=seed, store="exact", store_precision=name)
            with tempfile.TemporaryDirectory() as folder:
                os.environ["TLNB_CACHE"] = folder
                runs[name].append(tlnb.fit(model, part, recipe, progress=False))
    scores = {name: [run.metrics["auc"] for run in runs[name]] for name in PRECISIONS}
    found = {}
    for name in PRECISIONS:
        uses = [run.cost.store[0] for run in runs[name]]
        found[name] = {
            "images a second": statistics.median(use.computed / use.seconds for use in uses),
            "bytes": uses[0].bytes,
            "rounding": uses[0].rounding,
            "auc": scores[name],
            "less fp32": str(paired_interval(scores[name], scores["fp32"])) if name != "fp32" else None,
        }
    return found


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5), indent=2))
