"""The five named recipes, as the fields in which each differs from the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlnb.core.errors import RecipeError, did_you_mean

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


def preset_fields(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a preset's fields with some changed.

    In a run too short for its warm-up and its thaws, these move in proportion.

    Parameters
    ----------
    name : str
        One of `PRESETS`.
    changes : mapping
        Fields that are set otherwise; those that it names are left as it has them.

    Raises
    ------
    RecipeError
        If there is no such preset.

    Examples
    --------
    >>> [preset_fields("scratch", {"epochs": epochs})["warmup_epochs"] for epochs in (1, 9)]
    [0.05, 1.0]
    """
    if name not in PRESETS:
        raise RecipeError(f"There is no preset {name!r}; there are {', '.join(PRESETS)}.{did_you_mean(name, PRESETS)}")
    own = PRESETS[name]
    fields = {**own, **changes}
    latest = max([own.get("warmup_epochs", 0.0), *(epoch for epoch, _ in own.get("thaw", ()))])
    epochs = fields["epochs"]
    if isinstance(epochs, int) and 0 < epochs <= latest:
        share = epochs / own["epochs"]
        if "warmup_epochs" in own and "warmup_epochs" not in changes:
            fields["warmup_epochs"] = own["warmup_epochs"] * share
        if "thaw" in own and "thaw" not in changes:
            fields["thaw"] = tuple((epoch * share, trainable) for epoch, trainable in own["thaw"])
    return fields
