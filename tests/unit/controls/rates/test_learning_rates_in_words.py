"""The sentence that LearningRates says of a recipe."""

from __future__ import annotations

import pytest
from rates_page import START

from tlnb.controls import LearningRates


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Head at 0.01, stage4 at 0.001, the rest frozen; cosine decay."),
        ({"trainable": "head"}, "Head at 0.01, the body frozen; cosine decay."),
        ({"trainable": "all"}, "Head at 0.01, the body at 0.001; cosine decay."),
        ({"trainable": "all", "layer_decay": 0.1}, "Head at 0.01, the body between 1e-7 and 0.001; cosine decay."),
        (
            {"thaw": [(1, 3)], "schedule": "constant"},
            "Head at 0.01, stage2 to stage4 at 0.001, stage2 and stage3 thawing on the way, the rest frozen; constant "
            "rate.",
        ),
        (
            {"trainable": "head", "thaw": [(2, 1)], "warmup_epochs": 1, "schedule": "one_cycle"},
            "Head at 0.01, stage4 at 0.001, from epoch 2, the rest frozen; one-cycle, rising for one epoch.",
        ),
        (
            {"schedule": "step", "schedule_options": {"every": 2}, "warmup_epochs": 0.5},
            "Head at 0.01, stage4 at 0.001, the rest frozen; step decay, 0.1 times every 2 epochs after half an epoch "
            "of warm-up.",
        ),
    ],
)
def test_it_says_what_it_shows(model, fields, says):
    assert repr(LearningRates(model, START.with_(**fields))) == f"LearningRates: {says}"
