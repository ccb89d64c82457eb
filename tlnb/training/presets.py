"""The five named recipes, as the fields in which each differs from the default."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "probe": {"trainable": "head", "learning_rate": 1e-2, "epochs": 5},
    "last_stage": {"trainable": 1, "learning_rate": 3e-3, "rate_ratio": 0.3, "epochs": 5},
    "gradual": {
        "trainable": "head",
        "thaw": ((1.0, 1), (2.0, 2), (3.0, "all")),
        "learning_rate": 3e-3,
        "rate_ratio": 0.1,
        "layer_decay": 0.7,
        "epochs": 5,
    },
    "full": {"trainable": "all", "learning_rate": 1e-3, "rate_ratio": 0.3, "warmup_epochs": 0.5, "epochs": 5},
    "scratch": {
        "trainable": "all",
        "weights": "random",
        "learning_rate": 2e-3,
        "warmup_epochs": 1.0,
        "epochs": 20,
    },
}
